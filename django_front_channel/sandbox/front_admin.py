"""What an admin of Front does: connects and removes channels; and what to do when the site refuses."""

from __future__ import annotations

import logging
from typing import Literal
from urllib.parse import urlsplit

from django_front_channel.exceptions import InvalidArgument

from .company import Company
from .http_messages import Json, compact_json
from .records import INBOXES, Channel, new_id
from .webhook_sender import Answer, Webhook

logger = logging.getLogger(__name__)

DeleteForm = Literal["json", "undefined", "empty"]

# Advice for the person who has set the sandbox up.
UNREACHABLE = (
    "No answer came from {url}: start the site, correct the webhook URL, or see what keeps the site busy."
)
REDIRECTED = "The site redirects {url}, and Front follows no redirect: correct the webhook URL."
NOT_TRUSTED = (
    "The site refuses the signature or the token at {url}: use the App UID, App secret and token that it has."
)
SOMETHING_IN_FRONT = (
    "Something in front of the webhook at {url} refused it, before it saw the signature: CSRF protection, a login, "
    "basic auth, or another view that takes the URL. In Django, put the webhook URLs before any catch-all."
)
NOT_FOUND = "The site has no webhook at {url}: the webhook URL ends with the app's alias in its settings."
FAILED = "The site failed at {url}: its log says why."
NONSENSE = (
    "The site's answer at {url} is not a JSON object with a type: correct the webhook URL, or that answer."
)
NOT_ABSOLUTE = (
    "The site at {url} answered with a webhook_url that is not absolute: correct it, in Django with the "
    "setting FRONT_CHANNEL_PUBLIC_URL."
)


class FrontAdmin:
    """Every method returns a JSON object, and raises :class:`~django_front_channel.exceptions.InvalidArgument`."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def connect(self, *, token: str, name: str = "", address: str = "", channel_id: str = "") -> Json:
        """Add a channel with a pasted token: send ``authorization`` to the static webhook URL.

        With the ``channel_id`` of an existing channel, connect that one again. Returns ``channel_id``,
        ``webhook_url``, ``error`` (the text that the admin reads, or None) and ``advice`` (a sentence on how to set
        things right, or None). An error changes nothing.
        """
        if not (token and token.isascii() and token.isprintable()):
            raise InvalidArgument(
                "The token must be printable ASCII text.", code="malformed", argument="token"
            )
        channel_id = channel_id or new_id("cha")
        url = self._company.app.webhook_url
        document = {"type": "authorization", "payload": {"channel_id": channel_id}}
        answer = self._company.webhooks.post(url, token, document)
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
        """Remove a channel and send DELETE. Whatever the answer, the channel is gone.

        ``form``: ``json`` sends a body as Front's samples expect. The others send no body, and sign the text
        ``undefined`` (as Front's connectors do) or nothing. Returns ``channel_id`` and the answer's ``status``.
        """
        with self._company.lock:
            channel = self._company.channel(channel_id)
            channel.is_deleted = True
        document = {"type": "delete", "payload": {"channel_id": channel_id}}
        body = compact_json(document) if form == "json" else b""
        signed = b"undefined" if form == "undefined" else None
        webhook = Webhook("DELETE", channel.webhook_url, channel.token, body, signed)
        return {"channel_id": channel_id, "status": self._company.webhooks.deliver(webhook).status}

    def _keep_channel(self, channel_id: str, token: str, webhook_url: str, name: str, address: str) -> None:
        with self._company.lock:
            channel = self._company.state.channels.setdefault(
                channel_id,
                Channel(channel_id, "Channel", new_id("address"), token, webhook_url, INBOXES[0].id),
            )
            channel.name, channel.address = name or channel.name, address or channel.address
            channel.token, channel.webhook_url, channel.is_deleted = token, webhook_url, False


def advice(url: str, answer: Answer) -> str | None:
    """Return what to do when ``url`` did not take a webhook.

    None if it did, or if it said why in its own words.
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
    """Tell whether this is an absolute http or https URL."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        # Nobody listens at port 0. Reading a port that is no number raises.
        return (
            parts is not None
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        return False
