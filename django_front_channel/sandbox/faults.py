"""Faults on request: what a test makes Front's API do wrong."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from .wire import Answer, Request


@dataclass
class Faults:
    """The faults in force."""

    _failures: deque[Answer] = field(default_factory=deque)
    _holds: deque[float] = field(default_factory=deque)
    _released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, answer: Answer, count: int) -> None:
        """Give this answer to the next ``count`` API requests, and carry none of them out."""
        with self._lock:
            self._failures.extend([answer] * count)

    def hold(self, seconds: float) -> None:
        """Carry the next POST out, and keep its answer back for ``seconds``."""
        with self._lock:
            self._holds.append(seconds)

    def next_failure(self) -> Answer | None:
        """The answer to fail this request with, if any."""
        with self._lock:
            return self._failures.popleft() if self._failures else None

    def wait_for_hold(self, request: Request) -> None:
        """Block, if this request is a POST whose answer is to be kept back."""
        if request.method == "POST":
            with self._lock:
                seconds = self._holds.popleft() if self._holds else 0.0
            self._released.wait(seconds)

    def release(self) -> None:
        """Let all answers go, now and later."""
        self._released.set()
