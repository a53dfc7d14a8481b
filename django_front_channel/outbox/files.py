"""The files of messages on their way to Front."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from django_front_channel.models import Attachment
from django_front_channel.models.texts import brief

if TYPE_CHECKING:
    from django_front_channel.client import Upload


class FileLost(Exception):
    """The bytes that a message was given with are not there any more. The text is for people."""


def uploads(pks: Sequence[int]) -> list[Upload]:
    """What the client sends for these attachments. Raises ``FileLost``."""
    rows = Attachment.objects.in_bulk(pks)
    if len(rows) < len(pks):
        raise FileLost("An attachment of this message has been deleted.")
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
        with self._explained():
            self._file = attachment.open()

    def read(self, size: int, /) -> bytes:
        with self._explained():
            piece: bytes = self._file.read(size)
        self._content.update(piece)
        self._left -= len(piece)
        is_end = not piece or self._left <= 0
        if is_end and (self._left or self._content.hexdigest() != self._sha256):
            raise FileLost(f"Attachment {self._number} was changed in the storage after it was given.")
        return piece

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise ``FileLost`` for a file that is gone, and ``OSError``, which passes, for all else."""
        try:
            yield
        except FileNotFoundError:
            raise FileLost(
                f"Attachment {self._number} is not in the storage any more. Web and worker must share the storage."
            ) from None
        except OSError:
            raise
        except Exception as error:
            # The libraries of storages have errors of their own.
            raise OSError(brief(error)) from error
