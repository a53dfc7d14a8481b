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
    """Return the chat's channel, which is the one without a phone number.

    It may still be pending. Messages then wait until it is connected.
    """
    channels = Channel.objects.exclude(state=Channel.State.DISCONNECTED).exclude(address__startswith="+")
    return channels.order_by("pk").first()


def receive(
    channel: Channel, customer: Customer, text: str, files: Sequence[File[bytes]] = ()
) -> ChatMessage:
    """Store a customer's message, and queue it for Front in the same transaction.

    The worker makes the request to Front later. Raises ``InvalidArgument`` if the files are too large for Front.
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
    """Refuse what cannot be delivered, so that the teammate reads why at once."""
    if not customers(message):
        raise MessageRefused("The shop has no such customer. Reply in the customer's own conversation.")


def conversation_id_for(message: Message) -> str:
    """Return the id of the customer's only thread. A conversation that a teammate began joins it."""
    customer = customers(message).first()
    return customer.thread_id if customer else message.external_id


def deliver(message: Message) -> None:
    """Put a teammate's message on the customer's page.

    If the worker dies, another worker calls this again for the same message. The second call finds the line of the
    first call. Files are fetched from Front first, and a file that is already stored is not fetched again.
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


def find_delivery(message: Message) -> None:
    """Return None, because a second ``deliver()`` is harmless."""


def customers(message: Message) -> QuerySet[Customer]:
    """Return the customers to whom the team has written."""
    handles = [contact["handle"] for contact in message.to]
    return Customer.objects.filter(handle__in=handles).order_by("pk")
