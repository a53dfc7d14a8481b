"""A client that sends signed webhooks to a host, as Front does."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import reverse

from django_front_channel.conf import conf
from django_front_channel.sandbox.http_messages import compact_json
from django_front_channel.secret import Secret
from django_front_channel.testing import bodies
from django_front_channel.webhooks.signature import signature

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    from django_front_channel.models import Channel, Message


Body = bytes | str | Mapping[str, Any]


def encode(body: Body) -> bytes:
    """Return the bytes that Front would send: a mapping as compact JSON in UTF-8, and bytes or text unchanged."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else compact_json(body)


def sign(body: Body, secret: str | Secret, *, timestamp: int | str | None = None) -> dict[str, str]:
    """Return the two headers that prove that Front sent this body.

    * ``body``: the exact bytes or text, or a mapping, which ``encode()`` turns into bytes
    * ``secret``: the App secret
    * ``timestamp``: milliseconds since 1970, or the text of the header; by default now

    The headers are ``X-Front-Request-Timestamp`` and ``X-Front-Signature``.
    Source: dev.frontapp.com/docs/application-webhooks; Front's partner-channel-template, ``src/routes.ts``.
    """
    key = Secret.of(secret)
    del secret
    stamp = str(time.time_ns() // 1_000_000 if timestamp is None else timestamp)
    return {
        "X-Front-Request-Timestamp": stamp,
        "X-Front-Signature": signature(key, stamp, encode(body)),
    }


class FrontWebhookClient:
    """Sends webhooks through all of the host's middleware, signed with the first App secret of ``app``.

    The Django test client ``http`` sends them. The default one checks CSRF tokens, as for a browser. Every method
    returns the client's response.
    """

    def __init__(self, app: str = "default", *, http: Client | None = None) -> None:
        self.app = app
        self.http = http or Client(enforce_csrf_checks=True)

    def authorization(self, channel_id: str, token: str) -> Response:
        """Send ``authorization``: an admin adds the channel ``cha_…`` with the pasted token."""
        return self.send(self._app_url(), bodies.authorization(channel_id), token=token)

    def list_addresses(self, token: str = "", *, page_token: str | None = None) -> Response:
        """Send ``list_addresses``: an admin chooses an address. ``page_token`` asks for a further page."""
        payload = {"page_token": page_token} if page_token else {}
        return self.send(self._app_url(), {"type": "list_addresses", "payload": payload}, token=token)

    def message(self, channel: Channel, **fields: Any) -> Response:
        """Send ``message``: a teammate writes. The ``fields`` are arguments of ``bodies.message``."""
        return self.post(channel, bodies.message(**fields))

    def message_autoreply(self, channel: Channel, **fields: Any) -> Response:
        """Send ``message_autoreply``: a rule answers. The ``fields`` are arguments of ``bodies.message_autoreply``."""
        return self.post(channel, bodies.message_autoreply(**fields))

    def message_imported(self, channel: Channel, message: Message | None = None, **fields: Any) -> Response:
        """Send ``message_imported``. The ``fields`` are arguments of ``bodies.message_imported``.

        The ``message`` is a row of ours. The fields that you do not pass come from this row.
        """
        known = _known_fields(message) if message is not None else {}
        return self.post(channel, bodies.message_imported(**(known | fields)))

    def delete(self, channel: Channel) -> Response:
        """Send ``delete``: an admin removes the channel."""
        return self.send(self._channel_url(channel), bodies.delete(channel.front_id or ""), method="DELETE")

    def post(self, channel: Channel, body: Body, *, timestamp: int | str | None = None) -> Response:
        """Send any body to the channel's URL."""
        return self.send(self._channel_url(channel), body, timestamp=timestamp)

    def send(
        self,
        url: str,
        body: Body,
        *,
        method: str = "POST",
        token: str = "",
        timestamp: int | str | None = None,
    ) -> Response:
        """Send any body, signed, to any URL. The ``timestamp`` is that of ``sign()``."""
        from django_front_channel.core import clock  # the tables need Django to be set up

        stamp = int(clock.of_this_machine() * 1000) if timestamp is None else timestamp
        headers = sign(body, conf.app(self.app).secrets[0], timestamp=stamp)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.generic(method, url, encode(body), "application/json", headers=headers)

    def _app_url(self) -> str:
        return reverse("front_channel:app_webhook", args=[self.app])

    def _channel_url(self, channel: Channel) -> str:
        return reverse("front_channel:channel_webhook", args=[channel.app, channel.webhook_key])


def _known_fields(message: Message) -> dict[str, Any]:
    return {
        "external_id": message.external_id,
        "external_conversation_ids": [message.external_conversation_id],
        "text": message.text or message.html,
        "is_inbound": message.direction == message.Direction.INBOUND,
    }
