"""Tolerant reading of Front's JSON: any field may be missing, null or of another type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from .answers import Answer

Result = TypeVar("Result")


def document(read: Callable[[Mapping[str, Any]], Result]) -> Callable[[Answer], Result]:
    """Make a reader of answers from ``read``, a reader of JSON objects."""
    return lambda answer: read(answer.document())


def nothing(answer: Answer) -> None:
    """The result of an operation whose answer says nothing but that it succeeded."""


def required_id(raw: Mapping[str, Any]) -> str:
    if not (found := optional_text(raw.get("id"))):
        raise ValueError("The answer holds no id.")
    return found


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def optional_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def optional_bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def optional_number(value: object) -> float | None:
    """Return ``value`` if it is a number; JSON may hold some, such as 1e400, that are read as infinite."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if -math.inf < value < math.inf else None


def optional_whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def last_segment(url: object) -> str | None:
    """Return the id that ``url``, one of Front's links, ends with."""
    if not isinstance(url, str):
        return None
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2]) or None
    except ValueError:
        return None
