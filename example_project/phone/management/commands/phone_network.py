"""Runs the pretend phone network until it is stopped."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from example_project.phone.network import pass_on


class Command(BaseCommand):
    help = "Carry texts to the phones, and send receipts to the shop."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.wait(0.3):
            pass_on()
