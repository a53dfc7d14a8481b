"""Media types of files, guessed from their names for callers who give none."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath

ANY_TYPE = "application/octet-stream"

# Types that customers and teammates send. Python knows some of them only from the system's list, which slim images
# lack, and changes others between versions. It also takes .3gp, the videos of phones, for audio.
TYPES = {
    ".3g2": "video/3gpp2",
    ".3gp": "video/3gpp",
    ".7z": "application/x-7z-compressed",
    ".aac": "audio/aac",
    ".amr": "audio/amr",
    ".apk": "application/vnd.android.package-archive",
    ".avif": "image/avif",
    ".caf": "audio/x-caf",
    ".docm": "application/vnd.ms-word.document.macroenabled.12",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".eml": "message/rfc822",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".flv": "video/x-flv",
    ".geojson": "application/geo+json",
    ".gpx": "application/gpx+xml",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".ics": "text/calendar",
    ".jfif": "image/jpeg",
    ".js": "text/javascript",
    ".jxl": "image/jxl",
    ".key": "application/vnd.apple.keynote",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mid": "audio/midi",
    ".mkv": "video/x-matroska",
    ".msg": "application/vnd.ms-outlook",
    ".numbers": "application/vnd.apple.numbers",
    ".odg": "application/vnd.oasis.opendocument.graphics",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".p7m": "application/pkcs7-mime",
    ".p7s": "application/pkcs7-signature",
    ".pages": "application/vnd.apple.pages",
    ".pkpass": "application/vnd.apple.pkpass",
    ".ppsx": "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".psd": "image/vnd.adobe.photoshop",
    ".rar": "application/vnd.rar",
    ".rtf": "application/rtf",
    ".vcf": "text/vcard",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webp": "image/webp",
    ".wma": "audio/x-ms-wma",
    ".wmv": "video/x-ms-wmv",
    ".xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "text/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".z": "application/x-compress",
    ".zst": "application/zstd",
}
# By Python's names for compressions. A compressed file has this type, not the type of the file inside.
COMPRESSED_TYPES = {
    "bzip2": "application/x-bzip2",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}


def guess_content_type(filename: str) -> str:
    """Return the media type of the file called ``filename``, such as ``image/webp``.

    An unknown suffix gives ``application/octet-stream``. A compressed file has the type of its compression, such as
    ``application/gzip`` for ``log.txt.gz``.
    """
    suffix = PurePosixPath(filename).suffix.lower()
    if suffix in TYPES:
        return TYPES[suffix]
    # Pass the suffix alone: Python reads a whole name as a URL, and would take "data:text/html,.png" for HTML.
    guessed, compression = mimetypes.guess_type(f"file{suffix}")
    if compression:
        return COMPRESSED_TYPES.get(compression, ANY_TYPE)
    return guessed or ANY_TYPE
