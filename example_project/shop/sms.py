"""Texts: from the provider to Front, from a teammate to the provider, receipts, and STOP."""

from __future__ import annotations

from django.db import transaction

from django_front_channel.handlers import DeliveryFailed, MessageRefused
from django_front_channel.models import Channel, Message
from django_front_channel.services import Contact, messages
from example_project.phone import network

from .models import StoppedNumber
from .numbers import spell


def find_channel() -> Channel | None:
    """The channel whose address is the shop's phone number."""
    channels = Channel.objects.exclude(state=Channel.State.DISCONNECTED).filter(address__startswith="+")
    return channels.order_by("pk").first()


def receive(*, number: str, name: str, body: str, sid: str) -> None:
    """Take a text that the provider has from a customer. After STOP no text goes to the number, until START."""
    channel = find_channel()
    if channel is None:
        return
    number = spell(number, channel)
    with transaction.atomic():
        match body.strip(" .!\r\n").upper():
            case "STOP":
                StoppedNumber.objects.get_or_create(number=number)
            case "START":
                StoppedNumber.objects.filter(number=number).delete()
        messages.sync_inbound(
            channel,
            sender=Contact(handle=number, name=name),
            text=body if body.strip() else "(empty)",
            external_id=sid,
            external_conversation_id=thread_id(number),
        )


def receipt(*, sid: str, is_delivered: bool) -> None:
    """Pass on the provider's receipt of a text. If it failed, the teammate reads so in Front."""
    channel = find_channel()
    if channel is None:
        return
    messages.report_delivery(
        channel=channel,
        delivery_id=sid,
        state="delivered" if is_delivered else "failed",
        detail="" if is_delivered else "The phone is switched off.",
    )


def accept(message: Message) -> None:
    """Refuse what cannot be delivered, while the teammate is still looking."""
    if len(message.to) > 1:
        raise MessageRefused("A text goes to one number. Please write to each person separately.")
    if any(map(str.isalpha, message.to[0]["handle"])):
        raise MessageRefused("This sender has a name and no number, so nobody can reply.")
    if message.attachments.exists():
        raise MessageRefused("A text carries no files. Please send the message without them.")
    if StoppedNumber.objects.filter(number__in=numbers(message)).exists():
        raise MessageRefused("The customer has texted STOP, and gets no texts until START comes.")


def conversation_id_for(message: Message) -> str:
    """Return the number's one thread, for a conversation that a teammate began."""
    return thread_id(numbers(message)[0])


def deliver(message: Message) -> str:
    """Hand the text to the provider, and return the id that its receipts name."""
    (number,) = numbers(message)
    try:
        return network.send(number, message.text)
    except network.NumberUnknown as error:
        raise DeliveryFailed(str(error)) from error


def numbers(message: Message) -> list[str]:
    """Return the numbers that a message of the team is for."""
    return [contact["handle"] for contact in message.to]


def thread_id(number: str) -> str:
    """Return the external conversation id: a number has one thread, which never ends."""
    return f"sms-{number}"
