"""Where the shop meets Front: one service call, one handler, three receivers. Copy this file to begin with."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from django_front_channel.handlers import ChannelHandler, MessageRefused
from django_front_channel.models import Channel, Conversation, Message
from django_front_channel.services import Contact, messages

from .models import ChatMessage, Customer

logger = logging.getLogger(__name__)


def support_channel() -> Channel | None:
    """The channel that carries the chat. It may still be pending: what customers write then waits for it."""
    return Channel.objects.exclude(state=Channel.State.DISCONNECTED).order_by("pk").first()


def tell_front(channel: Channel, customer: Customer, text: str) -> ChatMessage:
    """Keep what a customer wrote, and have Front told.

    One transaction: either both happen, or neither. No HTTP request is made here; the worker makes it.
    """
    with transaction.atomic():
        line = ChatMessage.objects.create(customer=customer, author=customer.name, text=text)
        line.front_message = messages.sync_inbound(
            channel,
            sender=Contact(handle=customer.handle, name=customer.name),
            text=text,
            external_id=f"{customer.handle}-{line.pk}",
            external_conversation_id=customer.thread_id,
        )
        line.save(update_fields=["front_message"])
    return line


class ShopHandler(ChannelHandler):
    """What Front asks the shop. Named in ``FRONT_CHANNEL_APPS``."""

    def accept(self, message: Message) -> None:
        """Refuse what could not be delivered, while the teammate is still looking."""
        if message.attachments.exists():
            raise MessageRefused("This chat carries text only. Please send the message without files.")
        if not customers(message):
            raise MessageRefused("The shop has no such customer. Reply in the customer's own conversation.")

    def conversation_id_for(self, message: Message) -> str:
        """A teammate wrote first: the customer's answer shall come into the same conversation."""
        customer = customers(message).first()
        return customer.thread_id if customer else super().conversation_id_for(message)

    def deliver(self, message: Message) -> str | None:
        """Put the message on the customer's page.

        This may be called again for the same message, when the worker died in between: the second call finds
        the line of the first. None says that the customer has it; an SMS provider's id would be returned here.
        """
        for customer in customers(message):
            ChatMessage.objects.get_or_create(
                customer=customer,
                front_message=message,
                defaults={
                    "author": message.author_name or "The shop",
                    "is_from_team": True,
                    "text": message.text,
                },
            )
        return None


def customers(message: Message) -> QuerySet[Customer]:
    """The customers whom a message of the team is for."""
    handles = [contact["handle"] for contact in message.recipients]
    return Customer.objects.filter(handle__in=handles).order_by("pk")


# The receivers. Each may be called more than once for one fact, so each says what is, and adds nothing up.


def note_import(*, message: Message, conversation: Conversation | None, **_: Any) -> None:
    """``message_imported``: Front has created what the customer wrote."""
    note = f"In Front as {message.front_id}, conversation {conversation.front_id if conversation else '?'}"
    ChatMessage.objects.filter(front_message=message).update(note=note)


def note_answer(*, message: Message, **_: Any) -> None:
    """``teammate_message_received``: the team has answered; the page says since when."""
    answered_at: datetime = message.occurred_at
    customers(message).update(answered_at=answered_at)


def note_connection(*, channel: Channel, **_: Any) -> None:
    """``channel_connected``: a Front admin has added the channel to an inbox."""
    logger.info("The chat is connected to Front as %s", channel.front_id)
