"""Which room of the package writes to which table: an execute_wrapper that knows, and refuses what no room may do.

docs/contributing/layout.md has the rule: only ``lifecycle``, ``outbox`` and, for pauses, ``gateway`` change rows that
exist. ``services`` and ``webhooks`` write the row that begins a story.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakSet

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

import django_front_channel

PACKAGE = Path(django_front_channel.__file__).parent
LIBRARIES = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
# Tools and vocabulary: whoever uses them is the one who writes.
VOCABULARY = ("core", "models")
WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b[^(]*?[\"`](front_channel_\w+)[\"`]", re.IGNORECASE)
BEGINS = ("message", "messageparty", "attachment")
ALLOWED: dict[str, Callable[[str, str], bool]] = {
    "lifecycle": lambda verb, table: True,
    "outbox": lambda verb, table: True,
    "gateway": lambda verb, table: table == "pause",
    "services": lambda verb, table: verb == "INSERT" and table in (*BEGINS, "channel"),
    "webhooks": lambda verb, table: verb == "INSERT" and table in (*BEGINS, "webhookevent"),
    "migrations": lambda verb, table: True,
}


_entered = ExitStack()
_watched: WeakSet[BaseDatabaseWrapper] = WeakSet()


class WrongRoom(AssertionError):
    """A room has written what it may not."""


refused: list[str] = []
"""What was refused in this process. Product code may have caught the error."""


def watch_connections() -> None:
    """Watch every connection of this process, from now on."""
    connection_created.connect(_watch, dispatch_uid="tests.rooms")


def _watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection not in _watched:  # it may have been connected before
        _watched.add(connection)
        _entered.enter_context(connection.execute_wrapper(watching))


def watching(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
    """Refuse a write of a room that may not make it."""
    write = WRITE.match(sql)
    if write:
        verb, table = write[1].upper(), write[2].removeprefix("front_channel_")
        room = _room()
        if room is not None and not ALLOWED.get(room, lambda verb, table: False)(verb, table):
            refused.append(f"{room}: {verb} {table}")
            raise WrongRoom(refused[-1])
    return execute(sql, parameters, many, context)


def _room() -> str | None:
    """The room that writes; None where it is a test, or a host."""
    for path in _callers():
        if not path.is_relative_to(PACKAGE):
            return None
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room not in VOCABULARY:
            return room
    return None


def _callers() -> Iterator[Path]:
    """The files whose code is at work, the innermost first, but for this one and the libraries'."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(("<", __file__, *LIBRARIES)):
            yield Path(name)
        frame = frame.f_back
