"""Opt-outs: handles that want no messages from a channel. An erased person's opt-out stays, under a pseudonym."""

from __future__ import annotations

from collections.abc import Iterable
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
    """Whether one of those whom the message of Front is for wants no messages of its channel."""
    return has_opted_out(message.channel, [person["handle"] for person in message.to])


def unwanted_among(messages: Iterable[Message]) -> set[int]:
    """Return the keys of those messages of Front that somebody among their recipients does not want."""
    names = {
        message.pk: {
            (message.channel_id, name)
            for person in message.to
            for name in any_name(message.channel_id, person["handle"])
        }
        for message in messages
    }
    wanted = set().union(*names.values())
    rows = OptOut.objects.filter(
        channel__in={channel for channel, _name in wanted}, handle__in={name for _channel, name in wanted}
    )
    opted_out = set(rows.values_list("channel", "handle")) if wanted else set()
    return {pk for pk, own in names.items() if own & opted_out}


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
