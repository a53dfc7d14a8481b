"""Where the files of attachments are: under generated names, in a folder for each channel and day.

What their senders called them never becomes part of a path.
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
    """The folder of the channel with this key. No two channels share one, also where two sites share one storage."""
    return f"{ROOT}/{digest(webhook_key)[:32]}"


def keep_file(webhook_key: str, content: IO[bytes] | File[bytes]) -> tuple[str, str]:
    """Copy a file, from its beginning, into ``FRONT_CHANNEL_ATTACHMENT_STORAGE``.

    Returns the storage's alias, and the name there. What the storage raises is not caught, and leaves nothing behind.
    """
    alias = conf.attachment_storage
    name = f"{folder_of(webhook_key)}/{datetime.now(UTC).date()}/{uuid4().hex}"
    content.seek(0)
    try:
        # A plain File, because a storage may move the temporary file of an upload, which is its owner's.
        return alias, storages[alias].save(name, File(content), max_length=LONGEST_NAME)
    except BaseException:
        discard_file(alias, name)
        raise


def discard_file(alias: str, name: str) -> bool:
    """Delete a file that no row names. False when that fails; pruning then finds it."""
    try:
        storages[alias].delete(name)
    except Exception:
        log(LogEvent.FILE_NOT_DELETED, storage=alias, exc_info=True)
        return False
    return True


def files_before(webhook_key: str, day: date) -> Iterator[list[str]]:
    """Yield, day by day, the names of the channel's files from the days before ``day``.

    Nothing where the storage cannot list its files.
    """
    storage, folder = storages[conf.attachment_storage], folder_of(webhook_key)
    try:
        days, _ = storage.listdir(folder)
    except (FileNotFoundError, NotImplementedError):
        return
    for each in days:
        if DAY.fullmatch(each) and each < day.isoformat():
            yield [f"{folder}/{each}/{name}" for name in storage.listdir(f"{folder}/{each}")[1]]
