"""How long a call may take altogether."""

from __future__ import annotations

import time


class Deadline:
    """A moment ``seconds`` from now, on a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left, more than 0. Raises ``TimeoutError`` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("The time allowed for this call is over.")
        return left

    def allows(self, seconds: float) -> bool:
        """Whether more than ``seconds`` are left."""
        return self._end - time.monotonic() > seconds
