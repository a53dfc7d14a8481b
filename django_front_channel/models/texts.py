"""Texts that every database can store."""

from __future__ import annotations

import re

SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without NUL, which PostgreSQL refuses, and with U+FFFD for lone surrogates, which all refuse."""
    return SURROGATE.sub("\ufffd", text.replace("\0", ""))


def brief(error: BaseException) -> str:
    """What went wrong, to be kept with a row: one line, because a database's further lines quote the row."""
    first = (str(error).splitlines() or [""])[0]
    return storable(f"{type(error).__name__}: {first}")[:2000]
