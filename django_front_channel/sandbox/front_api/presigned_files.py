"""The storage that downloads may redirect to. Its URLs are presigned, and it refuses any other credentials.

Source: github.com/chaynHQ/bloom-backend reports redirects to presigned URLs of S3, which refuse a forwarded
``Authorization``.
"""

from __future__ import annotations

import hmac

from django_front_channel.sandbox.company import Company
from django_front_channel.sandbox.http_messages import Request, Response
from django_front_channel.sandbox.records import Attachment

PREFIX = "_storage"


def presigned_url(company: Company, request: Request, attachment: Attachment) -> str:
    """Return the presigned URL of the file, on the host of the request."""
    host = request.headers.get("Host", "localhost")
    signature = _sign(company, attachment.id)
    return f"{request.scheme}://{host}/{PREFIX}/{attachment.id}?X-Amz-Signature={signature}"


def respond(company: Company, request: Request) -> Response:
    """Return the response to a request under ``/_storage/``."""
    if "Authorization" in request.headers:
        return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
    file_id = "/".join(request.segments[1:])
    given = request.query.get("X-Amz-Signature", "").encode()
    if request.method != "GET" or not hmac.compare_digest(given, _sign(company, file_id).encode()):
        return _error(403, "SignatureDoesNotMatch", "The signature does not match")
    attachment = company.state.attachment(file_id)
    return file_response(attachment) if attachment else _error(404, "NoSuchKey", "There is no such file")


def file_response(attachment: Attachment) -> Response:
    """Return a 200 with the content of a file."""
    return Response(200, attachment.content, {"Content-Type": attachment.content_type})


def _sign(company: Company, file_id: str) -> str:
    return company.app.secret.mac(b"storage:" + file_id.encode("utf-8", "replace")).hex()


def _error(status: int, code: str, message: str) -> Response:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(status, body.encode(), {"Content-Type": "application/xml"})
