"""Front's requests, signed before the clock starts: distinct ``message_imported`` of 2 kB."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django_front_channel.conf import conf
from django_front_channel.testing import bodies, sign
from django_front_channel.testing.webhook_client import encode

BODY_BYTES = 2000
MESSAGES_OF_A_THREAD = 10

Signed = list[tuple[bytes, dict[str, str]]]
"""The bodies, each with the headers that sign it."""


def threads(run: str, count: int) -> dict[str, str]:
    """Return the external ids of new messages and of their threads. One message in ten begins a thread."""
    apart = count // MESSAGES_OF_A_THREAD
    return {f"in-{run}-{number}": f"thr-{run}-{number % apart}" for number in range(count)}


def webhooks(threads: dict[str, str]) -> Signed:
    """Return the signed webhooks that import these messages. Each is signed a millisecond after the previous one."""
    secret, now = conf.app("default").secret, time.time_ns() // 1_000_000
    signed: Signed = []
    for number, (external_id, thread) in enumerate(threads.items()):
        body = _body(external_id, thread)
        signed.append((body, sign(body, secret, timestamp=now - len(threads) + number)))
    return signed


def over_http(path: str, signed: Signed) -> Iterator[bytes]:
    """Return the same webhooks as the bytes of HTTP requests."""
    for body, headers in signed:
        lines = [
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        yield "\r\n".join((*lines, "", "")).encode() + body


def _body(external_id: str, thread: str) -> bytes:
    def written(text: str) -> bytes:
        return encode(
            bodies.message_imported(
                external_id=external_id,
                external_conversation_ids=[thread],
                conversation_id=f"cnv_{thread[4:]}",
                front_id=f"msg_{external_id[3:]}",
                text=text,
            )
        )

    # The body holds the text three times.
    return written("x" * ((BODY_BYTES - len(written(""))) // 3))
