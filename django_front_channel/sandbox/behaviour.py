"""How Front behaves where a person or a test may choose, and the faults that wait to happen."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field, fields
from itertools import groupby
from math import isfinite
from typing import Literal

from django_front_channel.exceptions import InvalidArgument

from .http_messages import Json, Request, Response

# The settings that are faults: they end with all other faults.
FAULTS = ("latency", "clock_skew", "webhook_before_202", "rate_limit", "resource_limit")

WebhookFault = Literal["duplicate", "reordered", "wrong_signature"]


@dataclass
class Behaviour:
    """The settings.

    * ``import_delay``: seconds from a 202 to what follows from it
    * ``latency``: seconds of real time before each API request is carried out
    * ``clock_skew``: seconds that Front's clock is ahead, or, negative, behind
    * ``webhook_before_202``: import a message and send its webhook before its POST is answered
    * ``webhook_time_limit``: seconds of real time that Front waits for the answer to a webhook
    * ``templates``: message templates are enabled on the channel feature
    * ``download_redirect``: answer a download with a redirect to a storage
    * ``rate_limit``: requests of the company per minute; 0: no limit
    * ``resource_limit``: requests of one channel, conversation or message per second; 0: no limit
    """

    import_delay: float = 0.2
    latency: float = 0
    clock_skew: float = 0
    webhook_before_202: bool = False
    # https://github.com/xdmnl/api-documentation, Front's documentation of 2019/20
    webhook_time_limit: float = 7
    templates: bool = True
    download_redirect: bool = False
    rate_limit: int = 0
    resource_limit: int = 0

    def change(self, changes: Json) -> None:
        """Take these values; None changes nothing. Raises InvalidArgument, and then nothing has changed."""
        given = {name: value for name, value in changes.items() if value is not None}
        for name in ("import_delay", "latency", "webhook_time_limit"):
            not_negative(name, given.get(name, 0))
        if given.get("webhook_time_limit") == 0:
            raise InvalidArgument(
                "webhook_time_limit must be more than 0 seconds.",
                code="out_of_range",
                argument="webhook_time_limit",
            )
        if not isfinite(given.get("clock_skew", 0)):
            raise InvalidArgument(
                "clock_skew must be a number of seconds.", code="out_of_range", argument="clock_skew"
            )
        for name in ("rate_limit", "resource_limit"):
            if given.get(name, 0) < 0:
                raise InvalidArgument(
                    f"{name} must be a number of requests, or 0 for no limit.",
                    code="out_of_range",
                    argument=name,
                )
        for name, value in given.items():
            setattr(self, name, value)

    def clear_faults(self) -> None:
        """Set the settings that are faults back to their defaults."""
        self.change({name: getattr(Behaviour, name) for name in FAULTS})

    def document(self) -> Json:
        """Return all values by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def not_negative(name: str, seconds: float) -> float:
    """Return the seconds. Raises InvalidArgument."""
    if not 0 <= seconds < float("inf"):
        raise InvalidArgument(
            f"{name} must be a number of seconds, not negative.", code="out_of_range", argument=name
        )
    return seconds


@dataclass(frozen=True)
class Failure:
    """How one API request fails: with this response, or, without one, by a cut connection."""

    response: Response | None
    is_carried_out: bool = False


@dataclass
class Faults:
    """The faults that wait for an API request or a webhook."""

    _failures: deque[Failure] = field(default_factory=deque)
    _holds: deque[float] = field(default_factory=deque)
    _webhooks: Counter[WebhookFault] = field(default_factory=Counter)
    _released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, failure: Failure, count: int) -> None:
        """Make the next ``count`` API requests fail."""
        with self._lock:
            self._failures.extend([failure] * count)

    def hold(self, seconds: float) -> None:
        """Carry out the next POST, and keep its response back for ``seconds``."""
        with self._lock:
            self._holds.append(seconds)

    def disturb(self, how: WebhookFault, count: int) -> None:
        """Make this happen to the next ``count`` webhooks."""
        with self._lock:
            self._webhooks[how] += count

    def next_failure(self) -> Failure | None:
        """Return how this request fails, or None if it does not."""
        with self._lock:
            return self._failures.popleft() if self._failures else None

    def happens(self, how: WebhookFault) -> bool:
        """Tell whether this happens to the webhook that is being sent."""
        with self._lock:
            happens = self._webhooks[how] > 0
            self._webhooks[how] -= happens
            return happens

    def wait_for_hold(self, request: Request) -> None:
        """Block if this request is a POST whose response is to be kept back."""
        if request.method == "POST":
            with self._lock:
                seconds = self._holds.popleft() if self._holds else 0.0
            self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Block for so many seconds, or until all responses are released."""
        self._released.wait(seconds)

    def release(self) -> None:
        """Release all responses, now and from now on."""
        self._released.set()

    def clear(self) -> None:
        """Forget all faults, and release the responses that are held at this moment."""
        with self._lock:
            self._failures.clear()
            self._holds.clear()
            self._webhooks.clear()
            held, self._released = self._released, threading.Event()
        held.set()

    def document(self) -> Json:
        """Return what waits.

        ``failures`` as ``{"status": …, "is_carried_out": …, "count": …}`` in their order, ``holds`` in seconds, and
        ``webhooks`` by kind.
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
