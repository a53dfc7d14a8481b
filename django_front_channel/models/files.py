"""Where the files of attachments are: under generated names, in a folder for each channel and day.

What their senders called them never becomes part of a path.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import IO
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import storages

from django_front_channel.conf import conf
from django_front_channel.models.channel import Channel
from django_front_channel.models.digests import digest

logger = logging.getLogger("django_front_channel.files")

ROOT = "front_channel"
LONGEST_NAME = 500


def folder_of(channel: Channel) -> str:
    """The channel's folder. Its name is that of no other channel, also where two sites share one storage."""
    return f"{ROOT}/{digest(channel.webhook_key)[:32]}"


def keep(channel: Channel, content: IO[bytes] | File[bytes]) -> tuple[str, str]:
    """Copy a file, from its beginning, into ``FRONT_CHANNEL_ATTACHMENT_STORAGE``.

    Returns the storage's alias, and the name there. What the storage raises is not caught, and leaves nothing behind.
    """
    alias = conf.attachment_storage
    name = f"{folder_of(channel)}/{datetime.now(UTC).date()}/{uuid4().hex}"
    content.seek(0)
    try:
        # A plain File, because a storage may move the temporary file of an upload, which is its owner's.
        return alias, storages[alias].save(name, File(content), max_length=LONGEST_NAME)
    except BaseException:
        discard(alias, name)
        raise


def discard(alias: str, name: str) -> None:
    """Delete a file that no row names. What cannot be deleted now, pruning finds."""
    try:
        storages[alias].delete(name)
    except Exception:
        logger.exception("A file without a row could not be deleted from the storage %s", alias)
