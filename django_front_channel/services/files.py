"""Files that the host passes with a message or to a verb."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import IO, Any, TypeAlias

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import InvalidStorageError, storages

from django_front_channel.client.file_types import guess_content_type
from django_front_channel.core.stored_files import LONGEST_NAME, discard_file, keep_file
from django_front_channel.core.texts import plain_filename
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.attachments import STORED_FILES
from django_front_channel.models import Attachment, Channel

PIECE = 64 * 1024


@dataclass(frozen=True)
class StoredFile:
    """A file in a storage of your project. It is not copied, so do not change or delete it until it is sent.

    ``name``      the name of the file in the storage
    ``storage``   the alias in ``STORAGES``, which web and worker processes must share
    ``filename``  the name that people see; by default the last part of ``name``
    """

    name: str
    storage: str = "default"
    filename: str = ""


AnyFile: TypeAlias = "StoredFile | File[bytes] | IO[bytes]"


class Enclosure:
    """A file of a message, which is read once to learn its size and hash.

    ``row``  the unsaved ``Attachment``

    Raises ``InvalidArgument`` for the argument ``name``.
    """

    def __init__(self, given: AnyFile, name: str) -> None:
        self._name = name
        self._given = given
        self.row = Attachment()
        if isinstance(given, StoredFile):
            self.row.storage, self.row.name = given.storage, given.name
            with closing(open_stored(given, self._name)) as file:
                self._describe(given.filename or given.name, "")
                self._measure(file)
        else:
            self._describe(getattr(given, "name", None), getattr(given, "content_type", None))
            self._measure(given)

    def keep(self, channel: Channel) -> None:
        """Copy the file into ``FRONT_CHANNEL_ATTACHMENT_STORAGE``, unless it is a ``StoredFile``."""
        if not isinstance(self._given, StoredFile):
            self.row.storage, self.row.name = keep_file(channel.webhook_key, self._given)

    def discard(self) -> None:
        """Delete the copy, because its row was not stored."""
        if not isinstance(self._given, StoredFile) and self.row.is_stored:
            discard_file(self.row.storage, self.row.name)

    def _describe(self, filename: object, content_type: object) -> None:
        self.row.filename = _shown_name(filename, self._name)
        said = content_type.partition(";")[0].strip() if isinstance(content_type, str) else ""
        guessed = guess_content_type(self.row.filename)
        self.row.content_type = said if re.fullmatch(r"(?a:[\w.+-]{1,120}/[\w.+-]{1,120})", said) else guessed

    def _measure(self, file: Any) -> None:
        from django_front_channel.client.front_limits import LARGEST_REQUEST

        content, self.row.size = hashlib.sha256(), 0
        try:
            file.seek(0)
            while piece := file.read(PIECE):
                content.update(piece)
                self.row.size += len(piece)
                if self.row.size > LARGEST_REQUEST:
                    raise InvalidArgument(
                        f"{self._name} is too large: Front accepts at most {LARGEST_REQUEST} bytes.",
                        code="too_large",
                        argument=self._name,
                    )
        except (AttributeError, TypeError, ValueError) as error:
            if isinstance(error, InvalidArgument):
                raise
            raise InvalidArgument(
                f"{self._name} must be a StoredFile, or a file that is open in binary mode and supports seek().",
                code="not_readable",
                argument=self._name,
            ) from None
        self.row.sha256 = content.hexdigest()


def enclosures(given: Sequence[AnyFile]) -> list[Enclosure]:
    """Read the files of a message and return them in the same order. Raises ``InvalidArgument``."""
    if not isinstance(given, list | tuple):
        raise InvalidArgument(
            "attachments must be a list of files.", code="wrong_type", argument="attachments"
        )
    enclosed = [Enclosure(file, f"attachments[{index}]") for index, file in enumerate(given)]
    for position, enclosure in enumerate(enclosed):
        enclosure.row.position = position
    return enclosed


def stored_file(given: StoredFile, name: str) -> StoredFile:
    """Return the file with its ``filename`` filled in. Raises ``InvalidArgument`` for ``name`` if it cannot be read."""
    if not isinstance(given, StoredFile):
        raise InvalidArgument(
            f"{name} must be a StoredFile, not {type(given).__name__}.", code="wrong_type", argument=name
        )
    with closing(open_stored(given, name)):
        return replace(given, filename=_shown_name(given.filename or given.name, name))


def stored_files(given: Sequence[StoredFile], name: str) -> list[StoredFile]:
    """Return the files, each as ``stored_file`` does."""
    if not isinstance(given, list | tuple):
        raise InvalidArgument(f"{name} must be a list of files.", code="wrong_type", argument=name)
    return [stored_file(file, f"{name}[{index}]") for index, file in enumerate(given)]


def by_reference(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as JSON, with stored files under ``STORED_FILES`` (see ``lifecycle.attachments``)."""
    files: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, StoredFile):
            files[name] = asdict(value)
        elif isinstance(value, list) and any(isinstance(each, StoredFile) for each in value):
            files[name] = [asdict(each) for each in value]
        else:
            others[name] = value
    return {**others, STORED_FILES: files} if files else others


def open_stored(given: StoredFile, name: str) -> File[bytes]:
    """Open the file. Raises ``InvalidArgument`` for the argument ``name``."""
    named: tuple[object, object] = (given.name, given.storage)
    if not all(isinstance(each, str) and each for each in named):
        raise InvalidArgument(
            f"{name} needs a name in the storage, and an alias in STORAGES as its storage. Both must be a str.",
            code="wrong_type",
            argument=name,
        )
    if len(given.name) > LONGEST_NAME:
        raise InvalidArgument(
            f"{name} must have a name of at most {LONGEST_NAME} characters.", code="too_long", argument=name
        )
    try:
        return storages[given.storage].open(given.name, "rb")
    except InvalidStorageError:
        raise InvalidArgument(
            f"{name} names the unknown storage {given.storage!r}. Use an alias in STORAGES.",
            code="unknown",
            argument=name,
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidArgument(
            f"{name} is not in the storage {given.storage!r}.", code="not_readable", argument=name
        ) from None
    except IsADirectoryError:
        raise InvalidArgument(
            f"{name} is a folder in the storage {given.storage!r}. Name a file.",
            code="not_readable",
            argument=name,
        ) from None
    except (SuspiciousFileOperation, ValueError):  # a path outside the storage, or NUL
        raise InvalidArgument(
            f"{name} has a name that no file in the storage {given.storage!r} can have.",
            code="malformed",
            argument=name,
        ) from None


def _shown_name(given: object, name: str) -> str:
    """Return the file's name as people see it. Raises ``InvalidArgument`` for the argument ``name`` if it is empty."""
    shown = plain_filename(given) if isinstance(given, str) else ""
    if not shown:
        raise InvalidArgument(
            f'{name} has no name. Wrap it, for example in django.core.files.File(file, name="photo.jpg").',
            code="missing",
            argument=name,
        )
    return shown
