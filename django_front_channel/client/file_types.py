"""The media type of a file, guessed from its name when nobody says it."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath

ANY_TYPE = "application/octet-stream"

# What customers and teammates send, and what Python knows only from the system's list of types, which slim
# images lack. Python takes a .3gp, as phones film it, for audio.
TYPES = {
    ".3gp": "video/3gpp",
    ".7z": "application/x-7z-compressed",
    ".amr": "audio/amr",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".flac": "audio/flac",
    ".ics": "text/calendar",
    ".jfif": "image/jpeg",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".rtf": "application/rtf",
    ".vcf": "text/vcard",
    ".weba": "audio/webm",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# By Python's words for what is around a file. The type of what is inside would be wrong for the bytes.
COMPRESSED_TYPES = {"bzip2": "application/x-bzip2", "gzip": "application/gzip", "xz": "application/x-xz"}


def guess_content_type(filename: str) -> str:
    """Return the media type of the file called ``filename``, such as ``image/webp``.

    It is ``application/octet-stream`` when the name says nothing, and the type of the compression for a
    compressed file, such as ``application/gzip`` for ``log.txt.gz``.
    """
    suffix = PurePosixPath(filename).suffix.lower()
    if suffix in TYPES:
        return TYPES[suffix]
    # Only the suffix: Python would read a whole name as a URL, and so one like "data:text/html,.png" as HTML.
    guessed, compression = mimetypes.guess_type(f"file{suffix}")
    if compression:
        return COMPRESSED_TYPES.get(compression, ANY_TYPE)
    return guessed or ANY_TYPE
