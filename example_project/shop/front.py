"""Where the shop meets Front: one handler and its receivers. Copy this file to begin with."""

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
    """How a channel's messages reach customers: ``chat``, or ``sms``."""

    def accept(self, message: Message) -> None: ...
    def conversation_id_for(self, message: Message) -> str: ...
    def deliver(self, message: Message) -> str | None: ...


def way_of(channel: Channel) -> Way:
    """The address of the SMS channel is a phone number; the chat has none."""
    return sms if channel.address.startswith("+") else chat


class ShopHandler(ChannelHandler):
    """Answers what Front asks. ``FRONT_CHANNEL_APPS`` names it. The shop has two channels, chat and SMS."""

    def accept(self, message: Message) -> None:
        way_of(message.channel).accept(message)

    def conversation_id_for(self, message: Message) -> str:
        """Name the customer's thread when a teammate writes first, so that the answer joins the conversation."""
        return way_of(message.channel).conversation_id_for(message)

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        """Write each number in one way, so that one person has one thread."""
        return numbers.spell(handle, channel)

    def deliver(self, message: Message) -> str | None:
        """Return None if the customer has it, or an id if a receipt will follow."""
        return way_of(message.channel).deliver(message)


# The receivers. Each may be called more than once for one fact, so each stores a value and counts nothing.


def note_import(*, message: Message, conversation: Conversation | None, **_: Any) -> None:
    """``message_imported``: Front has created what the customer wrote."""
    note = f"In Front as {message.front_id}, conversation {conversation.front_id if conversation else '?'}"
    ChatMessage.objects.filter(front_message=message).update(note=note)


def note_answer(*, message: Message, **_: Any) -> None:
    """``teammate_message_received``: the team has answered; the page says since when."""
    answered_at: datetime = message.written_at
    chat.customers(message).update(answered_at=answered_at)


def note_connection(*, channel: Channel, **_: Any) -> None:
    """``channel_connected``: a Front admin has added the channel to an inbox."""
    logger.info("%s is connected to Front as %s", channel.name, channel.front_id)
