"""Sends signals, so that a slow receiver delays no request and no delivery.

Each announcement has an outbox entry, which is due after the time of a lease. So if a signal waits here for too long,
or is lost in a crash, the announce stream sends it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from queue import SimpleQueue
from typing import Any, Protocol

from django.db import close_old_connections, connections

from django_front_channel.conf import conf
from django_front_channel.core import database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.models import Channel
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.signals import api_request_finished

MOST_REPORTS = 1000


class Messenger(Protocol):
    def announce(self, announcements: Iterable[Announcement]) -> None:
        """Send the signals of committed facts."""

    def report(self, **request: Any) -> None:
        """Send ``api_request_finished`` with these arguments."""


class InlineMessenger:
    """Sends signals at once, in the calling Python thread."""

    def announce(self, announcements: Iterable[Announcement]) -> None:
        try:
            for announcement in announcements:
                announcement.send()
        except Exception:
            log(LogEvent.SIGNALS_DELAYED, exc_info=True)

    def report(self, **request: Any) -> None:
        api_request_finished.send_robust(sender=Channel, **request)


class ThreadedMessenger:
    """Sends signals in a Python thread of its own, in the order in which they came."""

    def __init__(self) -> None:
        self._inline = InlineMessenger()
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="front-channel-signals", daemon=True)
        self._thread.start()

    def announce(self, announcements: Iterable[Announcement]) -> None:
        not_after = time.monotonic() + conf.outbox.lease / 2
        for announcement in announcements:
            self._waiting.put(partial(self._announce, announcement, not_after))

    def report(self, **request: Any) -> None:
        if self._waiting.qsize() < MOST_REPORTS:
            self._waiting.put(partial(self._inline.report, **request))

    def close(self, seconds: float) -> None:
        """Wait until every signal is sent, but at most ``seconds``."""
        self._waiting.put(None)
        self._thread.join(seconds)

    def _announce(self, announcement: Announcement, not_after: float) -> None:
        if time.monotonic() < not_after:  # later, the announce stream may be about to send it as well
            self._inline.announce([announcement])

    def _work(self) -> None:
        while (send := self._waiting.get()) is not None:
            close_old_connections()
            try:
                send()
            except BaseException:
                log(LogEvent.SIGNALS_DELAYED, exc_info=True)
                database.close_connections()
        connections.close_all()
