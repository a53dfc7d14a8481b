"""Executors, which make attempts in the calling Python thread, or in slots, which are Python threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from django_front_channel.core import database
from django_front_channel.worker.attempts import Attempt

MakeAttempt = Callable[[Attempt], None]
# Other attempts may end within this time after the first one. They are settled together.
LINGER = 0.003


class Executor(Protocol):
    """Makes attempts. Only the coordinator's Python thread calls it."""

    @property
    def free(self) -> int:
        """Return how many more attempts can start now."""

    def start(self, attempt: Attempt) -> None:
        """Make the attempt, now or in another Python thread."""

    def ended(self) -> list[Attempt]:
        """Return the attempts that have ended since the last call."""


class Inline:
    """Makes attempts in the calling Python thread, one after the other."""

    def __init__(self, most: int, make: MakeAttempt) -> None:
        self._most, self._make = most, make
        self._ended: list[Attempt] = []

    @property
    def free(self) -> int:
        return self._most - len(self._ended)

    def start(self, attempt: Attempt) -> None:
        self._make(attempt)
        self._ended.append(attempt)

    def ended(self) -> list[Attempt]:
        ended, self._ended = self._ended, []
        return ended


class Slots:
    """Makes attempts in Python threads, at most ``most`` at once. The names of the threads begin with ``name``.

    The threads do not keep the process alive. Database connections that were opened in a thread are closed after each
    attempt.
    """

    def __init__(self, most: int, make: MakeAttempt, name: str) -> None:
        self._most, self._make, self._name = most, make, name
        self._waiting: SimpleQueue[Attempt | None] = SimpleQueue()
        self._ended: SimpleQueue[Attempt] = SimpleQueue()
        self._threads = 0
        self.under_way: set[Attempt] = set()
        self._stirred = threading.Event()

    @property
    def free(self) -> int:
        return self._most - len(self.under_way)

    def start(self, attempt: Attempt) -> None:
        self.under_way.add(attempt)
        if len(self.under_way) > self._threads:
            self._threads += 1
            name = f"{self._name}-{self._threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        self._waiting.put(attempt)

    def ended(self) -> list[Attempt]:
        ended = []
        while True:
            try:
                ended.append(self._ended.get_nowait())
            except Empty:
                self.under_way.difference_update(ended)
                return ended

    def wait(self, seconds: float) -> None:
        """Wait until an attempt ends or ``stir()`` is called, but at most ``seconds``."""
        if self._stirred.wait(seconds) and self.under_way:
            time.sleep(LINGER)
        self._stirred.clear()

    def stir(self) -> None:
        """Let ``wait()`` return."""
        self._stirred.set()

    def close(self) -> None:
        """End the threads that make no attempt. The others end after their attempts."""
        for _ in range(self._threads):
            self._waiting.put(None)

    def _work(self) -> None:
        while (attempt := self._waiting.get()) is not None:
            try:
                self._make(attempt)
            except BaseException as error:
                attempt.error = error
            finally:
                database.close_connections()
                self._ended.put(attempt)
                self._stirred.set()
