"""Front's signatures.

Front signs ``X-Front-Request-Timestamp + ":" + raw body`` with HMAC-SHA256, with the App secret as the key, and sends
the signature in base64 (dev.frontapp.com/docs/security-1). It does not sign the method and the URL.
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
# The bodies that Front may sign for a DELETE without a body, as for its Connectors.
EMPTY_DELETE_BODIES = (b"", b"undefined", b"{}")


@dataclass(frozen=True)
class Proof:
    """The facts that a valid signature proves."""

    timestamp: int
    """When Front signed the request, in milliseconds since 1970."""
    digest: str
    """An id of the request: the SHA-256 of its signature, as 64 hexadecimal digits. Without the secret, nobody can
    make another request with the same id, so the requests of two apps never share one."""


def signature(secret: str | Secret, timestamp: str, body: bytes) -> str:
    """Return the signature that Front sends, 44 characters of base64."""
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
    """Check the signature of a request, and return what it proves.

    ``timestamp``  the header ``X-Front-Request-Timestamp``, empty if it is missing
    ``given``      the header ``X-Front-Signature``, empty if it is missing
    ``secrets``    the App secrets, each of which may have signed the request
    ``now``        the current time in seconds since 1970
    ``tolerance``  the greatest difference between the timestamp and ``now``, in seconds

    Raises only ``SignatureRejected``, with a code. Front's page: dev.frontapp.com/docs/security-1.
    """
    if not given or not TIMESTAMP.fullmatch(timestamp):
        raise SignatureRejected(
            "X-Front-Signature or X-Front-Request-Timestamp is missing or malformed.",
            code=Code.SIGNATURE_MISSING,
        )
    bodies = EMPTY_DELETE_BODIES if method == "DELETE" and not body else (body,)
    # Compare the base64 text, because four different texts decode to the same digest.
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
            "The request was signed too long ago, or in the future. Check this machine's clock.",
            code=Code.SIGNATURE_OUT_OF_TIME,
        )
    return Proof(milliseconds, hashlib.sha256(given.encode()).hexdigest())


def _bytes(header: str) -> bytes:
    return header.encode("utf-8", "surrogatepass")
