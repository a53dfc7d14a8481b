"""The time that requests may spend waiting when Front asks them to wait."""

from __future__ import annotations

import threading

from . import arguments


class WaitBudget:
    """A number of seconds to spend on waiting. Operations, clients and Python threads may share it.

    Raises ``InvalidArgument`` unless ``seconds`` is 0 or more. The error calls this argument ``name``.
    """

    def __init__(self, seconds: float, name: str = "patience") -> None:
        self._left = arguments.seconds(seconds, name)
        self._lock = threading.Lock()

    def spend(self, seconds: float) -> bool:
        """Take ``seconds`` from the budget and return True. If fewer are left, take nothing and return False."""
        with self._lock:
            if seconds > self._left:
                return False
            self._left -= seconds
            return True
