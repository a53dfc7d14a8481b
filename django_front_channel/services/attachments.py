"""The files that teammates send: fetched from Front where somebody wants them."""

from __future__ import annotations

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.attachments import FileLost, arriving
from django_front_channel.models import Attachment
from django_front_channel.services.rows import reread
from django_front_channel.services.verbs import call_now, check_target


def fetch(attachment: Attachment, *, wait: float = 0.0) -> Attachment:
    """Fetch a file of a message from Front now, and keep it in ``FRONT_CHANNEL_ATTACHMENT_STORAGE``.

    Does nothing when we have it. Afterwards ``attachment.open()`` reads it; its ``size`` is that of what came, and its
    ``filename`` and ``content_type`` are still only what its sender said.

    ``wait`` is in seconds, for the end of a pause that Front asked for. Returns the attachment. Raises
    ``InvalidArgument`` when Front has named no file or the attachment has been deleted, ``ChannelUnavailable`` or a
    ``FrontAPIError``, such as ``FrontNotFoundError``; ``OSError`` when the storage fails. The file may have 25 MB.
    Source: Core API, "Download attachment from a message".
    """
    check_target("attachments.fetch", attachment)
    reread(attachment, "storage", "name", "size", "sha256")
    if attachment.is_stored:
        return attachment
    try:
        with arriving(attachment) as file:
            call_now("attachments.fetch", attachment, wait=wait, to=file)
    except FileLost as error:
        raise InvalidArgument(
            "The attachment has been deleted: there is no more to do.",
            code=error.reason.code,
            argument="attachment",
        ) from None
    return attachment
