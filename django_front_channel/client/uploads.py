"""Files on their way to Front."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django_front_channel.exceptions import InvalidArgument

from . import arguments
from .file_types import guess_content_type
from .files import PIECE, BinaryReader, UnreadableUpload

_CONTENT_TYPE = r"(?a:[\w.+-]+/[\w.+-]+( *; *[\w.-]+=[\w.+-]+)*)"


@dataclass(frozen=True)
class Upload:
    """A file to send, never held in memory as a whole.

    ``filename``      as the reader shall see it, without a path
    ``content_type``  such as ``image/png``
    ``open``          returns the file, from its beginning and in binary mode; called anew for each request, so
                      that a repetition sends the same bytes
    ``size``          in bytes; a file that has another size when it is sent is not sent to its end

    Raises ``InvalidArgument``. Front: https://dev.frontapp.com/docs/attachments-1
    """

    filename: str
    content_type: str
    open: Callable[[], BinaryReader]
    size: int

    def __post_init__(self) -> None:
        if not arguments.text(self.filename, "filename").isprintable():
            raise InvalidArgument("filename must not hold control characters.")
        if not re.fullmatch(_CONTENT_TYPE, arguments.text(self.content_type, "content_type")):
            raise InvalidArgument(f"content_type must be like 'image/png', not {self.content_type!r}.")
        if not callable(self.open):
            raise InvalidArgument("open must be a callable that returns the file: pass say path.open.")
        arguments.size(self.size, "size", least=0)

    @classmethod
    def from_path(cls, path: str | Path, *, content_type: str | None = None) -> Upload:
        """Return an ``Upload`` of the file at ``path``. Its type is guessed from its name by default.

        Raises ``OSError`` when there is no such file.
        """
        path = Path(path)
        guessed = content_type or guess_content_type(path.name)
        return cls(path.name, guessed, lambda: path.open("rb"), path.stat().st_size)

    def pieces(self) -> Iterator[bytes]:
        """Yield exactly ``size`` bytes. Raises ``UnreadableUpload``."""
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
            raise UnreadableUpload(f"The file does not have the {self.size} bytes that it was said to have.")
