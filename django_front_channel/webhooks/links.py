"""The targets of links in HTML, for readers who see only text."""

from __future__ import annotations

import re

SCHEMES = ("http", "https", "mailto", "sms", "tel")
WEB = ("http", "https")
WHITESPACE = re.compile(r"\s+")
# Characters that people write between the digits of a phone number.
NOT_DIALLED = re.compile(r"[\s().\-/]+")


def shown_target(target: str, text: str) -> str:
    """Return the address to show beside the text of a link; empty if the text already shows it.

    Only web, mail and phone addresses are shown, and no scripts or places inside a page.
    """
    scheme, _, rest = target.strip().partition(":")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        return ""
    shown = target.strip() if scheme in WEB else rest.partition("?")[0]
    shown = WHITESPACE.sub("%20", shown)
    return "" if _bare(shown, scheme) == _bare(text, scheme) else shown


def _bare(address: str, scheme: str) -> str:
    """Return the address in a canonical form, to compare it with another one."""
    if scheme in ("sms", "tel"):
        return NOT_DIALLED.sub("", address)
    bare = address.casefold()
    for prefix in ("https://", "http://", "mailto:", "www."):
        bare = bare.removeprefix(prefix)
    return bare.removesuffix("/")
