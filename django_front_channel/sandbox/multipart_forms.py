"""A parser of ``multipart/form-data`` with nested names and files, as clients of Front write it.

``metadata[external_id]`` names a property, ``to[0][handle]`` or ``tag_ids[]`` an item of an array, and ``attachments``,
``attachments[]`` or ``attachments[0]`` a file. Source: https://dev.frontapp.com/docs/attachments-1
"""

from __future__ import annotations

import re
from contextlib import suppress
from email.message import Message
from email.parser import HeaderParser
from typing import Any, NamedTuple

from .http_messages import Json

FILES = "attachments"
MAX_DEPTH = 5
# Characters of a part's headers, and of the form's own Content-Type. The limit exists because the standard library's
# parser takes quadratic time for some headers.
MAX_HEADERS = 8192
ANY_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9.+_-]+/[a-z0-9.+_-]+", re.ASCII)
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KEY = re.compile(r"\[([^\[\]]*)\]")
# A form has only text. These fields get the type that they have in JSON.
_INTEGERS = ("delivered_at",)
_FLAGS = ("is_pinned", "archive", "should_add_default_signature")


class Upload(NamedTuple):
    """One file of a form."""

    filename: str
    content_type: str
    content: bytes


class Form(NamedTuple):
    """The content of a form: a JSON object, and files."""

    document: Json
    uploads: list[Upload]


def read_form(form_type: str, body: bytes) -> Form:
    """Return the content of a form, parsed strictly. Raises ValueError, which says what is wrong with the form."""
    document: dict[str, Any] = {}
    uploads = []
    for headers, content in _parts(_boundary(form_type), body):
        keys = _keys(str(headers.get_param("name", "", "content-disposition")))
        filename = headers.get_filename()
        if filename is None:
            _put(document, keys, _value(keys[-1], content.decode("utf-8")))
        elif keys[0] == FILES:
            content_type = headers.get_content_type()
            uploads.append(
                Upload(filename, content_type if is_media_type(content_type) else ANY_TYPE, content)
            )
    return Form({name: _with_arrays(value) for name, value in document.items()}, uploads)


def is_media_type(text: str) -> bool:
    """Return whether ``text`` can be the Content-Type of a file, such as ``image/png``."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type[:MAX_HEADERS]
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary:
        raise ValueError("the content type must be multipart/form-data with a boundary")
    return boundary.encode()


def _parts(boundary: bytes, body: bytes) -> list[tuple[Message, bytes]]:
    _, *parts, end = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not parts or not end.startswith(b"--"):
        raise ValueError("the form has no end")
    return [_part(part) for part in parts]


def _part(part: bytes) -> tuple[Message, bytes]:
    head, blank, content = part.partition(b"\r\n\r\n")
    if not blank:
        raise ValueError("a part of the form has no headers")
    if len(head) > MAX_HEADERS:
        raise ValueError("the headers of a part of the form are too long")
    return HeaderParser().parsestr(head.decode("utf-8").lstrip()), content


def _keys(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    keys = [match[1], *_KEY.findall(match[2])] if match else []
    if not 0 < len(keys) <= MAX_DEPTH:
        raise ValueError("a part of the form has no proper name")
    return keys


def _put(document: dict[str, Any], keys: list[str], value: object) -> None:
    *parents, last = keys
    for key in parents:
        document = document.setdefault(key or str(len(document)), {})
        if not isinstance(document, dict):
            raise ValueError("two parts of the form contradict each other")
    if last in document:
        raise ValueError("two parts of the form have the same name")
    document[last or str(len(document))] = value


def _value(key: str, text: str) -> object:
    if key in _FLAGS:
        return {"true": True, "false": False}.get(text, text)
    if key in _INTEGERS:
        with suppress(ValueError):
            return int(text)
    return text


def _with_arrays(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    inner = {key: _with_arrays(value) for key, value in node.items()}
    if all(key.isascii() and key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
