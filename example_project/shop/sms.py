"""Texts from a customer to Front and from a teammate to the provider, receipts, and STOP."""

from __future__ import annotations

import logging

from django.db import transaction

from django_front_channel.handlers import DeliveryFailed, MessageRefused
from django_front_channel.models import Channel, Message
from django_front_channel.services import Contact, messages, people
from example_project.phone import network

from .numbers import spell

logger = logging.getLogger(__name__)


def find_channel() -> Channel | None:
    """Return the channel whose address is the shop's phone number."""
    channels = Channel.objects.exclude(state=Channel.State.DISCONNECTED).filter(address__startswith="+")
    return channels.order_by("pk").first()


def receive(*, number: str, name: str, body: str, sid: str) -> None:
    """Tell Front about a customer's text. After STOP the team cannot write to the number, until START."""
    channel = find_channel()
    if channel is None:
        logger.error("Text %s was dropped: the shop has no SMS channel.", sid)
        return
    with transaction.atomic():
        is_new = not channel.messages.filter(external_id=sid).exists()
        messages.sync_inbound(
            channel,
            sender=Contact(handle=number, name=name),
            text=body if body.strip() else "(empty)",
            external_id=sid,
            external_conversation_id=thread_id(spell(number, channel)),
        )
        match body.strip(" .!\r\n").upper():
            case "STOP":
                people.opt_out(channel, handle=number, source="STOP")
            case "START" if is_new:  # a repeated START must not undo a later STOP
                people.opt_in(channel, handle=number)


def receipt(*, sid: str, is_delivered: bool) -> None:
    """Pass on the provider's receipt for a text. If the text failed, the team reads why in Front."""
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
    """Refuse what cannot be delivered, so that the teammate reads why at once."""
    if len(message.to) > 1:
        raise MessageRefused("A text goes to one number. Please write to each person separately.")
    if any(map(str.isalpha, message.to[0]["handle"])):
        raise MessageRefused("This sender has a name and no number, so nobody can reply.")
    if message.attachments.exists():
        raise MessageRefused("A text carries no files. Please send the message without them.")


def conversation_id_for(message: Message) -> str:
    """Return the id of the number's only thread. A conversation that a teammate began joins it."""
    return thread_id(message.to[0]["handle"])


def deliver(message: Message) -> str:
    """Hand the text to the provider, and return the id that its receipts name."""
    try:
        return network.send(message.to[0]["handle"], message.text, reference=message.external_id)
    except network.NumberUnknown as error:
        raise DeliveryFailed(str(error)) from error


def find_delivery(message: Message) -> str | None:
    """Return the provider's id of a text that it may have taken in an earlier attempt."""
    return network.find(reference=message.external_id)


def thread_id(number: str) -> str:
    """Return the external conversation id. A number has one thread, which never ends."""
    return f"sms-{number}"
