"""The kinds of rules for settings and their keys, and the problems for rules that are broken.

A rule here looks at one value. Rules between settings are in ``settings.py``.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.checks import CheckMessage

from django_front_channel.checks.problems import problem
from django_front_channel.conf import seconds

HOUR = 3600
DAY = 24 * HOUR
CENTURY = 36525 * DAY

Valid = Callable[[Any], bool]


@dataclass(frozen=True)
class Rule:
    """A rule for one name: ``is_valid`` decides, ``number`` is the problem otherwise, ``example`` is a valid value."""

    number: str
    name: str
    is_valid: Valid
    example: Any


def broken_settings(rules: Iterable[Rule], given: Mapping[str, Any]) -> list[CheckMessage]:
    """Return a problem for each setting that breaks its rule. Missing settings have defaults, so they are valid."""
    return [
        problem(rule.number, f"Write {rule.name} = {rule.example!r}.")
        for rule in rules
        if rule.name in given and not rule.is_valid(given[rule.name])
    ]


def broken_keys(rules: Iterable[Rule], given: Mapping[str, Any], place: str) -> list[CheckMessage]:
    """Return a problem for each key of the dict at ``place`` that breaks its rule. Missing keys are valid."""
    return [
        problem(rule.number, f"Write {rule.name!r}: {rule.example!r}.", place=place)
        for rule in rules
        if rule.name in given and not rule.is_valid(given[rule.name])
    ]


def unknown_names(
    number: str, names: Iterable[Any], known: Collection[str], place: str = "", prefix: str = ""
) -> list[CheckMessage]:
    """Return a problem for each unknown name, with the known name that was probably meant.

    The names in ``known`` have no ``prefix``. Names are compared without it, because it would make them all look alike.
    """
    return [
        problem(number, _spelling(str(name).removeprefix(prefix), known, prefix), place=f"{place}{name}")
        for name in names
        if str(name).removeprefix(prefix) not in known
    ]


def _spelling(name: str, known: Collection[str], prefix: str) -> str:
    for close in get_close_matches(name.upper(), known, n=1):
        return f"Write {prefix}{close}."
    return f"Remove it, or write one of {', '.join(prefix + other for other in known)}."


def is_seconds(value: Any) -> bool:
    """Return whether the value is a duration: a number of seconds, or a timedelta."""
    if isinstance(value, timedelta):
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def duration(least: float, most: float) -> Valid:
    return lambda value: is_seconds(value) and least <= seconds(value) <= most


def positive_duration(most: float) -> Valid:
    return lambda value: is_seconds(value) and 0 < seconds(value) <= most


def integer(least: int, most: float = math.inf) -> Valid:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_backoff(value: Any) -> bool:
    if not isinstance(value, tuple | list) or len(value) != 2 or not all(map(positive_duration(DAY), value)):
        return False
    return seconds(value[0]) <= seconds(value[1])


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip()


def is_secret(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(is_text(item) and item for item in value)
    return is_text(value)


def is_api_url(value: Any) -> bool:
    parts = _web_url(value)
    if parts is None:
        return False
    return parts.scheme == "https" or _is_loopback(parts.hostname or "")


def is_origin(value: Any) -> bool:
    parts = _web_url(value)
    return parts is not None and parts.path in ("", "/")


def is_http(url: str) -> bool:
    return urlsplit(url).scheme == "http"


def _web_url(value: Any) -> SplitResult | None:
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return None
    plain = "@" not in parts.netloc and not parts.query and not parts.fragment
    return parts if parts.scheme in ("http", "https") and parts.hostname and plain else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
