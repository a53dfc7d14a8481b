"""Texts that every database can store, and file names that every file system can."""

from __future__ import annotations

import json
import re

LONGEST_FILENAME = 255
LONGEST_EXTENSION = 16
# What MariaDB and PostgreSQL write before a value that they refuse. The bound keeps the search linear: an error may
# quote a long text.
VALUE = re.compile(r"(Duplicate entry|\bvalue:|\btype [a-z ]{1,50}:|out of range:) .+")
NOT_ASCII = re.compile("[^\x00-\x7f]+")
SURROGATE = re.compile("[\ud800-\udfff]")
# Whitespace, soft hyphens, joiners, marks of direction, variation selectors and fillers. It is a
# list because what str.isprintable() says depends on the version of Python.
BLANK = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]*"
)
LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")


def storable(text: str) -> str:
    """The text without NUL, which PostgreSQL refuses, and with U+FFFD for lone surrogates, which all refuse."""
    return SURROGATE.sub("\ufffd", text.replace("\0", ""))


def fits(text: str, longest: int) -> bool:
    """Whether every database stores the text as it is in a column of so many characters."""
    return len(text) <= longest and storable(text) == text


def in_ascii(text: str) -> str:
    """The text with every other character spelt ``\\uXXXX``: in a JSON document, the same document."""
    return NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing of the text."""
    return BLANK.fullmatch(text) is not None


def lines_of(text: str) -> list[str]:
    """The lines of the text, whichever line breaks Unicode has between them."""
    return LINE_BREAK.split(text)


def brief(error: BaseException) -> str:
    """Describe the error in one line, to be stored with a row. A database's further lines quote the row."""
    return storable(f"{type(error).__name__}: {first_line(str(error))}")[:2000]


def first_line(text: str) -> str:
    """Return the first line of the text, without the values of a row that it quotes."""
    return VALUE.sub(r"\1 …", (text.splitlines() or [""])[0])


def plain_filename(name: str) -> str:
    """The name without a path, without characters that cannot be seen, and of at most 255 bytes.

    Empty when nothing is left. The extension is kept, whatever it is: it proves nothing about the content.
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
