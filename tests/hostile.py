"""Texts that are made to be slow to read, and how the time to read them grows."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator

from django_front_channel.exceptions import FrontChannelError

# Reading four times as much may take eight times as long. Quadratic readers take sixteen times as long.
MOST_GROWTH = 8

# Openers that are never closed, closers of nothing, deep nesting, long names, nested quotes, long runs.
OPENERS: tuple[str, ...] = (
    "<",
    "</",
    "<!",
    "<!--",
    "<!-- -",
    "<?",
    "<![",
    "<![x[",
    "<![CDATA[",
    "<a",
    "<a ",
    '<a b="',
    "<a b='",
    "<a =",
)
TAGS = (
    "<b>",
    "<div>",
    "<p>x",
    "<li>x",
    "<ul><li>",
    "<td>",
    "<br>",
    "<b><i>",
    "</p>",
    "</>",
    "<!>",
    "<a href=tel:1>",
)
RAW = ("<style>", "<script>", "<title>", "<template>", "<pre>\n", "<!--<script", "<svg>", "<plaintext>")
ADDRESSES: tuple[str, ...] = (
    "<a@b>",
    "<a@",
    "<https://",
    "<https://a>",
    "@",
    "a@b.c ",
    "https://x.y/",
    "//",
    "/",
    "\\",
    "../",
    "%41",
    "%",
)
QUOTES = (
    "\"'",
    "'\"",
    '="',
    "= ",
    "=\"'",
    '\\"',
    "[",
    "]",
    "[]",
    "[a]",
    "{",
    "(",
    "; a=b",
    ";",
    ",",
    " ;",
    "a=",
)
REFERENCES = ("&", "&#", "&#1", "&#x1", "&a", "&lt", "&amp;", "&#x0;", "&#55296;")
RUNS: tuple[str, ...] = (
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\v",
    "\u2028",
    "\u200b",
    "\x1e",
    " \n",
    "a",
    "A",
    "1",
    "+1",
    ".",
    "-",
    "_",
    "a ",
    " a",
)
WORDS: tuple[str, ...] = (
    "eyJ",
    "eyJ.",
    "eyJa.eyJ",
    "type a",
    "type ",
    "type a type ",
    "value: ",
    "value:",
    "Duplicate entry ",
    "x\ny\n",
)
WORDS += (
    "retry in 1",
    "retry in ",
    "out of range: ",
    "1.",
    "-1",
    "Mon, ",
    "/conversations/",
    "a/a",
    "a.b",
    "cha_1",
)
WORDS += ("a.api.frontapp.com", "\ud800", "\0", "😀", "\uffff", "\uffff\"'>")
PIECES = (*OPENERS, *TAGS, *RAW, *ADDRESSES, *QUOTES, *REFERENCES, *RUNS, *WORDS)
# What stands before the pieces, where only that leads into the slow part.
STARTS = {"<aaaa": "<style>", "a": "<style><", "b": "<a ", "c='1' ": "<a ", "1": "&#", "</b>": "<div>" * 5000}


def hostile_texts(size: int) -> Iterator[str]:
    """Each of the texts, of ``size`` characters."""
    for piece in PIECES:
        yield _filled("", piece, size)
    for piece in RUNS:  # followed by what ends the hope of a match
        yield _filled("", piece, size - 1) + "!"
    for piece, start in STARTS.items():
        yield _filled(start, piece, size)
    yield "".join(f"<font x={number}>" for number in range(size // 10))[:size]
    yield ("<a " + " ".join(f"a{number}=1" for number in range(size // 6)))[:size] + ">x"


def assert_linear(read: Callable[[str], object], *, size: int = 250_000, noise: float = 0.5) -> None:
    """Fail if one of the texts takes time out of proportion: compare ``size`` characters with four times as many.

    ``noise`` is the CPU seconds that are too few to tell.
    """
    for short, long in zip(hostile_texts(size), hostile_texts(4 * size), strict=True):
        small = _seconds(read, short)
        if 16 * small < noise:  # too fast even for a quadratic reader
            continue
        large = _seconds(read, long)
        assert large <= MOST_GROWTH * max(small, noise), (long[:40], small, large)


def _filled(start: str, piece: str, size: int) -> str:
    return (start + piece * (size // len(piece) + 1))[:size]


def _seconds(read: Callable[[str], object], text: str) -> float:
    """CPU seconds. Whatever ``read`` raises for the text, it has read it."""
    gc.collect(0)
    began = time.process_time()
    with contextlib.suppress(ValueError, OverflowError, FrontChannelError):
        read(text)
    return time.process_time() - began
