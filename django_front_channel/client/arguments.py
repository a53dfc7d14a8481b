"""Checks of arguments. A value that Front would refuse is refused here, before anything is sent.

Each check returns the value to send, or raises ``InvalidArgument``, which names the argument ``name``.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, NotRequired, TypedDict

from django_front_channel.exceptions import InvalidArgument

from .front_limits import LARGEST_PAGE, LONGEST_ID

# As seconds this is the year 5138; as milliseconds, March 1973.
FIRST_MILLISECONDS = 10**11


class Unset(Enum):
    """The default of an argument that may also be None."""

    UNSET = "not given"


UNSET: Final = Unset.UNSET


class Contact(TypedDict):
    """A person outside Front.

    * ``handle``: any text that identifies this person. A phone number begins with ``+`` and the country code.
    * ``name``: the name that Front shows.
    * ``email``: an email address. Front joins this person with the contact who has it.
    """

    handle: str
    name: NotRequired[str | None]
    email: NotRequired[str | None]


CONTACT_KEYS = ("handle", "name", "email")


def validate_id(value: object, name: str) -> str:
    """Return ``value`` if it can be an id in Front.

    An id is a str of 1 to 200 characters, at most 800 bytes of UTF-8. It is not blank, holds no control characters
    and no lone surrogates, and is not ``.`` or ``..``.

    Front: Channel API, ``metadata.external_id`` (at most 200 characters).
    """
    if not isinstance(value, str):
        raise InvalidArgument(
            f"{name} must be a str, not {type(value).__name__}.", code="wrong_type", argument=name
        )
    if not 1 <= len(value) <= LONGEST_ID:
        raise InvalidArgument(
            f"{name} must have 1 to {LONGEST_ID} characters; it has {len(value)}.",
            code="too_long" if value else "empty",
            argument=name,
        )
    if not value.strip():
        raise InvalidArgument(f"{name} must not be blank.", code="empty", argument=name)
    if value in (".", ".."):
        # Clients and proxies resolve these two in a path, so the request would reach another route.
        raise InvalidArgument(
            f"{name} must not be {value!r}: choose another id.", code="not_allowed", argument=name
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise InvalidArgument(
            f"{name} must not hold control characters or lone surrogates: remove them.",
            code="not_storable",
            argument=name,
        )
    return value


def text(value: object, name: str) -> str:
    """Return ``value`` if it is a str that is not blank and can be sent as UTF-8."""
    check_text(lambda: value, name)
    assert isinstance(value, str)
    return value


def check_text(read: Callable[[], object], name: str) -> None:
    """Check the text that ``read`` returns. No variable holds the text, because it may be a secret."""
    if problem := _text_problem(read):
        code, predicate = problem
        raise InvalidArgument(f"{name} {predicate}", code=code, argument=name)


def _text_problem(read: Callable[[], object]) -> tuple[str, str] | None:
    """Return a code for what is wrong with the text and the end of a sentence about it, or None."""
    if not isinstance(read(), str):
        return "wrong_type", f"must be a str, not {type(read()).__name__}."
    if not str(read()).strip():
        return "empty", "must not be empty."
    try:
        str(read()).encode()
    except UnicodeEncodeError:
        return "not_storable", "holds a lone surrogate: replace it before sending."
    return None


def optional_text(value: object, name: str) -> str | None:
    """Return None if ``value`` is None or an empty str, which forms send. Otherwise check it with ``text()``."""
    return None if value is None or value == "" else text(value, name)


def texts(value: object, name: str) -> list[str]:
    """Return ``value`` as a list if it is a sequence of at least one text."""
    return [text(item, f"{name}[{index}]") for index, item in enumerate(items(value, name))]


def optional_texts(value: object, name: str) -> list[str] | None:
    return None if value is None else texts(value, name)


def optional_id(value: object, name: str) -> str | None:
    return None if value is None else validate_id(value, name)


def ids(value: object, name: str, *, at_most: int | None = None) -> list[str]:
    """Return ``value`` as a list if it is a sequence of at least one id."""
    given = items(value, name)
    if at_most is not None and len(given) > at_most:
        raise InvalidArgument(
            f"{name} must have at most {at_most} ids; it has {len(given)}.", code="too_long", argument=name
        )
    return [validate_id(item, f"{name}[{index}]") for index, item in enumerate(given)]


def optional_ids(value: object, name: str) -> list[str] | None:
    return None if value is None else ids(value, name)


def items(value: object, name: str) -> Sequence[Any]:
    """Return ``value`` if it is a sequence of at least one item, and not a str or bytes."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not value:
        raise InvalidArgument(
            f"{name} must be a list of at least one item.",
            code="wrong_type" if value else "empty",
            argument=name,
        )
    return value


def one_of(value: object, allowed: Sequence[str], name: str) -> str:
    if value not in allowed:
        raise InvalidArgument(
            f"{name} must be one of {', '.join(allowed)}, not {value!r}.", code="not_allowed", argument=name
        )
    return str(value)


def optional_one_of(value: object, allowed: Sequence[str], name: str) -> str | None:
    return None if value is None else one_of(value, allowed, name)


def boolean(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidArgument(
            f"{name} must be True or False, not {value!r}.", code="wrong_type", argument=name
        )
    return value


def optional_bool(value: object, name: str) -> bool | None:
    return None if value is None else boolean(value, name)


def contact(value: object, name: str) -> dict[str, str]:
    """Return ``value`` as a contact if it is a mapping with a ``handle`` and, optionally, ``name`` and ``email``."""
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f"{name} must be a mapping with a handle, not {type(value).__name__}.",
            code="wrong_type",
            argument=name,
        )
    if unknown := [key for key in value if key not in CONTACT_KEYS]:
        raise InvalidArgument(
            f"{name} has the unknown key {unknown[0]!r}: use handle, name and email.",
            code="unknown",
            argument=name,
        )
    if "handle" not in value:
        raise InvalidArgument(
            f"{name} needs a handle, such as a phone number with + and country code.",
            code="missing",
            argument=name,
        )
    given = {key: optional_text(value[key], f"{name}.{key}") for key in CONTACT_KEYS if key in value}
    text(given["handle"], f"{name}.handle")
    return {key: item for key, item in given.items() if item is not None}


def contacts(value: object, name: str) -> list[dict[str, str]]:
    """Return ``value`` as a list of contacts if it is a sequence of at least one contact."""
    return [contact(item, f"{name}[{index}]") for index, item in enumerate(items(value, name))]


def optional_unix_seconds(value: object, name: str) -> int | None:
    """Return ``value`` if it is None or a whole number of seconds since 1970."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidArgument(
            f"{name} must be whole unix seconds: pass int(moment.timestamp()).",
            code="wrong_type",
            argument=name,
        )
    _check_seconds(value, name)
    return value


def optional_unix_time(value: object, name: str) -> float | None:
    """Return ``value`` if it is None or a number of seconds since 1970, which may have a fraction."""
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        raise InvalidArgument(
            f"{name} must be unix seconds: pass moment.timestamp().", code="wrong_type", argument=name
        )
    _check_seconds(value, name)
    return value


def _check_seconds(value: float, name: str) -> None:
    if value >= FIRST_MILLISECONDS:
        raise InvalidArgument(
            f"{name} seems to be in milliseconds: divide it by 1000.", code="out_of_range", argument=name
        )
    if value <= 0:
        raise InvalidArgument(
            f"{name} must be later than 1970: pass moment.timestamp().", code="out_of_range", argument=name
        )


def optional_unix_milliseconds(value: object, name: str) -> int | None:
    """Return ``value`` if it is None or a whole number of milliseconds since 1970."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise InvalidArgument(
            f"{name} must be whole unix milliseconds: pass int(moment.timestamp() * 1000).",
            code="wrong_type",
            argument=name,
        )
    if value < FIRST_MILLISECONDS:
        raise InvalidArgument(
            f"{name} seems to be in seconds: multiply it by 1000.", code="out_of_range", argument=name
        )
    return value


def seconds(value: object, name: str) -> float:
    """Return ``value`` if it is a number of seconds, 0 or more."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise InvalidArgument(
            f"{name} must be a number of seconds, 0 or more.", code="out_of_range", argument=name
        )
    return value


def size(value: object, name: str, *, least: int = 1) -> int:
    """Return ``value`` if it is a number of bytes, at least ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidArgument(
            f"{name} must be a number of bytes, {least} or more.", code="out_of_range", argument=name
        )
    return value


def writable(value: Any, name: str) -> Any:
    """Return ``value`` if it is a file that is open for writing in binary mode."""
    if not callable(getattr(value, "write", None)):
        raise InvalidArgument(
            f"{name} must be a file that is open in binary mode, not {type(value).__name__}.",
            code="wrong_type",
            argument=name,
        )
    return value


def page_query(limit: object) -> dict[str, str]:
    """Return the query for pages of ``limit`` items, 1 to 100. With None, Front chooses the size."""
    if limit is None:
        return {}
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= LARGEST_PAGE:
        raise InvalidArgument(
            f"limit must be from 1 to {LARGEST_PAGE}: it is the size of a page, not of the whole list.",
            code="out_of_range",
            argument="limit",
        )
    return {"limit": str(limit)}


def something(values: dict[str, Any]) -> dict[str, Any]:
    """Return ``values``. Raises ``InvalidArgument`` if it is empty: the caller must have forgotten the values."""
    if not values:
        raise InvalidArgument("Nothing to change: pass at least one value.", code="missing")
    return values


def given(values: dict[str, Any]) -> dict[str, Any]:
    """Return ``values`` without those that are UNSET."""
    return {key: value for key, value in values.items() if value is not UNSET}


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    """Return ``values`` without those that are None."""
    return {key: value for key, value in values.items() if value is not None}
