"""The chat on the shop's own pages: from a customer to Front, and from a teammate to the customer's page."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet

from django_front_channel.exceptions import FrontNotFoundError
from django_front_channel.handlers import DeliveryFailed, MessageRefused
from django_front_channel.models import Channel, Message
from django_front_channel.services import Contact, attachments, messages, patience

from .models import ChatMessage, Customer


def find_channel() -> Channel | None:
    """The channel of the chat: one without a phone number.

    It may still be pending; what customers write then waits for it.
    """
    channels = Channel.objects.exclude(state=Channel.State.DISCONNECTED).exclude(address__startswith="+")
    return channels.order_by("pk").first()


def receive(
    channel: Channel, customer: Customer, text: str, files: Sequence[File[bytes]] = ()
) -> ChatMessage:
    """Keep what a customer wrote, and have Front told.

    One transaction: either both happen, or neither. No HTTP request is made here; the worker makes it. Raises
    ``InvalidArgument`` when the files are too large for Front.
    """
    with transaction.atomic():
        line = ChatMessage.objects.create(customer=customer, author=customer.name, text=text)
        line.front_message = messages.sync_inbound(
            channel,
            sender=Contact(handle=customer.handle, name=customer.name),
            text=text or None,
            external_id=f"{customer.handle}-{line.pk}",
            external_conversation_id=customer.thread_id,
            attachments=files,
        )
        line.save(update_fields=["front_message"])
    return line


def accept(message: Message) -> None:
    """Refuse what could not be delivered, while the teammate is still looking."""
    if not customers(message):
        raise MessageRefused("The shop has no such customer. Reply in the customer's own conversation.")


def conversation_id_for(message: Message) -> str:
    """The one thread of the customer, for a conversation that a teammate began."""
    customer = customers(message).first()
    return customer.thread_id if customer else message.external_id


def deliver(message: Message) -> None:
    """Put a teammate's message on the customer's page, where the customer has it.

    This may be called again for the same message, when the worker died in between: the second call finds the
    line of the first. Files are fetched from Front first; one that we have is not fetched again.
    """
    for attachment in message.attachments.all():
        try:
            with patience(5):
                attachments.fetch(attachment)
        except FrontNotFoundError:
            raise DeliveryFailed("Front does not have the file any more.") from None
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


def customers(message: Message) -> QuerySet[Customer]:
    """The customers whom a message of the team is for."""
    handles = [contact["handle"] for contact in message.to]
    return Customer.objects.filter(handle__in=handles).order_by("pk")
