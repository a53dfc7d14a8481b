"""The shop's handler and receivers. Copy this file to start your own."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Protocol

from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Conversation, Message

from . import chat, numbers, sms
from .models import ChatMessage

logger = logging.getLogger(__name__)


class Way(Protocol):
    """A way to reach customers: the module ``chat`` or ``sms``."""

    def accept(self, message: Message) -> None: ...
    def conversation_id_for(self, message: Message) -> str: ...
    def deliver(self, message: Message) -> str | None: ...
    def find_delivery(self, message: Message) -> str | None: ...


def way_of(channel: Channel) -> Way:
    """Return ``sms`` for a channel whose address is a phone number, and ``chat`` for any other."""
    return sms if channel.address.startswith("+") else chat


class ShopHandler(ChannelHandler):
    """The handler that ``FRONT_CHANNEL_APPS`` names. It serves both channels of the shop, chat and SMS."""

    def accept(self, message: Message) -> None:
        way_of(message.channel).accept(message)

    def conversation_id_for(self, message: Message) -> str:
        """Return the customer's thread when a teammate writes first, so that the answer joins the conversation."""
        return way_of(message.channel).conversation_id_for(message)

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        """Return a number in one spelling, so that one person has one thread."""
        return numbers.spell(handle, channel)

    def deliver(self, message: Message) -> str | None:
        """Return None if the customer has the message, or an id if a receipt will follow."""
        return way_of(message.channel).deliver(message)

    def find_delivery(self, message: Message) -> str | None:
        """Return the provider's id if an earlier attempt succeeded after all, so that nothing is sent twice."""
        return way_of(message.channel).find_delivery(message)


# The receivers. A receiver may be called more than once for one fact, so it stores a value and counts nothing.


def note_import(*, message: Message, conversation: Conversation | None, **_: Any) -> None:
    """Note on the chat page that Front has the customer's message (``message_imported``)."""
    note = f"In Front as {message.front_id}, conversation {conversation.front_id if conversation else '?'}"
    ChatMessage.objects.filter(front_message=message).update(note=note)


def note_answer(*, message: Message, **_: Any) -> None:
    """Note on the chat page when the team last wrote (``teammate_message_received``)."""
    answered_at: datetime = message.written_at
    chat.customers(message).update(answered_at=answered_at)


def note_connection(*, channel: Channel, **_: Any) -> None:
    """Log that a Front admin has added the channel to an inbox (``channel_connected``)."""
    logger.info("%s is connected to Front as %s", channel.name, channel.front_id)
