"""Where a link in HTML leads, for readers who see only text."""

from __future__ import annotations

import re

SCHEMES = ("http", "https", "mailto", "sms", "tel")
WEB = ("http", "https")
WHITESPACE = re.compile(r"\s+")
# What people put between the digits of a phone number.
NOT_DIALLED = re.compile(r"[\s().\-/]+")


def shown_target(target: str, text: str) -> str:
    """Return what to show of the target beside the text of the link: nothing if the text is the target.

    Only addresses that a person can use are shown: not the places inside a page, nor scripts.
    """
    scheme, _, rest = target.strip().partition(":")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        return ""
    shown = target.strip() if scheme in WEB else rest.partition("?")[0]
    shown = WHITESPACE.sub("%20", shown)
    return "" if _bare(shown, scheme) == _bare(text, scheme) else shown


def _bare(address: str, scheme: str) -> str:
    """The address in the one form in which two are compared."""
    if scheme in ("sms", "tel"):
        return NOT_DIALLED.sub("", address)
    bare = address.casefold()
    for prefix in ("https://", "http://", "mailto:", "www."):
        bare = bare.removeprefix(prefix)
    return bare.removesuffix("/")
