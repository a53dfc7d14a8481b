"""Files on their way from Front."""

from __future__ import annotations

from typing import Protocol


class BinaryWriter(Protocol):
    """Where a file is written to: anything with ``write``, such as a file opened in binary mode."""

    def write(self, data: bytes, /) -> object: ...


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
