"""Files on their way to Front and from Front.

An outbox entry stores its arguments as JSON. The argument ``attachments`` holds the primary keys of a message's
attachments. Files of a verb are listed under ``STORED_FILES``, by the name of the argument, each with its storage, name
and filename.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.core.files.storage import storages

from django_front_channel.client.file_types import guess_content_type
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.stored_files import discard_file, keep_file
from django_front_channel.core.texts import brief
from django_front_channel.models import Attachment

if TYPE_CHECKING:
    from django_front_channel.client import Upload
    from django_front_channel.client.file_streams import BinaryWriter

FETCH = "download-attachment-for-a-message"
STORED_FILES = "stored_files"


class FileLost(Exception):
    """A file is missing, or differs from the one that was attached. The ``reason`` says which."""

    def __init__(self, code: Code, **parameters: str) -> None:
        super().__init__(f"A file cannot be read: {code}. {parameters or ''}".strip())
        self.reason = Reason(code, parameters)


@contextmanager
def opened(operation: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the arguments for the client: those of an entry, with files in place of the stored references.

    Raises ``FileLost``, and ``OSError`` if a storage fails.
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
        yield with_stored_files(arguments)


def with_stored_files(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for the client, with uploads in place of ``STORED_FILES``.

    Raises ``FileLost``, and ``OSError`` if a storage fails.
    """
    files: dict[str, Any] = arguments.get(STORED_FILES, {})
    given = {name: value for name, value in arguments.items() if name != STORED_FILES}
    for name, found in files.items():
        if isinstance(found, list):
            given[name] = [stored_upload(file, f"{name}[{index}]") for index, file in enumerate(found)]
        else:
            given[name] = stored_upload(found, name)
    return given


@contextmanager
def arriving(attachment: Attachment) -> Iterator[BinaryWriter]:
    """Yield a file for the bytes that Front sends. When the block ends, store the file and note it in the row.

    Raises ``FileLost`` if the row was deleted meanwhile, and ``OSError`` if a storage fails.
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
    """A file from Front, which counts and hashes its bytes."""

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
    """Turn any error of a storage into ``OSError``, because each storage's library has its own errors."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(brief(error)) from error


def uploads(pks: Sequence[int]) -> list[Upload]:
    """Return the uploads for the attachments with these primary keys. Raises ``FileLost`` if one was deleted."""
    rows = Attachment.objects.in_bulk(pks)
    if len(rows) < len(pks):
        raise FileLost(Code.FILE_DELETED)
    return [upload_of(rows[pk]) for pk in pks]


def upload_of(attachment: Attachment) -> Upload:
    """Return the upload for a stored attachment.

    Each time it is sent, the file is opened, and compared with the size and SHA-256 in the row.
    """
    from django_front_channel.client import Upload

    assert attachment.size is not None
    label = str(attachment.position + 1)
    opening = partial(_Proven, attachment.open, label, attachment.size, attachment.sha256)
    return Upload(attachment.filename, attachment.content_type, opening, attachment.size)


def stored_upload(file: Mapping[str, str], label: str) -> Upload:
    """Return the upload for a stored file, given its ``storage``, ``name`` and ``filename``.

    ``label``  what error messages call the file

    Raises ``FileLost`` if the storage does not have it, and ``OSError`` if the storage fails.
    """
    from django_front_channel.client import Upload

    with _found(label):
        storage = storages[file["storage"]]
        size = storage.size(file["name"])
    opening = partial(_Proven, partial(storage.open, file["name"], "rb"), label, size)
    return Upload(file["filename"], guess_content_type(file["filename"]), opening, size)


@contextmanager
def _found(label: str) -> Iterator[None]:
    """Turn a storage's errors into ``FileLost`` if it does not have the file, and into ``OSError`` otherwise."""
    try:
        with storage_errors():
            yield
    except FileNotFoundError:
        raise FileLost(Code.FILE_MISSING, file=label) from None


class _Proven:
    """A stored file that raises ``FileLost`` at its end if its size or SHA-256 is wrong.

    The request then ends too early, and Front refuses it. So Front never accepts a changed file, although each file is
    read only once. Without a ``sha256``, nothing is compared here, and the client compares the size.
    """

    def __init__(self, opening: Callable[[], Any], label: str, size: int, sha256: str = "") -> None:
        self._label = label
        self._sha256 = sha256
        self._left = size
        self._content = hashlib.sha256()
        with _found(label):
            self._file = opening()

    def read(self, size: int, /) -> bytes:
        with _found(self._label):
            piece: bytes = self._file.read(size)
        if not self._sha256:
            return piece
        self._content.update(piece)
        self._left -= len(piece)
        is_end = not piece or self._left <= 0
        if is_end and (self._left or self._content.hexdigest() != self._sha256):
            raise FileLost(Code.FILE_CHANGED, file=self._label)
        return piece

    def close(self) -> None:
        self._file.close()
