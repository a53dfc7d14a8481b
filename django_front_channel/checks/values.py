"""Tests of single values that a setting may have."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django_front_channel.conf import seconds

HOUR = 3600
DAY = 24 * HOUR
CENTURY = 36525 * DAY

Valid = Callable[[Any], bool]


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
