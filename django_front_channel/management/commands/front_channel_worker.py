from __future__ import annotations

import argparse
import math
import os
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from django_front_channel.worker.loop import STREAMS, Worker

LONGEST_INTERVAL = 3600
MOST_SLOTS = 1000


def number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MOST_SLOTS:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MOST_SLOTS}, not {text!r}")
    return int(text)


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= LONGEST_INTERVAL:
        raise argparse.ArgumentTypeError(
            f"must be a number of seconds, more than 0 and at most {LONGEST_INTERVAL}, not {text!r}"
        )
    return value


class Command(BaseCommand):
    help = "Carry out the outbox: requests to Front, deliveries to customers, and signals that a crash left unsent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="carry out what is due now, then end")
        parser.add_argument(
            "--interval",
            type=seconds,
            default=1.0,
            help="seconds to wait before looking again when nothing is due (1)",
        )
        parser.add_argument(
            "--slots",
            type=number,
            help="requests at once for one company, and deliveries at once of one channel "
            "(FRONT_CHANNEL_OUTBOX['SLOTS'])",
        )
        parser.add_argument("--only", choices=STREAMS, help="carry out only this stream")

    def handle(
        self,
        *args: Any,
        once: bool,
        interval: float,
        slots: int | None,
        only: str | None,
        **options: Any,
    ) -> None:
        streams = (only,) if only else tuple(STREAMS)
        worker = Worker(streams=streams, slots=slots, interval=interval, abort=os._exit)
        self._stop_on_signals(worker)
        if once:
            attempts = worker.run_until_quiet()
            self.stdout.write(f"{attempts} attempts carried out")
            return
        self.stdout.write("Working. Press Ctrl-C to stop.")
        worker.run()
        self.stdout.write("Stopped.")

    def _stop_on_signals(self, worker: Worker) -> None:
        """Finish the running attempts after a first signal, and end the process at once after a second."""

        def stop(number: int, frame: Any) -> None:
            signal.signal(number, lambda number, frame: os._exit(128 + number))
            worker.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
