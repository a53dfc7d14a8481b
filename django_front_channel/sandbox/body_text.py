"""The plain text of a message body, which may be HTML or plain text.

The code here takes linear time for any text, and gives the same result in every version of Python. The parser of the
standard library does neither.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_LINE_BREAKS = ("br", "/p", "/div", "/li")
_TAG_NAME = re.compile(r"/?[a-zA-Z][^\s/>]*")
# The end of a tag, or the beginning of a quoted value in it.
_END_OR_QUOTE = re.compile(r">|=\s*[\"']")


def text_of(body: str) -> str:
    """Return the text of a body, without tags, comments and declarations.

    ``<br>`` and the end of a paragraph, ``div`` or list item become line breaks. Markup that never ends counts as text.
    """
    return "".join(_texts(body)).strip()


def _texts(body: str) -> Iterator[str]:
    position = 0
    while (start := body.find("<", position)) >= 0:
        yield _decode(body[position:start])
        end = _markup_end(body, start)
        if end is None:
            yield "<"
            position = start + 1
        elif end < 0:
            # No markup after this can end either. Searching again for each would take quadratic time.
            yield _decode(body[start:])
            return
        else:
            name = _TAG_NAME.match(body, start + 1, end)
            yield "\n" if name and name[0].lower() in _LINE_BREAKS else ""
            position = end
    yield _decode(body[position:])


def _markup_end(body: str, start: int) -> int | None:
    """Return the end of the markup that begins at ``start``: -1 if it never ends, None if it is not markup."""
    if body.startswith("<!--", start):
        return _after(body, "-->", start + 2)
    if body.startswith(("<!", "<?", "</>"), start):
        return _after(body, ">", start)
    name = _TAG_NAME.match(body, start + 1)
    return _tag_end(body, name.end()) if name else None


def _tag_end(body: str, position: int) -> int:
    while found := _END_OR_QUOTE.search(body, position):
        if found[0] == ">":
            return found.end()
        position = _after(body, found[0][-1], found.end())
        if position < 0:
            break
    return -1


def _after(body: str, mark: str, position: int) -> int:
    found = body.find(mark, position)
    return found if found < 0 else found + len(mark)


def _decode(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a reference to a character, with thousands of digits
        return text
