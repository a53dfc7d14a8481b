"""Front's two rate limits: the company's per minute, and the one on a single resource per second."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from .assumptions import Assumptions
from .errors import too_many
from .wire import Request


class RateLimits:
    """Counts requests by ``clock``, in unix seconds. The two limits are independent: a 429 for one resource
    may come while the company's remaining requests are many.

    Source: https://dev.frontapp.com/docs/rate-limiting
    """

    def __init__(self, clock: Callable[[], float], assumptions: Assumptions) -> None:
        self._clock = clock
        self._assumptions = assumptions
        self._lock = threading.Lock()
        self._minute = 0
        self._used = 0
        self._resources: dict[tuple[str, ...], deque[float]] = {}

    def headers(self, limit: int) -> dict[str, str]:
        """Count one request and return the headers of its answer; the reset is in unix seconds.

        ``limit`` is in requests per minute; 0 is none, and tells the assumption ``told_rate_limit``.
        """
        minute = int(self._clock() // 60)
        told = limit or self._assumptions.told_rate_limit
        with self._lock:
            self._used = self._used + 1 if minute == self._minute else 1
            self._minute = minute
            remaining = max(told - self._used, 0)
        return {
            "X-RateLimit-Limit": str(told),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str((minute + 1) * 60),
        }

    def check(self, request: Request, company: int, resource: int) -> None:
        """Hold the request, already counted, to both limits; 0 is none. Raises :class:`ApiError` 429."""
        now = self._clock()
        with self._lock:
            if company and self._used > company:
                raise too_many((self._minute + 1) * 60 - now)
            if resource:
                self._check_resource(request.segments[:2], resource, now)

    def _check_resource(self, name: tuple[str, ...], limit: int, now: float) -> None:
        recent = self._resources.setdefault(name, deque())
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= limit:
            raise too_many(recent[0] + 1 - now, self._assumptions.resource_tier)
        recent.append(now)
