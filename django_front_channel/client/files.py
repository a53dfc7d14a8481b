"""Files on their way between Front and the host."""

from __future__ import annotations

from typing import Protocol

PIECE = 64 * 1024


class BinaryReader(Protocol):
    """A file to read: one opened in binary mode, or anything else with ``read`` and ``close``."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class BinaryWriter(Protocol):
    """Where a file is written to: anything with ``write``, such as a file opened in binary mode."""

    def write(self, data: bytes, /) -> object: ...


class UnreadableUpload(Exception):
    """A file could not be read to its end while it was being sent: Front got no whole request."""


class TooLarge(Exception):
    """A file has more bytes than its caller allows."""


class Destination:
    """Where one download goes. ``limit`` and ``written`` are in bytes."""

    def __init__(self, file: BinaryWriter, limit: int) -> None:
        self._file = file
        self.limit = limit
        self.written = 0

    def write(self, piece: bytes) -> None:
        if self.written + len(piece) > self.limit:
            raise TooLarge
        self.written += len(piece)
        self._file.write(piece)
