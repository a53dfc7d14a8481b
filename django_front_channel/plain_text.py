"""The text of a body in HTML: for messages that Front sends without text, and for those that the sandbox shows.

The tokenizer is a library's, because it follows the standard of browsers on every Python. It builds no tree: deep
nesting and misplaced tags cost a builder of trees quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain, pairwise

from turbohtml import Token, TokenType, tokenize, unescape

TEXT, START_TAG, END_TAG = TokenType.TEXT, TokenType.START_TAG, TokenType.END_TAG
# Ends whatever the body leaves open, so that its beginning is not lost. U+FFFF is no character.
CLOSER = "\uffff\"'>"
# Marks inside the pieces of a page: characters that Unicode keeps for a program's own use, and no text has.
LINE_BREAK, BLOCK_BREAK, CELL_BREAK, KEPT_SPACE = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
WHITESPACE = re.compile(r"[ \t\n\v\f\r]+")
# Spaces are single when these are used.
AROUND_CELL_BREAK = re.compile(" ?\ufdd2[ \ufdd2]*")
# A run is looked at from its beginning alone, and as a whole: from each of its places, it would take quadratic time.
AROUND_BREAK = re.compile("(?<![ \ufdd2])[ \ufdd2]++(?=[\ufdd0\ufdd1])|(?<=[\ufdd0\ufdd1])[ \ufdd2]+")
# A block begins a line, but not a second one.
NO_BREAK = re.compile("(?<=\ufdd0)\ufdd1+")
BLOCK_BREAKS = re.compile("\ufdd1+")
KEPT = str.maketrans({" ": KEPT_SPACE, "\t": KEPT_SPACE, "\n": LINE_BREAK})
DEEPEST_INDENT = 8
LONGEST_NUMBER = 9
UNSEEN = ("iframe", "noembed", "noframes", "script", "style", "template", "title")
BLOCKS = (
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog"),
    *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"),
    *("h6", "header", "hr", "legend", "main", "nav", "option", "p", "section", "summary", "table", "tbody"),
    *("tfoot", "thead", "tr"),
)

SCHEMES = ("http", "https", "mailto", "sms", "tel")
WEB = ("http", "https")
# What people put between the digits of a phone number.
NOT_DIALLED = re.compile(r"[\s().\-/]+")


def plain_text(body: str, *, is_html: bool = False) -> str:
    """Return the body as a person reads it, with its line breaks.

    A body without any tag is text already, because Front's Basic composer writes it, unless ``is_html`` says that it
    is not. Markup that never ends is text, too.
    """
    page = _Page()
    for token, following in pairwise(chain(tokenize(body + CLOSER, capture_source=True), (None,))):
        if token is None:
            continue
        if token.type is TEXT:
            text = token.data or ""
            page.write(text if following else text.removesuffix(CLOSER))
        elif following is None and (source := token.source or "").endswith(CLOSER):
            page.write(unescape(source.removesuffix(CLOSER)))
        else:
            is_html |= page.read(token)
    return page.text() if is_html else body


class _Page:
    """What has been read so far: pieces of text, and marks between them."""

    def __init__(self) -> None:
        self.pieces: list[str] = [BLOCK_BREAK]
        self.unseen = ""
        """The element that is open and not shown."""
        self.lists: list[int | None] = []
        """The lists that are open: the next number, or None for bullets."""
        self.open_pre = 0
        self.link: tuple[str, int] | None = None
        """The target of the open link, and the number of pieces before it."""
        self.is_item_empty = False
        """Whether the last piece is the bullet or number of an item."""

    def read(self, token: Token) -> bool:
        """Do what the markup says, and tell whether it is markup."""
        name = token.tag or ""
        if token.type is START_TAG and not self.unseen:
            if action := STARTS.get(name):
                action(self, token)
            elif not name.isalnum() and _is_address(name):
                self.write(unescape(token.source or ""))
                return False
        elif token.type is END_TAG:
            self.end(name)
        return True

    def end(self, name: str) -> None:
        if self.unseen == name:
            self.unseen = ""
        elif not self.unseen and name in ENDS:
            ENDS[name](self)

    def hide(self, name: str) -> None:
        """Show nothing until the element ends."""
        self.unseen = name

    def write(self, text: str) -> None:
        if self.unseen:
            return
        if self.is_item_empty:
            if not text or text.isspace():
                return
            self.is_item_empty = False
        self.pieces.append(text.translate(KEPT) if self.open_pre else text)

    def break_line(self) -> None:
        self.is_item_empty = False
        self.pieces.append(LINE_BREAK)

    def break_block(self) -> None:
        """End the line, unless it is empty or has only a bullet."""
        if not self.is_item_empty and self.pieces[-1] != BLOCK_BREAK:
            self.pieces.append(BLOCK_BREAK)

    def begin_cell(self) -> None:
        self.pieces.append(CELL_BREAK)

    def open_list(self, first_number: int | None) -> None:
        self.break_block()
        self.lists.append(first_number)

    def close_list(self) -> None:
        self.close_item()
        if self.lists:
            self.lists.pop()

    def open_item(self) -> None:
        self.close_item()
        bullet = "- "
        if self.lists and (number := self.lists[-1]) is not None:
            self.lists[-1] = number + 1
            bullet = f"{number}. "
        self.pieces.append(KEPT_SPACE * 2 * min(len(self.lists) - 1, DEEPEST_INDENT) + bullet)
        self.is_item_empty = True

    def close_item(self) -> None:
        """End the item; one with nothing in it is not shown."""
        if self.is_item_empty:
            self.pieces.pop()
            self.is_item_empty = False
        self.break_block()

    def open_link(self, target: str) -> None:
        self.close_link()
        self.link = (target, len(self.pieces)) if target else None

    def close_link(self) -> None:
        if self.link is None:
            return
        target, before = self.link
        self.link = None
        text = "".join(self.pieces[before:])
        if shown := shown_target(target, " ".join(text.split())):
            self.write(f" ({shown}) " if text[-1:].isspace() else f" ({shown})")

    def text(self) -> str:
        text = WHITESPACE.sub(" ", "".join(self.pieces))
        text = AROUND_CELL_BREAK.sub(CELL_BREAK, text)
        text = AROUND_BREAK.sub("", text)
        text = NO_BREAK.sub("", text)
        text = BLOCK_BREAKS.sub(LINE_BREAK, text)
        text = text.strip(LINE_BREAK + CELL_BREAK + " ")
        return text.replace(LINE_BREAK, "\n").replace(CELL_BREAK, "\t").replace(KEPT_SPACE, " ")


def _is_address(name: str) -> bool:
    """Tell whether this is no name of a tag, but the beginning of ``<ana@example.com>`` or ``<https://...>``."""
    return "@" in name or "." in name or name.endswith(":") or name.startswith(("mailto:", "tel:"))


def _attribute(token: Token, name: str) -> str:
    return next((value or "" for key, value in token.attrs or () if key == name), "")


def _first_number(token: Token) -> int:
    start = _attribute(token, "start")
    return int(start) if start.isascii() and start.isdecimal() and len(start) <= LONGEST_NUMBER else 1


def _open_pre(page: _Page) -> None:
    page.break_block()
    page.open_pre += 1


def _close_pre(page: _Page) -> None:
    page.break_block()
    page.open_pre = max(page.open_pre - 1, 0)


def shown_target(target: str, text: str) -> str:
    """Return what to show of the target beside the text of the link: nothing if the text is the target.

    Only addresses that a person can use are shown: not the places inside a page, nor scripts.
    """
    scheme, _, rest = target.strip().partition(":")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        return ""
    shown = target.strip() if scheme in WEB else rest.partition("?")[0]
    shown = "%20".join(shown.split())
    return "" if _bare(shown, scheme) == _bare(text, scheme) else shown


def _bare(address: str, scheme: str) -> str:
    """The address in the one form in which two are compared."""
    if scheme in ("sms", "tel"):
        return NOT_DIALLED.sub("", address)
    bare = address.casefold()
    for prefix in ("https://", "http://", "mailto:", "www."):
        bare = bare.removeprefix(prefix)
    return bare.removesuffix("/")


STARTS: dict[str, Callable[[_Page, Token], None]] = {
    **dict.fromkeys(BLOCKS, lambda page, token: page.break_block()),
    **dict.fromkeys(UNSEEN, lambda page, token: page.hide(token.tag or "")),
    "a": lambda page, token: page.open_link(_attribute(token, "href")),
    "br": lambda page, token: page.break_line(),
    "img": lambda page, token: page.write(_attribute(token, "alt")),
    "li": lambda page, token: page.open_item(),
    "ol": lambda page, token: page.open_list(_first_number(token)),
    "pre": lambda page, token: _open_pre(page),
    "td": lambda page, token: page.begin_cell(),
    "th": lambda page, token: page.begin_cell(),
    "ul": lambda page, token: page.open_list(None),
}
ENDS: dict[str, Callable[[_Page], None]] = {
    **dict.fromkeys(BLOCKS, _Page.break_block),
    "a": _Page.close_link,
    "br": _Page.break_line,
    "li": _Page.close_item,
    "ol": _Page.close_list,
    "pre": _close_pre,
    "ul": _Page.close_list,
}
