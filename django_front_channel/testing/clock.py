"""The time in a story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# Two facts of Front's must not be of the same millisecond: nobody could tell which came later.
LOOK = timedelta(milliseconds=1)


class StoryClock:
    """Stands still, but for ``advance``, and but for a millisecond whenever Front looks at it.

    Front and the app go by it: retries, pauses, leases, ages, and the dates of signatures and JWTs. So whatever the
    load of the machine, the same story takes the same course. Calling the clock returns its time.
    """

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self._now

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move the time forward and return it. What has fallen due happens with the next ``front.run()``."""
        self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._now

    def front_looks(self) -> float:
        """Unix seconds, for Front."""
        self._now += LOOK
        return self._now.timestamp()
