"""An ``execute_wrapper`` that finds out which room writes to which table, and refuses what it may not.

docs/contributing/layout.md has the rule: only ``lifecycle``, ``outbox`` and, for pauses, ``gateway`` change rows that
exist. ``services`` and ``webhooks`` write the row that begins a story.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

import django_front_channel

PACKAGE = Path(django_front_channel.__file__).parent
LIBRARIES = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
# Tools and vocabulary: whoever uses them is the one who writes.
VOCABULARY = ("core", "models")
WRITE = re.compile(
    r"\b(INSERT(?:\s+IGNORE)?\s+INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+[\"`]?front_channel_(\w+)",
    re.IGNORECASE,
)
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
# Whose own frames write, where no code of ours or of a host stands in between.
FRAMEWORKS = {"/django/contrib/admin/": "admin", "/rest_framework/": "api"}
BEGINS = ("message", "messageparty", "attachment")
ALLOWED: dict[str, Callable[[str, str], bool]] = {
    "lifecycle": lambda verb, table: True,
    "outbox": lambda verb, table: table.startswith("outbox"),
    "gateway": lambda verb, table: table == "pause",
    "services": lambda verb, table: verb == "INSERT" and table in (*BEGINS, "channel"),
    "webhooks": lambda verb, table: verb == "INSERT" and table in (*BEGINS, "webhookevent"),
    "migrations": lambda verb, table: True,
}


class WrongRoom(AssertionError):
    """A room has written what it may not."""


refused: list[str] = []
"""What was refused in this process. Product code may have caught the error."""


def watch_connections() -> None:
    """Watch every connection of this process, from now on."""
    connection_created.connect(_watch, dispatch_uid="tests.rooms")


def _watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    if watching not in connection.execute_wrappers:  # it may have been connected before
        # The first of them, so that nobody who leaves ``execute_wrapper()`` takes it away.
        connection.execute_wrappers.insert(0, watching)


def watching(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
    """Refuse a write of a room that may not make it."""
    for write in WRITE.finditer(COMMENT.sub("", str(sql))):
        verb, table = write[1].split()[0].upper(), write[2]
        room = _room()
        if room is not None and not ALLOWED.get(room, lambda verb, table: False)(verb, table):
            refused.append(f"{room}: {verb} {table}")
            raise WrongRoom(refused[-1])
    return execute(sql, parameters, many, context)


def _room() -> str | None:
    """The room that writes; None where it is a test, or a host."""
    for path in _callers():
        for part, framework in FRAMEWORKS.items():
            if part in path.as_posix():
                return framework
        if not path.is_relative_to(PACKAGE):
            return None
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room not in VOCABULARY:
            return room
    return None


def _callers() -> Iterator[Path]:
    """The files whose code is at work, the innermost first, but for this one and most libraries'."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        is_framework = any(part in name for part in FRAMEWORKS)
        if is_framework or not name.startswith(("<", __file__, *LIBRARIES)):
            yield Path(name)
        frame = frame.f_back
