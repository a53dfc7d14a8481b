"""The actions of an admin in Front, who connects and removes channels, and advice for a site that refuses."""

from __future__ import annotations

import logging
from typing import Literal
from urllib.parse import urlsplit

from django_front_channel.exceptions import InvalidArgument

from .http_messages import Json, compact_json
from .records import INBOXES, Channel, new_id
from .verb_group import VerbGroup
from .webhook_sender import Answer, Webhook

logger = logging.getLogger(__name__)

DeleteForm = Literal["json", "undefined", "empty"]

# Advice for the person who set up the sandbox.
UNREACHABLE = (
    "No answer came from {url}: start the site, correct the webhook URL, or find out why it is busy."
)
REDIRECTED = "The site redirects {url}, and Front follows no redirect: correct the webhook URL."
NOT_TRUSTED = (
    "The site refuses the signature or the token at {url}: use the App UID, App secret and token of the site."
)
SOMETHING_IN_FRONT = (
    "The webhook at {url} was refused before anything checked its signature: by CSRF protection, a login, basic auth, "
    "or another view with this URL. In Django, put the webhook URLs before any catch-all."
)
NOT_FOUND = "The site has no webhook at {url}: the webhook URL ends with the app's alias in its settings."
FAILED = "The site failed at {url}: read its log."
NONSENSE = (
    "The site's answer at {url} is not a JSON object with a type: correct the webhook URL or the answer."
)
NOT_ABSOLUTE = (
    "The site at {url} answered with a webhook_url that is not absolute: correct it, in Django with the "
    "setting FRONT_CHANNEL_PUBLIC_URL."
)


class FrontAdmin(VerbGroup):
    """The verbs of an admin in Front.

    Each verb returns a JSON object. Raises :class:`~django_front_channel.exceptions.InvalidArgument`.
    """

    def connect(self, *, token: str, name: str = "", address: str = "", channel_id: str = "") -> Json:
        """Add a channel with a pasted token: send ``authorization`` to the static webhook URL.

        With the ``channel_id`` of an existing channel, connect that channel again. Returns ``channel_id``,
        ``webhook_url``, ``error`` (the text that the admin reads, or None) and ``advice`` (how to fix it, or None). An
        error changes nothing.
        """
        if not (token and token.isascii() and token.isprintable()):
            raise InvalidArgument(
                "The token must be printable ASCII text.", code="malformed", argument="token"
            )
        channel_id = channel_id or new_id("cha")
        url = self.company.app.webhook_url
        document = {"type": "authorization", "payload": {"channel_id": channel_id}}
        answer = self.company.webhooks.post(url, token, document)
        webhook_url = answer.document.get("webhook_url") or url
        error, told = answer.refusal, advice(url, answer)
        if error is None and not is_web_url(webhook_url):
            error = "The channel answered with a webhook_url that is not an absolute URL."
            told = NOT_ABSOLUTE.format(url=url)
        if error is not None:
            logger.warning("No channel is connected. %s", told or error)
            return {"channel_id": channel_id, "webhook_url": None, "error": error, "advice": told}
        self._keep_channel(channel_id, token, webhook_url, name, address)
        return {"channel_id": channel_id, "webhook_url": webhook_url, "error": None, "advice": None}

    def delete_channel(self, *, channel_id: str, form: DeleteForm = "json") -> Json:
        """Remove a channel and send DELETE. The channel is gone, whatever the answer.

        The argument ``form`` is one of:

        * ``json``: send the body that Front's samples expect
        * ``undefined``: send no body, and sign the text ``undefined``, as Front's connectors do
        * ``empty``: send no body, and sign an empty text

        Returns ``channel_id`` and the answer's ``status``.
        """
        with self.company.lock:
            channel = self.company.channel(channel_id)
            channel.is_deleted = True
        document = {"type": "delete", "payload": {"channel_id": channel_id}}
        body = compact_json(document) if form == "json" else b""
        signed = b"undefined" if form == "undefined" else None
        webhook = Webhook("DELETE", channel.webhook_url, channel.token, body, signed)
        return {"channel_id": channel_id, "status": self.company.webhooks.deliver(webhook).status}

    def _keep_channel(self, channel_id: str, token: str, webhook_url: str, name: str, address: str) -> None:
        with self.company.lock:
            channel = self.company.state.channels.setdefault(
                channel_id,
                Channel(channel_id, "Channel", new_id("address"), token, webhook_url, INBOXES[0].id),
            )
            channel.name, channel.address = name or channel.name, address or channel.address
            channel.token, channel.webhook_url, channel.is_deleted = token, webhook_url, False


def advice(url: str, answer: Answer) -> str | None:
    """Return a sentence about what to do when ``url`` did not accept a webhook.

    Returns None if ``url`` accepted it, or gave a reason of its own.
    """
    sentence = None if answer.refusal is None else _sentence(answer)
    return sentence and sentence.format(url=url)


def _sentence(answer: Answer) -> str | None:
    match answer.status:
        case None:
            sentence = UNREACHABLE
        case 301 | 302 | 303 | 307 | 308:
            sentence = REDIRECTED
        case 401 | 403:
            # The integration itself answers in JSON.
            sentence = NOT_TRUSTED if "type" in answer.document else SOMETHING_IN_FRONT
        case 404 | 405:
            sentence = NOT_FOUND
        case status if status >= 500:
            sentence = FAILED
        case status:
            return NONSENSE if status == 200 or "type" not in answer.document else None
    return sentence


def is_web_url(url: object) -> bool:
    """Return whether ``url`` is an absolute http or https URL."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        # Nobody listens at port 0. A port that is not a number raises when it is read.
        return (
            parts is not None
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        return False
