"""The bodies of requests: JSON, or multipart where files go along."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django_front_channel.exceptions import InvalidArgument

from .uploads import Upload

# Front takes 25 MB, and does not say whether of files or of the whole request.
MAX_BYTES = 24_000_000


class Multipart:
    """The body of a multipart request, made anew and alike whenever it is read.

    Front: https://dev.frontapp.com/docs/attachments-1
    """

    def __init__(self, document: Mapping[str, Any], files: Mapping[str, Upload]) -> None:
        self._boundary = secrets.token_hex(16)
        self._parts: list[bytes | Upload] = []
        for name, value in _fields(document):
            self._add(name, value.encode())
        for name, file in files.items():
            self._add(name, file)
        self._parts.append(f"--{self._boundary}--\r\n".encode())
        self._size = sum(part.size if isinstance(part, Upload) else len(part) for part in self._parts)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, Upload):
                yield from part.pieces()
            else:
                yield part

    def _add(self, name: str, value: bytes | Upload) -> None:
        # urllib3 knows how a browser escapes names; it is loaded only where a file is sent.
        from urllib3.fields import RequestField

        filename, media_type = None, None
        if isinstance(value, Upload):
            filename, media_type = value.filename, value.content_type
        field = RequestField(name, b"", filename)
        field.make_multipart(content_type=media_type)
        self._parts += [f"--{self._boundary}\r\n{field.render_headers()}".encode(), value, b"\r\n"]


class Content:
    """The body of a request and its media type."""

    # No dataclass: its repr would show what customers wrote.
    def __init__(self, media_type: str, body: bytes | Multipart) -> None:
        self.media_type = media_type
        self.body = body


def json_content(document: Mapping[str, Any]) -> Content:
    """Return ``document`` as JSON. Raises ``InvalidArgument`` when it cannot be written as such."""
    try:
        body = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"The arguments cannot be written as JSON: {error}.") from None
    return Content("application/json", body)


def content_with_attachments(document: Mapping[str, Any], attachments: object) -> Content:
    """Return ``document`` with its ``attachments``; without any, as JSON. Raises ``InvalidArgument``."""
    if (
        not isinstance(attachments, Sequence)
        or isinstance(attachments, str | bytes)
        or any(not isinstance(file, Upload) for file in attachments)
    ):
        raise InvalidArgument("attachments must be a list of Upload.")
    if not attachments:
        return json_content(document)
    return multipart_content(
        document, {f"attachments[{index}]": file for index, file in enumerate(attachments)}
    )


def multipart_content(document: Mapping[str, Any], files: Mapping[str, Upload]) -> Content:
    """Return ``document`` and ``files``, by the names of their fields. Raises ``InvalidArgument``."""
    body = Multipart(document, files)
    if len(body) > MAX_BYTES:
        raise InvalidArgument(
            f"The attachments are too large: the request would have {len(body)} bytes, and Front takes "
            f"{MAX_BYTES}. Send fewer or smaller files."
        )
    return Content(body.content_type, body)


def _fields(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _fields(item, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _fields(item, f"{name}[{index}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, str(value)
