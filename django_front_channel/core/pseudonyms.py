"""Pseudonyms: what is left of an id or a handle when a person is erased.

A pseudonym is a keyed hash. Whoever knows the value and ``SECRET_KEY`` can tell that both belong together, so that a
repetition is still known as one. Nobody can tell the value from the pseudonym.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "django_front_channel.pseudonyms"
PREFIX = "erased-"


def pseudonym(channel: int, value: str) -> str:
    """The pseudonym of a value in the channel with this primary key."""
    return _pseudonym(channel, value, settings.SECRET_KEY)


def pseudonyms(channel: int, value: str) -> list[str]:
    """Every pseudonym that the value may have been given: of ``SECRET_KEY`` and of ``SECRET_KEY_FALLBACKS``."""
    keys = dict.fromkeys([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    return [_pseudonym(channel, value, key) for key in keys]


def any_name(channel: int, value: str) -> list[str]:
    """The value itself and its pseudonyms, for a look-up that must find erased rows too."""
    return [value, *pseudonyms(channel, value)]


def is_pseudonym(value: str) -> bool:
    return value.startswith(PREFIX)


def _pseudonym(channel: int, value: str, key: Any) -> str:
    return PREFIX + salted_hmac(SALT, f"{channel}:{value}", secret=key, algorithm="sha256").hexdigest()[:40]
