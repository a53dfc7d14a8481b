"""The journal: every API request and every webhook, in order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .http_messages import Json

HIDDEN = "[hidden]"

# Limits of the journal: entries, characters of all their bodies together, and bytes of each body and answer. The oldest
# entries go first. A body with files has up to 25 MB, and a sandbox may run for days.
ENTRIES = 20_000
KEPT_CHARACTERS = 50_000_000
SHOWN_BYTES = 100_000


@dataclass(slots=True)
class Entry:
    """One API request or webhook, and its answer. The time ``at`` is in unix seconds, the ``duration`` in seconds.

    ``status``, ``answer`` and ``duration`` are None until the answer comes: from Front to an API request, from the
    integration to a webhook.
    """

    number: int
    kind: Literal["api", "webhook"]
    at: float
    method: str
    url: str
    headers: dict[str, str]
    body: str
    status: int | None = None
    answer: str | None = None
    duration: float | None = None
    _began: float = field(default_factory=time.monotonic, repr=False)

    def settle(self, status: int | None, answer: bytes) -> None:
        """Note the answer. The ``status`` is None if no answer came in time."""
        self.status = status
        self.answer = _shown(answer)
        self.duration = time.monotonic() - self._began

    def document(self) -> Json:
        """Return the entry as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__ if not name.startswith("_")}


class Journal:
    """Numbered entries, beginning with 1. It drops the oldest entries, and never keeps values of ``Authorization``."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._last = 0
        self._kept = 0

    def open(
        self, kind: Literal["api", "webhook"], method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Entry:
        """Add an entry, which is visible at once, and return it. The caller settles it later."""
        shown = {name: HIDDEN if name.lower() == "authorization" else text for name, text in headers.items()}
        with self._lock:
            self._last += 1
            entry = Entry(self._last, kind, self._clock(), method, url, shown, _shown(body))
            self._entries.append(entry)
            self._kept += len(entry.body)
            while len(self._entries) > ENTRIES or self._kept > KEPT_CHARACTERS:
                self._kept -= len(self._entries.popleft().body)
        return entry

    def since(self, number: int = 0, last: int = ENTRIES) -> list[Json]:
        """Return the entries after ``number`` as JSON objects. Only the newest ``last`` of them are returned."""
        with self._lock:
            entries = list(self._entries)
        return [entry.document() for entry in entries[max(len(entries) - last, 0) :] if entry.number > number]


def _shown(content: bytes) -> str:
    return content[:SHOWN_BYTES].decode("utf-8", "replace")
