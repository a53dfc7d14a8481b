from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from django_front_channel.conf import conf
from django_front_channel.sandbox.__main__ import add_arguments, run


class Command(BaseCommand):
    help = "Serve a Front to run beside the site in development, by default for the app 'default' of the settings."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["app_uid"] is None and options["app_secret"] is None and (app := conf.find_app("default")):
            options |= {"app_uid": app.uid, "app_secret": app.secret}
        status = run(Namespace(**options))
        if status:
            sys.exit(status)
