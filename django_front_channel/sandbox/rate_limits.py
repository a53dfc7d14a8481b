"""Front's rate limits: on the requests of a company, on those for one resource, and on reports of a seen message."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .assumptions import Assumptions
from .http_messages import Request, too_many

# The burst beyond the company's limit, as a part of the limit, and the seconds in which an empty burst fills up again.
# Clients of the Core API report the headers, and a burst of half the limit.
BURST_SHARE = 0.5
BURST_SECONDS = 600
# Reports in an hour that one message was seen. Source: github.com/frontapp/front-api-specs, core-api/core-api.json
MOST_SEEN_REPORTS = 10
HOUR = 3600


class Count(NamedTuple):
    """The result of counting one request.

    * ``headers``: the rate limit headers of its response; the reset is in unix seconds
    * ``wait``: the seconds to the next minute if the request is refused, otherwise None
    """

    headers: dict[str, str]
    wait: float | None


class RateLimits:
    """Counts requests. The ``clock`` returns unix seconds.

    The limits of the company and of a resource are independent: a resource may get a 429 while the company has many
    requests left. The company may exceed its limit by a burst.

    Source: https://dev.frontapp.com/docs/rate-limiting
    """

    def __init__(self, clock: Callable[[], float], assumptions: Assumptions) -> None:
        self._clock = clock
        self._assumptions = assumptions
        self._lock = threading.Lock()
        self._minute = 0
        self._used = 0
        self._burst_used = 0.0
        self._burst_at = clock()
        self._resources: dict[tuple[str, ...], deque[float]] = {}

    def count(self, limit: int) -> Count:
        """Count one request of the company. A request beyond the limit is taken from the burst.

        The ``limit`` is in requests per minute. 0 is no limit; the headers then show the assumption
        ``told_rate_limit``.
        """
        now = self._clock()
        minute = int(now // 60)
        told = limit or self._assumptions.told_rate_limit
        burst = int(told * BURST_SHARE)
        with self._lock:
            self._used = self._used + 1 if minute == self._minute else 1
            self._minute = minute
            self._replenish(burst, now)
            is_over = limit > 0 and self._used > limit
            is_refused = is_over and self._burst_used > burst - 1
            self._burst_used += is_over and not is_refused
            remaining, of_burst = max(told - self._used, 0), max(int(burst - self._burst_used), 0)
        reset = (minute + 1) * 60
        headers = {
            "X-RateLimit-Limit": str(told),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(reset),
            "X-RateLimit-Burst-Limit": str(burst),
            "X-RateLimit-Burst-Remaining": str(of_burst),
        }
        return Count(headers, reset - now if is_refused else None)

    def check(self, request: Request, counted: Count, resource: int) -> None:
        """Raise :class:`ApiError` 429 if the request exceeds either limit.

        The limit on one ``resource`` is in requests per second. 0 is no limit.
        """
        if counted.wait is not None:
            raise too_many(counted.wait)
        if resource:
            with self._lock:
                self._check_resource(request.segments[:2], resource, self._clock())

    def _replenish(self, burst: int, now: float) -> None:
        self._burst_used = max(self._burst_used - burst * (now - self._burst_at) / BURST_SECONDS, 0.0)
        self._burst_at = now

    def _check_resource(self, name: tuple[str, ...], limit: int, now: float) -> None:
        recent = self._resources.setdefault(name, deque())
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= limit:
            raise too_many(recent[0] + 1 - now, self._assumptions.resource_tier)
        recent.append(now)


def check_seen_reports(reported: Sequence[float], now: float) -> None:
    """Raise :class:`ApiError` 429 if there are too many reports that a message was seen.

    The times of all reports for one message, in unix seconds, are in ``reported``.
    """
    recent = [at for at in reported if at > now - HOUR]
    if len(recent) >= MOST_SEEN_REPORTS:
        raise too_many(recent[0] + HOUR - now)
