"""The faults of the sandbox: what can go wrong, and what will go wrong next.

Tests ask for faults by the verbs in :mod:`django_front_channel.sandbox.fault_verbs`.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from .http_messages import Json, Request, Response

# The ways to disturb a webhook.
WebhookFault = Literal["duplicate", "reordered", "wrong_signature"]
# Settings of Behaviour that are faults. clear_faults() resets them.
FAULT_SETTINGS = ("latency", "clock_skew", "webhook_before_202", "rate_limit", "resource_limit")


@dataclass(frozen=True)
class Failure:
    """The failure of one API request: this response, or a cut connection if ``response`` is None."""

    response: Response | None
    is_carried_out: bool = False


@dataclass
class Faults:
    """The faults that the next API requests and webhooks will meet."""

    _failures: deque[Failure] = field(default_factory=deque)
    _holds: deque[float] = field(default_factory=deque)
    _webhooks: Counter[WebhookFault] = field(default_factory=Counter)
    _released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, failure: Failure, count: int) -> None:
        """Make the next ``count`` API requests fail like this."""
        with self._lock:
            self._failures.extend([failure] * count)

    def hold(self, seconds: float) -> None:
        """Make the response to the next POST wait for ``seconds``. The POST is carried out at once."""
        with self._lock:
            self._holds.append(seconds)

    def disturb(self, how: WebhookFault, count: int) -> None:
        """Disturb the next ``count`` webhooks in this way."""
        with self._lock:
            self._webhooks[how] += count

    def next_failure(self) -> Failure | None:
        """Return the failure of this request, or None if it does not fail. Uses the failure up."""
        with self._lock:
            return self._failures.popleft() if self._failures else None

    def happens(self, how: WebhookFault) -> bool:
        """Return whether the webhook that is being sent is disturbed in this way. Uses the fault up."""
        with self._lock:
            happens = self._webhooks[how] > 0
            self._webhooks[how] -= happens
            return happens

    def wait_for_hold(self, request: Request) -> None:
        """Block if this request is a POST and its response must wait."""
        if request.method == "POST":
            with self._lock:
                seconds = self._holds.popleft() if self._holds else 0.0
            self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Block for ``seconds``, or until ``release`` or ``clear`` is called."""
        self._released.wait(seconds)

    def release(self) -> None:
        """Release the responses that wait, and make no later response wait."""
        self._released.set()

    def clear(self) -> None:
        """Forget all faults, and release the responses that wait."""
        with self._lock:
            self._failures.clear()
            self._holds.clear()
            self._webhooks.clear()
            held, self._released = self._released, threading.Event()
        held.set()

    def document(self) -> Json:
        """Return the faults that wait as a JSON object.

        * ``failures``: a list of ``{"status": …, "is_carried_out": …, "count": …}``, in order
        * ``holds``: a list of seconds
        * ``webhooks``: the number of webhooks to disturb, by kind
        """
        with self._lock:
            alike = groupby(
                (each.response and each.response.status, each.is_carried_out) for each in self._failures
            )
            return {
                "failures": [
                    {"status": status, "is_carried_out": is_carried_out, "count": len(list(group))}
                    for (status, is_carried_out), group in alike
                ],
                "holds": list(self._holds),
                "webhooks": {how: count for how, count in self._webhooks.items() if count},
            }
