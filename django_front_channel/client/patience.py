"""How long requests may wait when Front asks to wait."""

from __future__ import annotations

import threading

from . import arguments


class Patience:
    """Seconds that may be waited, altogether. Operations, clients and threads may share them.

    Raises ``InvalidArgument``, which calls the argument ``name``.
    """

    def __init__(self, seconds: float, name: str = "patience") -> None:
        self._left = arguments.seconds(seconds, name)
        self._lock = threading.Lock()

    def spend(self, seconds: float) -> bool:
        """Take so many seconds. False, and nothing is taken, when fewer are left."""
        with self._lock:
            if seconds > self._left:
                return False
            self._left -= seconds
            return True
