"""Faults on request: what a person or a test makes Front do wrong."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from .http_messages import Json, Request, Response

WebhookFault = Literal["duplicate", "reordered", "wrong_signature"]


@dataclass(frozen=True)
class Failure:
    """How one API request fails: with this answer, or without any where it is None, the connection cut."""

    answer: Response | None
    is_carried_out: bool = False


@dataclass
class Faults:
    """The faults that wait for a request or a webhook."""

    _failures: deque[Failure] = field(default_factory=deque)
    _holds: deque[float] = field(default_factory=deque)
    _webhooks: Counter[WebhookFault] = field(default_factory=Counter)
    _released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, failure: Failure, count: int) -> None:
        """Let the next ``count`` API requests fail."""
        with self._lock:
            self._failures.extend([failure] * count)

    def hold(self, seconds: float) -> None:
        """Carry the next POST out, and keep its answer back for ``seconds``."""
        with self._lock:
            self._holds.append(seconds)

    def disturb(self, how: WebhookFault, count: int) -> None:
        """Let this happen to the next ``count`` webhooks."""
        with self._lock:
            self._webhooks[how] += count

    def next_failure(self) -> Failure | None:
        """How this request fails, if it does."""
        with self._lock:
            return self._failures.popleft() if self._failures else None

    def happens(self, how: WebhookFault) -> bool:
        """Whether this happens to the webhook at hand."""
        with self._lock:
            happens = self._webhooks[how] > 0
            self._webhooks[how] -= happens
            return happens

    def wait_for_hold(self, request: Request) -> None:
        """Block, if this request is a POST whose answer is to be kept back."""
        if request.method == "POST":
            with self._lock:
                seconds = self._holds.popleft() if self._holds else 0.0
            self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Block for so long, or until all answers are let go."""
        self._released.wait(seconds)

    def release(self) -> None:
        """Let all answers go, now and later."""
        self._released.set()

    def clear(self) -> None:
        """Forget all faults, and let the answers go that are held at this moment."""
        with self._lock:
            self._failures.clear()
            self._holds.clear()
            self._webhooks.clear()
            held, self._released = self._released, threading.Event()
        held.set()

    def document(self) -> Json:
        """What waits: ``failures`` as ``{"status": …, "is_carried_out": …, "count": …}`` in their order,
        ``holds`` in seconds, and ``webhooks`` by kind."""
        with self._lock:
            alike = groupby(
                (each.answer and each.answer.status, each.is_carried_out) for each in self._failures
            )
            return {
                "failures": [
                    {"status": status, "is_carried_out": is_carried_out, "count": len(list(group))}
                    for (status, is_carried_out), group in alike
                ],
                "holds": list(self._holds),
                "webhooks": {how: count for how, count in self._webhooks.items() if count},
            }
