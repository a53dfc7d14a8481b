"""The files of messages on their way to Front, and from it.

What is kept of an entry is JSON: its arguments name files by the rows of their attachments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.storage import discard_file, keep_file
from django_front_channel.core.texts import brief
from django_front_channel.models import Attachment

if TYPE_CHECKING:
    from django_front_channel.client import Upload
    from django_front_channel.client.file_streams import BinaryWriter

FETCH = "download-attachment-for-a-message"


class FileLost(Exception):
    """The bytes that a message was given with are not there any more. ``reason`` says why."""

    def __init__(self, code: Code, **parameters: int) -> None:
        super().__init__(code)
        self.reason = Reason(code, parameters)


@contextmanager
def opened(operation: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The client's arguments, with files in the places of the rows that an entry names.

    Raises ``FileLost``, and ``OSError`` where a storage fails.
    """
    if operation == FETCH:
        attachment = Attachment.objects.select_related("message__channel").filter(pk=arguments["to"]).first()
        if attachment is None:
            raise FileLost(Code.FILE_DELETED)
        with arriving(attachment) as file:
            yield {**arguments, "to": file}
    elif "attachments" in arguments:
        yield {**arguments, "attachments": uploads(arguments["attachments"])}
    else:
        yield arguments


@contextmanager
def arriving(attachment: Attachment) -> Iterator[BinaryWriter]:
    """A file to write to what Front sends. When that is all there, it is stored, and the row names it.

    Raises ``FileLost`` when the row is gone by then, and ``OSError`` where a storage fails.
    """
    with TemporaryFile() as file:
        arrival = _Arrival(file)
        yield arrival
        with storage_errors():
            storage, name = keep_file(attachment.message.channel.webhook_key, file)
    changes = {"storage": storage, "name": name, "size": arrival.size, "sha256": arrival.sha256.hexdigest()}
    try:
        is_first = Attachment.objects.filter(pk=attachment.pk, name="").update(**changes)
    except BaseException:
        discard_file(storage, name)
        raise
    if not is_first:
        discard_file(storage, name)
    try:
        attachment.refresh_from_db(fields=list(changes))
    except Attachment.DoesNotExist:
        raise FileLost(Code.FILE_DELETED) from None


class _Arrival:
    """A file from Front, whatever Front has said about it. ``size`` is in bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes, /) -> None:
        self._file.write(data)
        self.size += len(data)
        self.sha256.update(data)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise ``OSError`` for whatever a storage raises: their libraries have errors of their own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(brief(error)) from error


def uploads(pks: Sequence[int]) -> list[Upload]:
    """What the client sends for these attachments. Raises ``FileLost``."""
    rows = Attachment.objects.in_bulk(pks)
    if len(rows) < len(pks):
        raise FileLost(Code.FILE_DELETED)
    return [upload_of(rows[pk]) for pk in pks]


def upload_of(attachment: Attachment) -> Upload:
    """What the client sends for the file. It is opened, and proven, whenever it is sent."""
    from django_front_channel.client import Upload

    assert attachment.size is not None
    return Upload(attachment.filename, attachment.content_type, partial(_Proven, attachment), attachment.size)


class _Proven:
    """A stored file that is read to its end only if it is, byte for byte, the one that was given.

    What is missing at the end of a request keeps Front from taking it, so a wrong file is never sent as the right
    one, and none has to be read twice.
    """

    def __init__(self, attachment: Attachment) -> None:
        assert attachment.size is not None
        self._number = attachment.position + 1
        self._sha256 = attachment.sha256
        self._left = attachment.size
        self._content = hashlib.sha256()
        with self._found():
            self._file = attachment.open()

    def read(self, size: int, /) -> bytes:
        with self._found():
            piece: bytes = self._file.read(size)
        self._content.update(piece)
        self._left -= len(piece)
        is_end = not piece or self._left <= 0
        if is_end and (self._left or self._content.hexdigest() != self._sha256):
            raise FileLost(Code.FILE_CHANGED, number=self._number)
        return piece

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def _found(self) -> Iterator[None]:
        try:
            with storage_errors():
                yield
        except FileNotFoundError:
            raise FileLost(Code.FILE_MISSING, number=self._number) from None
