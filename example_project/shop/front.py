"""Where the shop meets Front: one handler and its receivers. Copy this file to begin with."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Protocol

from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Conversation, Message

from . import chat, sms
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
    """What Front asks the shop. Named in ``FRONT_CHANNEL_APPS``. The shop has two channels, chat and SMS."""

    def accept(self, message: Message) -> None:
        way_of(message.channel).accept(message)

    def conversation_id_for(self, message: Message) -> str:
        """A teammate wrote first: the customer's answer shall come into the same conversation."""
        return way_of(message.channel).conversation_id_for(message)

    def deliver(self, message: Message) -> str | None:
        """None says that the customer has it; an id, that a receipt will follow."""
        return way_of(message.channel).deliver(message)


# The receivers. Each may be called more than once for one fact, so each says what is, and adds nothing up.


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
