"""What must not get out, and a listener that looks for it in whatever is logged."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

# The suite's App secret, and the texts that its webhooks and messages carry unless a test says otherwise.
SECRET = "0123456789abcdef0123456789abcdef"
BODY = "Your parcel left today"
JWT = r"eyJ[\w-]{10,}\.eyJ[\w-]+"
CANARIES = re.compile(f"{SECRET}|{BODY}|{JWT}")


class Listener(logging.Handler):
    """Notes the canaries in the records that it is given, tracebacks included."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if CANARIES.search(text := self.format(record)):
            self.heard.append(text)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Listen to every logger of this process. Yields what was heard."""
    listener, root = Listener(), logging.getLogger()
    root.addHandler(listener)
    try:
        yield listener.heard
    finally:
        root.removeHandler(listener)
