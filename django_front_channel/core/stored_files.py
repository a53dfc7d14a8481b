"""Files of attachments in the storage: under generated names, in a folder for each channel and day.

A sender's file name never becomes part of a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import IO
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import storages

from django_front_channel.conf import conf
from django_front_channel.core.digests import digest
from django_front_channel.core.log_events import LogEvent, log

ROOT = "front_channel"
LONGEST_NAME = 500
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def folder_of(webhook_key: str) -> str:
    """Return the folder of the channel with this webhook key. It is unique, even if two sites share a storage."""
    return f"{ROOT}/{digest(webhook_key)[:32]}"


def keep_file(webhook_key: str, content: IO[bytes] | File[bytes]) -> tuple[str, str]:
    """Copy the whole file into ``FRONT_CHANNEL_ATTACHMENT_STORAGE``. Returns the storage's alias, and the name there.

    Raises the storage's own errors, after deleting what was stored.
    """
    alias = conf.attachment_storage
    name = f"{folder_of(webhook_key)}/{datetime.now(UTC).date()}/{uuid4().hex}"
    content.seek(0)
    try:
        # A plain File: given an upload, a storage may move its temporary file, which others still need.
        return alias, storages[alias].save(name, File(content), max_length=LONGEST_NAME)
    except BaseException:
        discard_file(alias, name)
        raise


def discard_file(alias: str, name: str) -> bool:
    """Delete a file that no row names. Returns whether that succeeded; if not, pruning will find the file."""
    try:
        storages[alias].delete(name)
    except Exception:
        log(LogEvent.FILE_NOT_DELETED, storage=alias, exc_info=True)
        return False
    return True


def files_before(webhook_key: str, day: date) -> Iterator[list[str]]:
    """Yield the names of the channel's files that were stored before ``day``, one list for each day.

    Yields nothing if the storage cannot list its files.
    """
    storage, folder = storages[conf.attachment_storage], folder_of(webhook_key)
    try:
        days, _ = storage.listdir(folder)
    except (FileNotFoundError, NotImplementedError):
        return
    for each in days:
        if DAY.fullmatch(each) and each < day.isoformat():
            yield [f"{folder}/{each}/{name}" for name in storage.listdir(f"{folder}/{each}")[1]]
