"""HTTP as the sandbox sees it: a request read from a WSGI environ, and an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

Json = dict[str, Any]

# What is read must be written again, and writing takes deeper stacks than reading.
MAX_DEPTH = 64


@dataclass(frozen=True)
class Request:
    """``target`` is the path and query as they were sent; ``segments`` are decoded one by one, so that
    an id may contain an encoded slash. ``headers`` have names like ``Content-Type``."""

    method: str
    target: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    scheme: str = "http"

    def json(self) -> Json:
        """The JSON object of the body, or ``{}`` for an empty body. Raises ValueError."""
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
class Answer:
    """``status``, ``headers`` and the bytes of the body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(status: int, document: object) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, compact_json(document), {"Content-Type": "application/json"})


def tagged(answer: Answer, request: Request) -> Answer:
    """The answer with an ``ETag``, or 304 without a body where the client has the same already."""
    headers = {
        **answer.headers,
        "ETag": f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Answer(304, headers=headers)
    return Answer(answer.status, answer.body, headers)


def compact_json(document: object) -> bytes:
    """JSON as Front writes it: no blanks, raw UTF-8; a lone surrogate stays an escape."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def read_request(environ: Mapping[str, Any]) -> Request:
    """The request behind a WSGI environ. ``RAW_URI`` or ``REQUEST_URI`` is preferred to ``PATH_INFO``,
    where an encoded slash can no longer be told from a real one."""
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
