"""``message_imported`` and DELETE. Front may never repeat them, so they are stored even if processing fails."""

from __future__ import annotations

from datetime import datetime

from django_front_channel.core import clock
from django_front_channel.core.digests import digest
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.lifecycle import channels, events
from django_front_channel.lifecycle.imports import Unmatched, record_import
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.webhooks.answers import Answer, SignedRequest, error
from django_front_channel.webhooks.commit import commit_fact, fact_key, new_event
from django_front_channel.webhooks.payloads import front_id, read_message


def accept_import(
    signed: SignedRequest, channel: Channel, received_at: datetime, *, seems_repeated: bool
) -> Answer:
    """Store that Front has created a message. If the request does not say which one, a worker asks Front."""
    payload = read_message(signed.envelope, cut=True)
    key = fact_key(channel, "message_imported", payload.id) if payload.id else None
    event = new_event(signed, channel, received_at=received_at, front_id=payload.id, key=key)

    def effect(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
        try:
            return record_import(event, channel, payload, payload.external_id, conflicted=conflicted)
        except Unmatched:
            events.postpone(event)
            return []

    return commit_fact(event, effect, look_first=seems_repeated)


def accept_deletion(
    signed: SignedRequest, channel: Channel, received_at: datetime, *, seems_repeated: bool
) -> Answer:
    """Disconnect the channel that was removed in Front. Its history stays, and its queue waits."""
    named = front_id(signed.envelope.payload.get("channel_id"))
    if named and named != channel.front_id:
        return error("forbidden", Reason(Code.CHANNEL_DIFFERS), signed.app.language)
    event = new_event(signed, channel, received_at=received_at, front_id=named)
    if not named:
        # Two DELETEs without a body, at the same moment, have the same signature.
        event.digest = digest(event.digest, str(channel.pk))

    def effect(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
        return channels.disconnect_as_told(event, channel, clock.now())

    return commit_fact(event, effect, look_first=seems_repeated)
