"""DELETE: the channel was removed in Front."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.services import channels
from django_front_channel.webhooks.payloads import front_id
from django_front_channel.webhooks.processing.events import commit_fact, new_event
from django_front_channel.webhooks.processing.requests import Answer, SignedRequest, error


def accept_deletion(signed: SignedRequest, channel: Channel, received_at: datetime) -> Answer:
    """Disconnect the channel. Its history stays, and what waits for Front goes on waiting."""
    named = front_id(signed.envelope.payload.get("channel_id"))
    if named and named != channel.front_id:
        return error("forbidden", _("The request names another channel."))
    event = new_event(signed, channel, received_at=received_at, front_id=named)

    def effect(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
        return record_deletion(event, channel)

    return commit_fact(event, effect)


def record_deletion(event: WebhookEvent, channel: Channel) -> list[Announcement]:
    """Disconnect the channel, unless it has been connected again since Front signed this."""
    # Nobody connects it from now on. It may have been bound to another id since it was read.
    bound = Channel.objects.select_for_update().values_list("front_id", flat=True).get(pk=channel.pk)
    connections = WebhookEvent.objects.filter(
        channel=channel, front_id=bound, type="authorization", state=WebhookEvent.State.PROCESSED
    )
    if connections.filter(signed_timestamp__gt=event.signed_timestamp).exists():
        return []
    return channels.end(channel)
