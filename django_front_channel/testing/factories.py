"""Factories of rows for tests, made by the same code as in production.

Every factory raises ``AssertionError`` with the answer if the host refuses a webhook.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django_front_channel import services
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox.records import new_id
from django_front_channel.testing.bodies import CUSTOMER
from django_front_channel.testing.webhook_client import FrontWebhookClient

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response


def connected_channel(app: str = "default", *, name: str = "Support", front_id: str | None = None) -> Channel:
    """Return a channel that Front has connected. By default, ``front_id`` is a new id, ``cha_…``.

    Raises ``AssertionError`` with the answer if the host refuses the channel.
    """
    new = services.channels.create(app, name=name)
    _accepted(FrontWebhookClient(app).authorization(front_id or new_id("cha"), new.token))
    new.channel.refresh_from_db()
    return new.channel


def customer_message(channel: Channel, **fields: Any) -> Message:
    """Return a customer's message that waits to be sent to Front. The ``fields`` are arguments of ``sync_inbound``."""
    body = {} if "html" in fields else {"text": "Where is my parcel?"}
    defaults = body | {
        "sender": CUSTOMER,
        "external_id": f"in-{secrets.token_hex(8)}",
        "external_conversation_id": "thr-1",
    }
    return services.messages.sync_inbound(channel, **(defaults | fields))


def imported_message(channel: Channel, *, conversation_id: str = "cnv_1", **fields: Any) -> Message:
    """Return a customer's message that Front has imported into the conversation ``cnv_…``."""
    thread = fields.setdefault("external_conversation_id", "thr-1")
    message = customer_message(channel, **fields)
    front = FrontWebhookClient(channel.app)
    _accepted(
        front.message_imported(
            channel, message, external_conversation_ids=[thread], conversation_id=conversation_id
        )
    )
    message.refresh_from_db()
    return message


def teammate_message(channel: Channel, **fields: Any) -> Message:
    """Return a teammate's message that the host has accepted. The ``fields`` are arguments of ``bodies.message``."""
    answer = _accepted(FrontWebhookClient(channel.app).message(channel, **fields))
    return Message.objects.get(channel=channel, external_id=answer["external_id"])


def _accepted(response: Response) -> dict[str, Any]:
    if response.status_code != 200:
        raise AssertionError(f"The host answered {response.status_code}: {response.content.decode()}")
    answer: dict[str, Any] = response.json()
    return answer
