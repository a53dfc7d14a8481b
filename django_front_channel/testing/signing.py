"""Signatures as Front makes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django_front_channel.sandbox.http_messages import compact_json
from django_front_channel.webhooks.signature import signature

Body = bytes | str | Mapping[str, Any]


def encode(body: Body) -> bytes:
    """The bytes that Front would send: a mapping as compact JSON in raw UTF-8, anything else as it is."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else compact_json(body)


def sign(body: Body, secret: str, *, timestamp: int | str | None = None) -> dict[str, str]:
    """The two headers with which Front proves that it sent this body.

    ``body``       the exact bytes or text, or a mapping that is sent as ``encode()`` writes it
    ``secret``     the App secret
    ``timestamp``  milliseconds since 1970, or the header as it shall be; by default now

    Returns ``X-Front-Request-Timestamp`` and ``X-Front-Signature``.
    Source: dev.frontapp.com/docs/application-webhooks; Front's partner-channel-template, ``src/routes.ts``.
    """
    stamp = str(time.time_ns() // 1_000_000 if timestamp is None else timestamp)
    return {
        "X-Front-Request-Timestamp": stamp,
        "X-Front-Signature": signature(secret, stamp, encode(body)),
    }
