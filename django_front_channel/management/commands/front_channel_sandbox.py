from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from django_front_channel.sandbox.__main__ import add_arguments, run


class Command(BaseCommand):
    help = "Serve a Front to run beside the site in development."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        status = run(Namespace(**options))
        if status:
            sys.exit(status)
