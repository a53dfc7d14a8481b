"""The text of a body in HTML, for where Front names no text beside it.

Not by ``html.parser``: Python 3.11's takes minutes for a megabyte of comments that are never closed.
"""

from __future__ import annotations

import re
from html import unescape

TAG = re.compile(r"<(?:!|(/?)([a-z][a-z0-9]*))[^<>]*>", re.ASCII | re.IGNORECASE)
BLANKS = re.compile(r"[ \t\r\n\f]+")
BLOCKS = (
    "blockquote",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
)
UNSEEN = ("script", "style", "title")


def plain_text(body: str) -> str:
    """The body as it reads, with its line breaks. A body without any tag is text already: Basic composers write it."""
    first, *rest = TAG.split(body)
    if not rest:
        return body
    parts, unseen = [_unbroken(first)], ""
    for slash, tag, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        name = (tag or "").lower()
        if unseen and not (slash and name == unseen):
            continue
        unseen = name if name in UNSEEN and not slash else ""
        if name == "br" or (slash and name in BLOCKS):
            parts.append("\n")
        parts.append("" if unseen else _unbroken(text))
    lines = (BLANKS.sub(" ", line).strip(" ") for line in "".join(parts).split("\n"))
    return _unescaped("\n".join(lines).strip("\n"))


def _unbroken(text: str) -> str:
    """HTML's line breaks are blanks."""
    return BLANKS.sub(" ", text)


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a character's number of more digits than Python reads
        return text
