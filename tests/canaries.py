"""Texts that must not leak, and a listener for them in all logs, of the tests and of the processes they start."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.processes import said_by_processes

# The App secrets of the suite, of those that are rotated, and of the demo.
SECRET = "0123456789abcdef0123456789abcdef"
SECRETS = f"{SECRET}|fedcba9876543210|(?:first){{8}}|(?:second){{6}}|(?:third){{8}}|only-for-the-sandbox-on"
# The texts that webhooks and messages carry unless a test says otherwise.
BODY = "Your parcel left today"
BODIES = rf"{BODY}|Where is my parcel\?|text of [a-z]+-\d"
JWT = r"eyJ[\w-]{10,}\.eyJ[\w-]+"
# A connection token is random, but has a shape that no word has: 32 bytes in base64, without its sign of the end.
TOKEN = r"(?<![\w+/-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{43}(?![\w+/=-])"
CANARIES = re.compile(f"{SECRETS}|{BODIES}|{JWT}|{TOKEN}")


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
    """Listen to every logger of this process, and to ours whatever its level. Yields what was heard."""
    listener, root, ours = Listener(), logging.getLogger(), logging.getLogger("django_front_channel")
    root.addHandler(listener)
    ours.setLevel(logging.DEBUG)
    try:
        yield listener.heard
    finally:
        ours.setLevel(logging.NOTSET)
        root.removeHandler(listener)


@contextmanager
def nothing_heard() -> Iterator[list[str]]:
    """Fails when a canary is logged meanwhile, or said by a process. Yields what was heard so far of the logs."""
    with listening() as heard:
        yield heard
    leaked = [*heard, *heard_of_processes()]
    assert not leaked, "\n".join(leaked)


def heard_of_processes() -> list[str]:
    """The lines with canaries, each after the command of its process."""
    return [
        f"{process.args!r}: {line}"
        for process, text in said_by_processes()
        for line in text.splitlines()
        if CANARIES.search(line)
    ]
