"""Moments: Front's, and those that a worker waits for."""

import time
from contextlib import AbstractContextManager
from datetime import timedelta

from django_front_channel.core import clock


def now_in_ms() -> int:
    """A timestamp for a signature of now."""
    return time.time_ns() // 1_000_000


def later(seconds: float) -> AbstractContextManager[None]:
    """The database's clock, so many seconds ahead."""
    moment = clock.now() + timedelta(seconds=seconds)
    return clock.replaced(lambda: moment)
