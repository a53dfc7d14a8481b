"""The files that a host gives along with a message."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import InvalidStorageError, storages

from django_front_channel.client.file_types import guess_content_type
from django_front_channel.core.storage import LONGEST_NAME, discard_file, keep_file
from django_front_channel.core.texts import plain_filename
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Attachment, Channel

PIECE = 64 * 1024


@dataclass(frozen=True)
class StoredFile:
    """A file that a storage of the project has already. It is not copied, so leave it there, and as it is.

    ``name``      its name in the storage
    ``storage``   the alias in ``STORAGES``, which web and worker must share
    ``filename``  what readers see; by default the last part of ``name``
    """

    name: str
    storage: str = "default"
    filename: str = ""


AnyFile: TypeAlias = "StoredFile | File[bytes] | IO[bytes]"


class Enclosure:
    """A file of a message, read once to know its size and hash. ``row`` is its row, not stored yet.

    Raises ``InvalidArgument``, which calls the argument ``name``.
    """

    def __init__(self, given: AnyFile, name: str) -> None:
        self._name = name
        self._given = given
        self.row = Attachment()
        if isinstance(given, StoredFile):
            self._check(given)
            self.row.storage, self.row.name = given.storage, given.name
            self._describe(given.filename or given.name, "")
            with closing(self._opened(given)) as file:
                self._measure(file)
        else:
            self._describe(getattr(given, "name", None), getattr(given, "content_type", None))
            self._measure(given)

    def keep(self, channel: Channel) -> None:
        """Copy the file into our storage, unless it was given by reference."""
        if not isinstance(self._given, StoredFile):
            self.row.storage, self.row.name = keep_file(channel.webhook_key, self._given)

    def discard(self) -> None:
        """Take the copy back, as no row will name it."""
        if not isinstance(self._given, StoredFile) and self.row.is_stored:
            discard_file(self.row.storage, self.row.name)

    def _check(self, given: StoredFile) -> None:
        named: tuple[object, object] = (given.name, given.storage)
        if not all(isinstance(each, str) and each for each in named):
            raise InvalidArgument(
                f"{self._name} must have a str as its name in the storage, and an alias in STORAGES as its storage.",
                code="wrong_type",
                argument=self._name,
            )
        if len(given.name) > LONGEST_NAME:
            raise InvalidArgument(
                f"{self._name} must have a name of at most {LONGEST_NAME} characters.",
                code="too_long",
                argument=self._name,
            )

    def _opened(self, given: StoredFile) -> File[bytes]:
        try:
            return storages[given.storage].open(given.name, "rb")
        except InvalidStorageError:
            raise InvalidArgument(
                f"{self._name} names the storage {given.storage!r}: use an alias in STORAGES.",
                code="unknown",
                argument=self._name,
            ) from None
        except (FileNotFoundError, NotADirectoryError):
            raise InvalidArgument(
                f"{self._name} is not in the storage {given.storage!r}.",
                code="not_readable",
                argument=self._name,
            ) from None
        except IsADirectoryError:
            raise InvalidArgument(
                f"{self._name} is a folder in the storage {given.storage!r}: name a file.",
                code="not_readable",
                argument=self._name,
            ) from None
        except (SuspiciousFileOperation, ValueError):  # a path that leads out, or NUL
            raise InvalidArgument(
                f"{self._name} has a name that no file in the storage {given.storage!r} can have.",
                code="malformed",
                argument=self._name,
            ) from None

    def _describe(self, filename: object, content_type: object) -> None:
        self.row.filename = plain_filename(filename) if isinstance(filename, str) else ""
        if not self.row.filename:
            raise InvalidArgument(
                f'{self._name} has no name: wrap it, say in django.core.files.File(file, name="photo.jpg").',
                code="missing",
                argument=self._name,
            )
        said = content_type.partition(";")[0].strip() if isinstance(content_type, str) else ""
        guessed = guess_content_type(self.row.filename)
        self.row.content_type = said if re.fullmatch(r"(?a:[\w.+-]{1,120}/[\w.+-]{1,120})", said) else guessed

    def _measure(self, file: Any) -> None:
        from django_front_channel.client.request_bodies import MAX_BYTES

        content, self.row.size = hashlib.sha256(), 0
        try:
            file.seek(0)
            while piece := file.read(PIECE):
                content.update(piece)
                self.row.size += len(piece)
                if self.row.size > MAX_BYTES:
                    raise InvalidArgument(
                        f"{self._name} is too large: Front takes {MAX_BYTES} bytes.",
                        code="too_large",
                        argument=self._name,
                    )
        except (AttributeError, TypeError, ValueError) as error:
            if isinstance(error, InvalidArgument):
                raise
            raise InvalidArgument(
                f"{self._name} must be a StoredFile, or a file that is open in binary mode and can be read twice.",
                code="wrong_type",
                argument=self._name,
            ) from None
        self.row.sha256 = content.hexdigest()


def enclosures(given: Sequence[AnyFile]) -> list[Enclosure]:
    """Read the files, in their order. Raises ``InvalidArgument``."""
    if not isinstance(given, list | tuple):
        raise InvalidArgument(
            "attachments must be a list of files.", code="wrong_type", argument="attachments"
        )
    enclosed = [Enclosure(file, f"attachments[{index}]") for index, file in enumerate(given)]
    for position, enclosure in enumerate(enclosed):
        enclosure.row.position = position
    return enclosed
