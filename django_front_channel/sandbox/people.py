"""What people do in Front that a webhook follows: an admin connects and deletes channels, a teammate writes."""

from __future__ import annotations

import base64
import html
import logging
import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from django_front_channel.exceptions import InvalidArgument

from .advice import NOT_ABSOLUTE, advice
from .http_messages import Json, compact_json
from .multipart_forms import ANY_TYPE, is_media_type
from .records import INBOXES, Attachment, Channel, Recipient, new_id
from .sending import Text
from .teammates import SOMEBODY, Teammates
from .webhooks import Webhook

logger = logging.getLogger(__name__)

DeleteForm = Literal["json", "undefined", "empty"]


class People(Teammates):
    """Every method returns a JSON object, and raises
    :class:`~django_front_channel.exceptions.InvalidArgument` for what nobody could do in Front."""

    def connect(self, *, token: str, name: str = "", address: str = "", channel_id: str = "") -> Json:
        """Add a channel with a pasted token: ``authorization`` to the static webhook URL.

        With the ``channel_id`` of a channel that exists, connect it again. Returns ``channel_id``,
        ``webhook_url``, ``error``, the text that the admin reads, or None, and ``advice``, a sentence on how to
        set things right, or None; an error changes nothing.
        """
        if not (token and token.isascii() and token.isprintable()):
            raise InvalidArgument("The token must be printable ASCII text.")
        channel_id = channel_id or new_id("cha")
        reply = self.webhooks.post(
            self.webhook_url, token, {"type": "authorization", "payload": {"channel_id": channel_id}}
        )
        webhook_url = reply.document.get("webhook_url") or self.webhook_url
        error, told = reply.refusal, advice(self.webhook_url, reply)
        if error is None and not is_web_url(webhook_url):
            error = "The channel answered with a webhook_url that is not an absolute URL."
            told = NOT_ABSOLUTE.format(url=self.webhook_url)
        if error is not None:
            logger.warning("No channel is connected. %s", told or error)
            return {"channel_id": channel_id, "webhook_url": None, "error": error, "advice": told}
        with self.lock:
            channel = self.state.channels.setdefault(
                channel_id,
                Channel(channel_id, "Channel", new_id("address"), token, webhook_url, INBOXES[0].id),
            )
            channel.name, channel.address = name or channel.name, address or channel.address
            channel.token, channel.webhook_url, channel.is_deleted = token, webhook_url, False
        return {"channel_id": channel_id, "webhook_url": webhook_url, "error": None, "advice": None}

    def delete_channel(self, *, channel_id: str, form: DeleteForm = "json") -> Json:
        """Remove a channel and send DELETE; whatever the answer, the channel is gone.

        ``form``: ``json`` sends a body as Front's samples expect; the others send none, and sign the
        text ``undefined`` (as Front's connectors do) or nothing.
        Returns ``channel_id`` and the answer's ``status``.
        """
        with self.lock:
            channel = self._channel(channel_id)
            channel.is_deleted = True
        document = {"type": "delete", "payload": {"channel_id": channel_id}}
        body = compact_json(document) if form == "json" else b""
        signed = b"undefined" if form == "undefined" else None
        reply = self.webhooks.deliver(
            Webhook("DELETE", channel.webhook_url, self.bearer(channel), body, signed)
        )
        return {"channel_id": channel_id, "status": reply.status}

    def reply(
        self,
        *,
        conversation_id: str,
        text: str,
        author_id: str | None = SOMEBODY,
        attachments: list[dict[str, str]] | None = None,
    ) -> Json:
        """A teammate replies: ``message``. ``author_id`` None leaves the author empty, as for a rule.

        Each of ``attachments`` has ``path``, a file of this machine, or ``filename`` and ``content`` in
        base64; ``content_type`` is guessed from the name without one.
        Returns ``message_id``, ``conversation_id``, ``status`` (``sent`` or ``failed``), ``error`` (the text
        that the teammate reads, or None), ``external_id`` and ``external_conversation_ids``.
        """
        files = [_attachment(each) for each in attachments or ()]
        with self.lock:
            conversation = self._conversation(conversation_id)
            self._channel(conversation.channel_id)
            message = self.write(conversation, self._text(text, author_id, files))
        return self.send(message)

    def compose(
        self,
        *,
        channel_id: str,
        to: list[str],
        text: str,
        subject: str | None = None,
        author_id: str | None = SOMEBODY,
        attachments: list[dict[str, str]] | None = None,
    ) -> Json:
        """A teammate writes to one or more handles in a new conversation: ``message``.

        Takes ``attachments`` and returns what ``reply`` does.
        """
        if not to or not all(to):
            raise InvalidArgument("A message needs at least one recipient, and no handle may be empty.")
        files = [_attachment(each) for each in attachments or ()]
        recipients = [Recipient(handle, "to") for handle in to]
        with self.lock:
            written = self._text(text, author_id, files, recipients)
            conversation = self.start_conversation(self._channel(channel_id), recipients[0], subject)
            message = self.write(conversation, written)
        return self.send(message)

    def autoreply(self, *, conversation_id: str, text: str) -> Json:
        """A rule answers the customer: ``message_autoreply``. Returns what ``reply`` does."""
        with self.lock:
            conversation = self._conversation(conversation_id)
            self._channel(conversation.channel_id)
            message = self.write(conversation, self._text(text, None, []), kind="auto_reply")
        return self.send(message)

    def resend(self, *, number: int) -> Json:
        """Send the webhook of a journal entry again: the same body with a fresh timestamp and signature.

        Returns the new entry's ``number`` and the answer's ``status``; the state does not change.
        """
        reply = self.webhooks.resend(number)
        return {"number": reply.number, "status": reply.status}

    def _text(
        self, text: str, author_id: str | None, files: list[Attachment], to: Sequence[Recipient] = ()
    ) -> Text:
        if author_id is not None:
            self._check_teammate(author_id)
        body = "<p>" + html.escape(text, quote=False).replace("\n", "<br>") + "</p>"
        return Text(body, text, author_id=author_id, to=to, attachments=files)


def _attachment(described: dict[str, str]) -> Attachment:
    """Raises InvalidArgument."""
    path = described.get("path")
    if (path is None) == ("content" not in described):
        raise InvalidArgument("An attachment needs either a path, or a filename and content in base64.")
    try:
        content = Path(path).read_bytes() if path else base64.b64decode(described["content"], validate=True)
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"The attachment cannot be read: {error}.") from error
    name = described.get("filename") or Path(path or "file").name
    content_type = described.get("content_type") or mimetypes.guess_type(name)[0] or ANY_TYPE
    if not is_media_type(content_type):
        raise InvalidArgument(f"{content_type} is no content type.")
    return Attachment(new_id("fil"), name, content_type, content)


def is_web_url(url: object) -> bool:
    """Whether this is an absolute http or https URL."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        # Port 0 is nobody's; to read one that is none raises.
        return (
            parts is not None
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        return False
