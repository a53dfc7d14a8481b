"""Files that are sent to Front or fetched from it, piece by piece."""

from __future__ import annotations

from typing import Protocol

# Bytes of a file that are in memory at one time.
PIECE = 64 * 1024


class BinaryReader(Protocol):
    """A file to read: anything with ``read`` and ``close``, such as a file that is open in binary mode."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class BinaryWriter(Protocol):
    """A file to write to: anything with ``write``, such as a file that is open in binary mode."""

    def write(self, data: bytes, /) -> object: ...


class UnreadableUpload(Exception):
    """A file could not be read to its end while it was sent, so Front got no complete request."""


class TooLarge(Exception):
    """A file has more bytes than its caller allows."""


class Destination:
    """The file that one download is written to. ``limit`` and ``written`` are in bytes."""

    def __init__(self, file: BinaryWriter, limit: int) -> None:
        self._file = file
        self.limit = limit
        self.written = 0

    def write(self, piece: bytes) -> None:
        """Write ``piece``. Raises ``TooLarge`` when the file would exceed its limit."""
        if self.written + len(piece) > self.limit:
            raise TooLarge
        self.written += len(piece)
        self._file.write(piece)
