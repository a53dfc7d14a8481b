"""The bodies of requests: JSON, or a multipart form for a request with files."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_front_channel.exceptions import InvalidArgument

from . import arguments
from .file_streams import PIECE, BinaryReader, UnreadableUpload
from .file_types import guess_content_type
from .front_limits import LARGEST_REQUEST

_CONTENT_TYPE = r"(?a:[\w.+-]+/[\w.+-]+( *; *[\w.-]+=[\w.+-]+)*)"


@dataclass(frozen=True)
class Upload:
    """A file to send. It is read while it is sent, and never held in memory as a whole.

    * ``filename``: the name that readers see, without a path.
    * ``content_type``: its media type, such as ``image/png``.
    * ``open``: returns the file, at its beginning and in binary mode. It is called for each request, so a repeated
      request sends the same bytes.
    * ``size``: in bytes. Sending fails if the file turns out to have another size.

    Raises ``InvalidArgument``. Front: https://dev.frontapp.com/docs/attachments-1
    """

    filename: str
    content_type: str
    open: Callable[[], BinaryReader]
    size: int

    def __post_init__(self) -> None:
        if not arguments.text(self.filename, "filename").isprintable():
            raise InvalidArgument(
                "filename must not hold control characters.", code="not_storable", argument="filename"
            )
        if not re.fullmatch(_CONTENT_TYPE, arguments.text(self.content_type, "content_type")):
            raise InvalidArgument(
                f"content_type must be like 'image/png', not {self.content_type!r}.",
                code="malformed",
                argument="content_type",
            )
        if not callable(self.open):
            raise InvalidArgument(
                "open must be a callable that returns the file: pass path.open, for example.",
                code="wrong_type",
                argument="open",
            )
        arguments.size(self.size, "size", least=0)

    @classmethod
    def from_path(cls, path: str | Path, *, content_type: str | None = None) -> Upload:
        """Return an ``Upload`` of the file at ``path``.

        By default, ``content_type`` is guessed from the name. Raises ``OSError`` if the file does not exist.
        """
        path = Path(path)
        guessed = content_type or guess_content_type(path.name)
        return cls(path.name, guessed, lambda: path.open("rb"), path.stat().st_size)

    def pieces(self) -> Iterator[bytes]:
        """Yield exactly ``size`` bytes, in pieces. Raises ``UnreadableUpload`` if the file has another size."""
        left = self.size
        try:
            with closing(self.open()) as file:
                while piece := file.read(PIECE):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
        except OSError as error:
            raise UnreadableUpload(f"{type(error).__name__}: {error}") from error
        if left:
            raise UnreadableUpload(f"The file does not have the {self.size} bytes that were announced.")


class Multipart:
    """The body of a multipart request. It can be read several times, and has the same bytes each time.

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
        # urllib3 escapes names as a browser does. It is imported here, because few requests have files.
        from urllib3.fields import RequestField

        filename, media_type = None, None
        if isinstance(value, Upload):
            filename, media_type = value.filename, value.content_type
        field = RequestField(name, b"", filename)
        field.make_multipart(content_type=media_type)
        self._parts += [f"--{self._boundary}\r\n{field.render_headers()}".encode(), value, b"\r\n"]


class Content:
    """The body of a request and its media type."""

    # Not a dataclass: its repr would show what customers wrote.
    def __init__(self, media_type: str, body: bytes | Multipart) -> None:
        self.media_type = media_type
        self.body = body


def json_content(document: Mapping[str, Any]) -> Content:
    """Return ``document`` as JSON. Raises ``InvalidArgument`` when it cannot be written as JSON."""
    try:
        body = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(
            f"The arguments cannot be written as JSON: {error}.", code="not_storable"
        ) from None
    return Content("application/json", body)


def content_with_attachments(document: Mapping[str, Any], attachments: object) -> Content:
    """Return ``document`` with its ``attachments``, or as JSON when there are none. Raises ``InvalidArgument``."""
    if (
        not isinstance(attachments, Sequence)
        or isinstance(attachments, str | bytes)
        or any(not isinstance(file, Upload) for file in attachments)
    ):
        raise InvalidArgument(
            "attachments must be a list of Upload.", code="wrong_type", argument="attachments"
        )
    if not attachments:
        return json_content(document)
    return multipart_content(
        document, {f"attachments[{index}]": file for index, file in enumerate(attachments)}
    )


def multipart_content(document: Mapping[str, Any], files: Mapping[str, Upload]) -> Content:
    """Return ``document`` and ``files`` as a multipart form. The keys of ``files`` are the names of the form's fields.

    Raises ``InvalidArgument`` when the request would be larger than Front accepts.
    """
    body = Multipart(document, files)
    if len(body) > LARGEST_REQUEST:
        raise InvalidArgument(
            f"The attachments are too large: the request would have {len(body)} bytes, and Front takes "
            f"{LARGEST_REQUEST}. Send fewer or smaller files.",
            code="too_large",
            argument="attachments",
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
