"""Ids, Front's and ours: what may be one, and how one is written into a path."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from django_front_channel.exceptions import InvalidArgument

MAX_CHARACTERS = 200
# Of a message_uid, which Front chooses.
LONGEST_UID = 500


def validate_id(value: object, name: str) -> str:
    """Return ``value`` when it can be an id at Front; ``name`` is what the error calls it.

    1 to 200 characters (so at most 800 bytes of UTF-8), not all of them blank, no control characters, no lone
    surrogates, not ``.`` or ``..``. Raises ``InvalidArgument``.
    Front: Channel API, ``metadata.external_id`` (at most 200 characters).
    """
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} must be a str, not {type(value).__name__}.")
    if not 1 <= len(value) <= MAX_CHARACTERS:
        raise InvalidArgument(f"{name} must have 1 to {MAX_CHARACTERS} characters; it has {len(value)}.")
    if not value.strip():
        raise InvalidArgument(f"{name} must not be blank.")
    if value in (".", ".."):
        # Clients and proxies resolve these two in a path: the call would reach another route.
        raise InvalidArgument(f"{name} must not be {value!r}: choose another id.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise InvalidArgument(f"{name} must not hold control characters or lone surrogates: remove them.")
    return value


def path_segment(value: str) -> str:
    """Percent-encode ``value`` as exactly one segment of a path: ``a/b+é`` becomes ``a%2Fb%2B%C3%A9``."""
    return quote(value, safe="")
