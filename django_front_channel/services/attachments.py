"""The files that teammates send, fetched from Front on demand."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.attachments import FETCH
from django_front_channel.models import Attachment
from django_front_channel.services.availability import to_be_fetched
from django_front_channel.services.rows import reread
from django_front_channel.services.verbs import Request, verb


def _is_fetched(attachment: Attachment) -> bool:
    reread(attachment, "storage", "name", "size", "sha256")
    return attachment.is_stored


@verb(FETCH, label=_("Fetch files"), available=to_be_fetched, is_done=_is_fetched)
def fetch(attachment: Attachment) -> Request[Attachment]:
    """Fetch a file of a message from Front, and keep it in ``FRONT_CHANNEL_ATTACHMENT_STORAGE``.

    Does nothing if the file is there already. Afterwards ``attachment.open()`` reads it, and ``size`` is its real
    size. ``filename`` and ``content_type`` are still what its sender said.

    Returns the attachment. Raises ``InvalidArgument`` if Front has not named a file or the attachment has been
    deleted, ``ChannelUnavailable`` or a ``FrontAPIError``, such as ``FrontNotFoundError``; ``OSError`` when the
    storage fails. The file may have up to 25 MB. Source: Core API, "Download attachment from a message".
    """
    if not attachment.front_id:
        raise InvalidArgument(
            "Front has named no file for this attachment, so there is nothing to fetch.",
            code="file_not_named",
            argument="attachment",
        )
    # The worker opens the file for the row that the entry names.
    return Request(attachment_id=attachment.front_id, to=attachment.pk)
