"""A strict parser for the bodies of Front's requests.

One reading for every parser: no NaN, no duplicate keys, bounded depth and numbers. What the fields mean is
read tolerantly, in ``payloads``.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import PayloadRejected

MAX_DEPTH = 64
MAX_TYPE_LENGTH = 64
LONGEST_INTEGER = 19
INT64 = 2**63


@dataclass(frozen=True)
class Envelope:
    """``{"type": …, "payload": {…}, "metadata": {…}}``"""

    type: str
    payload: dict[str, Any] = field(repr=False)
    metadata: dict[str, Any] = field(repr=False)


def parse(body: bytes) -> Envelope:
    """The envelope in these bytes. Raises ``PayloadRejected``, and nothing else."""
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
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


def _finite(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError("too large")
    return value


def _bounded(literal: str) -> int:
    if len(literal) > LONGEST_INTEGER + 1 or not -INT64 <= int(literal) < INT64:
        raise ValueError("too large")
    return int(literal)


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
        f"The body is nested more than {MAX_DEPTH} deep.",
        code=Code.BODY_TOO_DEEP,
        parameters={"most": MAX_DEPTH},
    )
