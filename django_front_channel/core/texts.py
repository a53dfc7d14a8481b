"""Texts that every database can store, and file names that every file system can."""

from __future__ import annotations

import json
import re

LONGEST_FILENAME = 255
LONGEST_EXTENSION = 16
# How MariaDB and PostgreSQL introduce a value that they refuse. The bound of 50 keeps the search linear, because an
# error may quote a long text.
VALUE = re.compile(r"(Duplicate entry|\bvalue:|\btype [a-z ]{1,50}:|out of range:) .+")
NOT_ASCII = re.compile("[^\x00-\x7f]+")
SURROGATE = re.compile("[\ud800-\udfff]")
# Whitespace, soft hyphens, joiners, marks of direction, variation selectors and fillers. They are listed, because
# str.isprintable() differs between versions of Python.
BLANK = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]*"
)
LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")


def storable(text: str) -> str:
    """Return the text in a form that every database can store.

    PostgreSQL refuses NUL, so it is removed. No database stores lone surrogates, so U+FFFD replaces them.
    """
    return SURROGATE.sub("\ufffd", text.replace("\0", ""))


def fits(text: str, longest: int) -> bool:
    """Return whether every database can store the text unchanged in a column of ``longest`` characters."""
    return len(text) <= longest and storable(text) == text


def in_ascii(text: str) -> str:
    """Return the text with ``\\uXXXX`` for every character outside ASCII. A JSON document keeps its meaning."""
    return NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)


def is_blank(text: str) -> bool:
    """Return whether the text has no visible character."""
    return BLANK.fullmatch(text) is not None


def lines_of(text: str) -> list[str]:
    """Split the text at every line break that Unicode knows."""
    return LINE_BREAK.split(text)


def brief(error: BaseException) -> str:
    """Describe the error in one line of at most 2,000 characters, to be stored with a row.

    Databases quote the row in later lines of the error, so only the first line is kept.
    """
    return storable(f"{type(error).__name__}: {first_line(str(error))}")[:2000]


def first_line(text: str) -> str:
    """Return the first line of a database's error, without the values that it quotes from a row."""
    return VALUE.sub(r"\1 …", (text.splitlines() or [""])[0])


def plain_filename(name: str) -> str:
    """Return the name without a path and without invisible characters, cut to 255 bytes.

    Empty if nothing is left. A long name keeps its extension, which proves nothing about the content.
    """
    last = re.split(r"[/\\]", storable(name))[-1]
    seen = "".join(filter(str.isprintable, " ".join(last.split()))).strip(" .")
    encoded = seen.encode()
    if len(encoded) <= LONGEST_FILENAME:
        return seen
    stem, dot, extension = encoded.rpartition(b".")
    if not dot or len(extension) > LONGEST_EXTENSION:
        stem, dot, extension = encoded, b"", b""
    room = LONGEST_FILENAME - len(dot + extension)
    return (stem[:room] + dot + extension).decode(errors="ignore")
