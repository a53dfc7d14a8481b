"""The sandbox's HTTP: requests read from a WSGI environ, responses, and the errors of Front's API."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

Json = dict[str, Any]

# The sandbox writes the JSON that it has read, and writing needs a deeper stack than reading.
MAX_DEPTH = 64


@dataclass(frozen=True)
class Request:
    """An HTTP request.

    * ``target``: the path and query as they were sent
    * ``segments``: the parts of the path, decoded one by one, so that an id may contain an encoded slash
    * ``headers``: by name, such as ``Content-Type``
    """

    method: str
    target: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    scheme: str = "http"

    def json(self) -> Json:
        """Return the JSON object in the body, or ``{}`` for an empty body. Raises ValueError for anything else."""
        if not self.body:
            return {}
        if not self.headers.get("Content-Type", "").lower().startswith("application/json"):
            raise ValueError("the content type must be application/json")
        try:
            document = json.loads(self.body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        except RecursionError:
            raise ValueError("too deeply nested") from None
        if not isinstance(document, dict):
            raise ValueError("must be a JSON object")
        if _is_deeper(document, MAX_DEPTH):
            raise ValueError("too deeply nested")
        return document


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, document: object) -> Response:
    """Return a response with a JSON body."""
    return Response(status, compact_json(document), {"Content-Type": "application/json"})


def with_etag(response: Response, request: Request) -> Response:
    """Return the response with an ``ETag``, or a 304 without a body if the client has this response already."""
    headers = {
        **response.headers,
        "ETag": f'"{hashlib.sha256(response.body).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(304, headers=headers)
    return Response(response.status, response.body, headers)


def compact_json(document: object) -> bytes:
    """Return JSON as Front writes it: without spaces, in raw UTF-8. A lone surrogate stays escaped."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def read_request(environ: Mapping[str, Any]) -> Request:
    """Return the request in a WSGI environ.

    The path comes from ``RAW_URI`` or ``REQUEST_URI`` if the server sets one. ``PATH_INFO`` is the last choice, because
    an encoded slash looks like a real one in it.
    """
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or _target_from_parts(environ)
    path, _, query = target.partition("?")
    length = environ.get("CONTENT_LENGTH") or "0"
    return Request(
        method=environ["REQUEST_METHOD"],
        target=target,
        segments=tuple(unquote(segment) for segment in path.split("/")[1:]),
        query=dict(parse_qsl(query)),
        headers=_headers(environ),
        body=environ["wsgi.input"].read(int(length)) if length.isdecimal() else b"",
        scheme=environ.get("wsgi.url_scheme", "http"),
    )


def _target_from_parts(environ: Mapping[str, Any]) -> str:
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/:")
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    names = {name[5:]: name for name in environ if name.startswith("HTTP_")}
    names |= {name: name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return {short.replace("_", "-").title(): environ[name] for short, name in names.items()}


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:20]} is too large")
    return value


def _is_deeper(node: object, levels: int) -> bool:
    if not isinstance(node, dict | list):
        return False
    inner = node.values() if isinstance(node, dict) else node
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)


class ApiError(Exception):
    """A refusal of an API request: its HTTP ``status``, a ``message``, and ``details``, one line for each mistake."""

    def __init__(
        self, status: int, message: str, details: Sequence[str] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = list(details)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the error as Front writes it.

        Source: the ``_error`` object of https://dev.frontapp.com/reference/error-codes.
        """
        plain = error_response(self.status, self.message, self.details)
        return Response(plain.status, plain.body, {**plain.headers, **self.headers})


class Moved(Exception):
    """A redirect after a merge. The ``location`` is the same resource of the conversation that absorbed this one."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location

    def response(self) -> Response:
        """Return a 301 without a body."""
        return Response(301, headers={"Location": self.location})


def error_response(status: int, message: str, details: Sequence[str] = ()) -> Response:
    """Return ``{"_error": {"status", "title", "message", "details"}}``, without ``details`` if there are none."""
    error: dict[str, object] = {"status": status, "title": status_title(status), "message": message}
    if details:
        error["details"] = list(details)
    return json_response(status, {"_error": error})


def status_title(status: int) -> str:
    """Return Front's short phrase for a status, or HTTP's own."""
    fronts_own = {400: "Bad request", 401: "Unauthenticated"}
    try:
        return fronts_own.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def invalid_body(details: Sequence[str]) -> ApiError:
    """Return a 400. Its ``details`` name every wrong field, such as ``body.sender.handle: must be …``."""
    return ApiError(400, "Body did not satisfy requirements", details)


def not_found() -> ApiError:
    """Return a 404. Unknown objects and objects of other channels get the same answer."""
    return ApiError(404, "Unknown resource")


def too_many(seconds: float, tier: str | None = None) -> ApiError:
    """Return a 429 with the ``seconds`` to wait. The ``tier`` is the header for a limit on one resource.

    Source: https://dev.frontapp.com/docs/rate-limiting; clients of the Core API report the sentence.
    """
    message = f"Rate limit exceeded. Please retry in {math.ceil(seconds * 1000)} milliseconds."
    headers = {"Retry-After": str(max(math.ceil(seconds), 1))}
    return ApiError(429, message, headers={**headers, "X-Front-Tier": tier} if tier else headers)
