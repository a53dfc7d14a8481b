"""A strict JSON parser for the bodies of Front's requests: no NaN, no duplicate keys, bounded depth.

Being strict keeps two parsers from reading one body differently. Afterwards, ``payloads`` reads the values tolerantly:
a strange value in a field that we do not use is no reason to refuse a message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import PayloadRejected

MAX_DEPTH = 64
MAX_TYPE_LENGTH = 64
# Our columns cannot hold longer integers, and int() is slow for thousands of digits.
LONGEST_INTEGER = 20


@dataclass(frozen=True)
class Envelope:
    """The parts of a request's body: ``{"type": …, "payload": {…}, "metadata": {…}}``."""

    type: str
    payload: dict[str, Any] = field(repr=False)
    metadata: dict[str, Any] = field(repr=False)


def parse(body: bytes) -> Envelope:
    """Parse the bytes of a body. Raises only ``PayloadRejected``."""
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_int=_integer,
            object_pairs_hook=_without_duplicates,
        )
    except UnicodeDecodeError:
        raise PayloadRejected("The body is not UTF-8.", code=Code.BODY_NOT_UTF8) from None
    except (ValueError, RecursionError):
        raise PayloadRejected("The body is not strict JSON.", code=Code.BODY_NOT_JSON) from None
    _check_depth(document)
    return _envelope(document)


def _envelope(document: Any) -> Envelope:
    if not isinstance(document, dict):
        raise PayloadRejected("The body is not a JSON object.", code=Code.BODY_NO_OBJECT)
    type_, payload, metadata = (document.get(key) for key in ("type", "payload", "metadata"))
    if not isinstance(type_, str) or not 1 <= len(type_) <= MAX_TYPE_LENGTH or not type_.isprintable():
        raise PayloadRejected("The body has no type.", code=Code.BODY_WITHOUT_TYPE)
    if not isinstance(payload, dict | None) or not isinstance(metadata, dict | None):
        raise PayloadRejected("payload and metadata must be JSON objects.", code=Code.PAYLOAD_NO_OBJECT)
    return Envelope(type_, payload or {}, metadata or {})


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _integer(literal: str) -> int | float:
    return int(literal) if len(literal) <= LONGEST_INTEGER else float(literal)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("duplicate keys")
    return document


def _check_depth(document: Any) -> None:
    level = [document]
    for _depth in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise PayloadRejected(
        f"The body has more than {MAX_DEPTH} levels of nesting.",
        code=Code.BODY_TOO_DEEP,
        parameters={"most": MAX_DEPTH},
    )
