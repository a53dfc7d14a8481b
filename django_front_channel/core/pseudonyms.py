"""Pseudonyms, which replace ids and handles when a person is erased.

A pseudonym is a keyed hash. With the value and ``SECRET_KEY`` it can be computed again, so duplicates are still
recognised. The value cannot be computed from the pseudonym.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "django_front_channel.pseudonyms"
PREFIX = "erased-"


def pseudonym(channel: int, value: str) -> str:
    """Return the pseudonym of a value in the channel with this primary key."""
    return _pseudonym(channel, value, settings.SECRET_KEY)


def pseudonyms(channel: int, value: str) -> list[str]:
    """Return every pseudonym that the value may have: one for ``SECRET_KEY`` and each of ``SECRET_KEY_FALLBACKS``."""
    keys = dict.fromkeys([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    return [_pseudonym(channel, value, key) for key in keys]


def any_name(channel: int, value: str) -> list[str]:
    """Return the value and its pseudonyms, for a look-up that must find erased rows too."""
    return [value, *pseudonyms(channel, value)]


def is_pseudonym(value: str) -> bool:
    return value.startswith(PREFIX)


def _pseudonym(channel: int, value: str, key: Any) -> str:
    return PREFIX + salted_hmac(SALT, f"{channel}:{value}", secret=key, algorithm="sha256").hexdigest()[:40]
