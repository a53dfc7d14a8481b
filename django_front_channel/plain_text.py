"""Converts an HTML body to text, for messages that Front sends without text and for those that the sandbox shows.

The tokenizer comes from a library, and follows the HTML standard on every version of Python. No tree is built, because
deep nesting and misplaced tags would take quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain, pairwise

from turbohtml import Token, TokenType, tokenize, unescape

TEXT, START_TAG, END_TAG = TokenType.TEXT, TokenType.START_TAG, TokenType.END_TAG
# Closes a tag or comment that the body leaves open, so that its text is not lost. U+FFFF is not a character.
CLOSER = "\uffff\"'>"
# Marks between the pieces of a page. Unicode reserves these code points for internal use, so no text has them.
LINE_BREAK, BLOCK_BREAK, CELL_BREAK, KEPT_SPACE = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
WHITESPACE = re.compile(r"[ \t\n\v\f\r]+")
# These two patterns expect single spaces.
AROUND_CELL_BREAK = re.compile(" ?\ufdd2[ \ufdd2]*")
# The lookbehind and the possessive ++ let a run of spaces match only as a whole. Otherwise it takes quadratic time.
AROUND_BREAK = re.compile("(?<![ \ufdd2])[ \ufdd2]++(?=[\ufdd0\ufdd1])|(?<=[\ufdd0\ufdd1])[ \ufdd2]+")
# A block break directly after a line break adds no second line.
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
# Characters that people write between the digits of a phone number.
NOT_DIALLED = re.compile(r"[\s().\-/]+")


def plain_text(body: str, *, is_html: bool = False) -> str:
    """Return the text of the body as a person reads it, with its line breaks.

    A body without any tag, as Front's Basic composer writes it, is returned unchanged, unless ``is_html`` says that
    it is HTML all the same. A tag without an end is text.
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
    """The page as far as it has been read: pieces of text, and marks between them."""

    def __init__(self) -> None:
        self.pieces: list[str] = [BLOCK_BREAK]
        self.unseen = ""
        """The name of the open element whose content is hidden, or empty."""
        self.lists: list[int | None] = []
        """The open lists, the innermost last: the number of the next item, or None for bullets."""
        self.open_pre = 0
        self.link: tuple[str, int] | None = None
        """The target of the open link, and the number of pieces before it."""
        self.is_item_empty = False
        """Whether the last piece is the bullet or number of an item."""

    def read(self, token: Token) -> bool:
        """Add what the tag means to the page. Return False if it is not a tag, but text in angle brackets."""
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
        """Ignore everything until the element ends."""
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
        """End the current item. An empty item is not shown."""
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
    """Return whether a tag's name is really an address, as in ``<ana@example.com>`` or ``<https://...>``."""
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
    """Return the address in the form in which addresses are compared."""
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
