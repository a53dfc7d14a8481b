"""The storage behind downloads: an address that carries its own signature, and takes no other credentials.

Source: github.com/chaynHQ/bloom-backend reports redirects to presigned addresses of S3, which refuse a
forwarded ``Authorization``.
"""

from __future__ import annotations

import hashlib
import hmac

from .http_messages import Request, Response
from .records import Attachment, State

PREFIX = "_storage"


def storage_url(secret: str, request: Request, attachment: Attachment) -> str:
    """Where the file is, on the host that the request was sent to."""
    host = request.headers.get("Host", "localhost")
    return f"{request.scheme}://{host}/{PREFIX}/{attachment.id}?X-Amz-Signature={_signature(secret, attachment.id)}"


def storage(secret: str, state: State, request: Request) -> Response:
    """Response a request under ``/_storage/``."""
    if "Authorization" in request.headers:
        return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
    file_id = "/".join(request.segments[1:])
    given = request.query.get("X-Amz-Signature", "")
    if request.method != "GET" or not hmac.compare_digest(
        given.encode(), _signature(secret, file_id).encode()
    ):
        return _error(403, "SignatureDoesNotMatch", "The signature does not match")
    attachment = state.attachment(file_id)
    return file_response(attachment) if attachment else _error(404, "NoSuchKey", "There is no such file")


def file_response(attachment: Attachment) -> Response:
    """200 with the bytes of a file."""
    return Response(200, attachment.content, {"Content-Type": attachment.content_type})


def _signature(secret: str, file_id: str) -> str:
    key = f"storage:{secret}".encode()
    return hmac.digest(key, file_id.encode("utf-8", "replace"), hashlib.sha256).hex()


def _error(status: int, code: str, message: str) -> Response:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(status, body.encode(), {"Content-Type": "application/xml"})
