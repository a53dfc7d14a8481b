"""Files of messages, fetched from Front on demand."""

from __future__ import annotations

from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from django_front_channel.lifecycle.attachments import FETCH
from django_front_channel.models import Attachment
from django_front_channel.services.verb_availability import to_be_fetched
from django_front_channel.services.verbs import Request, verb


@verb(FETCH, label=_("Fetch files"), available=to_be_fetched, is_done=attrgetter("is_stored"))
def fetch(attachment: Attachment) -> Request[Attachment]:
    """Fetch a file of a message from Front, and store it in ``FRONT_CHANNEL_ATTACHMENT_STORAGE``.

    The file may have up to 25 MB. If it is already stored, nothing happens. Afterwards ``attachment.open()`` opens the
    file, and ``size`` is its real size in bytes. Its ``filename`` and ``content_type`` remain as the sender
    named them.

    Returns the attachment. Raises ``InvalidArgument`` if Front named no file or the attachment has been deleted,
    ``ChannelUnavailable``, a ``FrontAPIError`` such as ``FrontNotFoundError``, or ``OSError`` if the storage fails.
    Source: Core API, "Download attachment from a message".
    """
    # Only the key: a file is opened for it when the request is made, now or by a worker.
    return Request(attachment_id=attachment.front_id, to=attachment.pk)
