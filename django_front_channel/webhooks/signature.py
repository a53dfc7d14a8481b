"""Proof that a request is Front's.

Front signs ``X-Front-Request-Timestamp + ":" + raw body`` with HMAC-SHA256 under the App secret, in base64
(dev.frontapp.com/docs/security-1). Method and URL are not signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import SignatureRejected
from django_front_channel.secret import Secret

# Seconds or milliseconds since 1970. int() would accept much more, such as other scripts' digits.
TIMESTAMP = re.compile(r"[0-9]{10}|[0-9]{13}", re.ASCII)
# What Front may sign in place of a body for DELETE, as it does for its Connectors.
EMPTY_DELETE_BODIES = (b"", b"undefined", b"{}")


@dataclass(frozen=True)
class Proof:
    """What a valid signature proves."""

    timestamp: int
    """When Front signed, in milliseconds since 1970."""
    digest: str
    """Names the request: SHA-256 of its signature, as 64 hexadecimal digits. Nobody without the secret can sign
    another request of this name, so no app can take the name of another one's."""


def signature(secret: str | Secret, timestamp: str, body: bytes) -> str:
    """Front's signature: 44 characters of base64."""
    return base64.b64encode(Secret.of(secret).mac(timestamp.encode() + b":" + body)).decode()


def verify(
    *,
    method: str,
    timestamp: str,
    given: str,
    body: bytes,
    secrets: Sequence[str | Secret],
    now: float,
    tolerance: float,
) -> Proof:
    """Check a request.

    ``timestamp`` and ``given`` are the two headers as they came, empty when absent; ``secrets`` are tried in turn;
    ``now`` is in seconds since 1970 and ``tolerance`` in seconds, both ways.
    Raises ``SignatureRejected``, whose code says what is wrong, and nothing else.
    """
    if not given or not TIMESTAMP.fullmatch(timestamp):
        raise SignatureRejected(
            "X-Front-Signature or X-Front-Request-Timestamp is missing or malformed.",
            code=Code.SIGNATURE_MISSING,
        )
    bodies = EMPTY_DELETE_BODIES if method == "DELETE" and not body else (body,)
    # Compares the text, not what it decodes to: four spellings of a digest decode alike.
    matches = [
        hmac.compare_digest(signature(secret, timestamp, candidate).encode(), _bytes(given))
        for candidate in bodies
        for secret in secrets
        if secret
    ]
    if not any(matches):
        raise SignatureRejected("The signature does not belong to this request.", code=Code.SIGNATURE_WRONG)
    milliseconds = int(timestamp) if len(timestamp) == 13 else int(timestamp) * 1000
    if abs(now * 1000 - milliseconds) > tolerance * 1000:
        raise SignatureRejected(
            "The request was signed too long ago, or in the future. Check the clock.",
            code=Code.SIGNATURE_OUT_OF_TIME,
        )
    return Proof(milliseconds, hashlib.sha256(given.encode()).hexdigest())


def _bytes(header: str) -> bytes:
    return header.encode("utf-8", "surrogatepass")
