"""Opt-outs: handles that want no messages from a channel. An erased person's opt-out stays, under a pseudonym."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from django_front_channel.core.pseudonyms import any_name
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.lifecycle.messages import fail_delivery
from django_front_channel.models import Channel, Message, MessageParty, OptOut
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.entries import cancel_unbegun


def has_opted_out(channel: Channel, handles: Iterable[str]) -> bool:
    """Return whether one of these handles has opted out of the channel's messages."""
    names = [name for handle in handles for name in any_name(channel.pk, handle)]
    return OptOut.objects.filter(channel=channel, handle__in=names).exists()


def is_unwanted(message: Message) -> bool:
    """Return whether a recipient of the message has opted out of its channel's messages."""
    return bool(unwanted([message]))


def unwanted(messages: Collection[Message]) -> set[Message]:
    """Return those of these messages with a recipient who has opted out of the channel's messages."""
    names = {
        message: {name for person in message.to for name in any_name(message.channel_id, person["handle"])}
        for message in messages
    }
    noted = OptOut.objects.filter(
        channel__in={message.channel_id for message in messages},
        handle__in={name for own in names.values() for name in own},
    )
    found = set(noted.values_list("channel", "handle"))
    return {
        message for message, own in names.items() if any((message.channel_id, name) in found for name in own)
    }


def note_opt_out(channel: Channel, handle: str, *, actor: str, source: str) -> OptOut:
    """Note that the handle wants no messages from the channel. An earlier note stays unchanged."""
    noted, _created = OptOut.objects.get_or_create(
        channel=channel, handle=handle, defaults={"actor": actor, "source": source}
    )
    return noted


def stop_deliveries(channel: Channel, handle: str, now: datetime) -> list[Announcement]:
    """Give up the messages to the handle whose delivery has not begun, and report that to Front.

    Returns the announcements to send.
    """
    parties = MessageParty.objects.filter(channel=channel, handle=handle)
    is_theirs = Q(customer_handle=handle) | Q(pk__in=parties.values("message"))
    waiting = Message.objects.filter(is_theirs, channel=channel, state=Message.State.RECEIVED)
    stopped = [message for message in waiting.select_related("channel") if cancel_unbegun(message, now)]
    return fail_delivery({message: Reason(Code.OPTED_OUT) for message in stopped}, now) if stopped else []


def forget_opt_out(channel: Channel, handle: str) -> bool:
    """Forget that the handle has opted out. Returns False if it had not."""
    noted = OptOut.objects.filter(channel=channel, handle__in=any_name(channel.pk, handle))
    deleted, _ = noted.delete()
    return bool(deleted)
