"""``message_imported``: Front has created a message that it was told about."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from django_front_channel.models import Attachment, Channel, Fact, Message, WebhookEvent
from django_front_channel.models.digests import digest
from django_front_channel.models.prepared import Parameter, PreparedSelect
from django_front_channel.outbox import mapping
from django_front_channel.outbox.announcements import Announcement, announce
from django_front_channel.webhooks.payloads import MessagePayload, read_message
from django_front_channel.webhooks.processing.events import commit_fact, fact_key, new_event, process_later
from django_front_channel.webhooks.processing.requests import Answer, SignedRequest

WITH_EXTERNAL_ID = PreparedSelect(
    lambda: Message.objects.filter(channel=Parameter("channel"), digest=Parameter("digest")),
    "external_conversation",
    "external_conversation__conversation",
)


class Unreadable(ValueError):
    """The request lacks what no second look will bring."""


class Unmatched(Exception):
    """Front did not say which of our messages it is; it has to be asked."""


def accept_import(
    signed: SignedRequest, channel: Channel, received_at: datetime, *, seems_repeated: bool
) -> Answer:
    """Keep the fact and answer; which message it is may have to be asked afterwards."""
    payload = read_message(signed.envelope, cut=True)
    key = fact_key(channel, "message_imported", payload.id) if payload.id else None
    event = new_event(signed, channel, received_at=received_at, front_id=payload.id, key=key)

    def effect(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
        try:
            return record_import(event, channel, payload, payload.external_id, conflicted=conflicted)
        except Unmatched:
            WebhookEvent.objects.filter(pk=event.pk).update(state=WebhookEvent.State.PENDING)
            return process_later(event, conflicted)

    return commit_fact(event, effect, look_first=seems_repeated)


def record_import(
    event: WebhookEvent, channel: Channel, payload: MessagePayload, external_id: str, *, conflicted: bool
) -> list[Announcement]:
    """Note, inside the caller's transaction, that Front has the message, and where. Returns what to announce.

    Raises ``Unmatched`` when neither ``external_id`` nor anything else tells which message it is, and
    ``Unreadable`` when nobody could tell.
    """
    if not payload.id:
        raise Unreadable("The imported message has no id.")
    message = _find(channel, payload, external_id, conflicted=conflicted)
    if message is None and not external_id:
        raise Unmatched
    thread = message.external_conversation if message else None
    ids = payload.external_conversation_ids or ((thread.external_id,) if thread else ())
    if not ids:
        raise Unreadable("Front named no external conversation of this message.")
    fact = Fact(event.signed_timestamp, payload.conversation_id) if payload.conversation_id else None
    expected = thread.conversation if thread else None
    found = mapping.record(channel, ids, fact, expected=expected, conflicted=conflicted)
    if not channel.company_host:
        channel.learn_company(payload.company_host)
    if message is None:
        message = _create(event, channel, payload, external_id, found)
    elif not message.is_from_front:
        _settle(message, payload, found, ids)
    return found.announce(channel, event.received_at) + announce(
        "message_imported",
        channel,
        now=event.received_at,
        message=message,
        conversation=message.conversation,
        event=event,
    )


def _find(channel: Channel, payload: MessagePayload, external_id: str, *, conflicted: bool) -> Message | None:
    """By our id; else by Front's, or by the UID of the 202.

    Before a conflict there is no look by Front's id beside ours: where it is taken, the INSERT brings one about.
    """
    ours = WITH_EXTERNAL_ID.execute(channel=channel.pk, digest=digest(external_id)) if external_id else ()
    for message in ours:
        return message
    messages = Message.objects.select_related("external_conversation__conversation")
    named = Q(front_id=payload.id) if conflicted or not external_id else Q()
    if payload.message_uid:
        named |= Q(message_uid=payload.message_uid)
    found = messages.filter(named, channel=channel)[:2] if named else ()
    return min(found, key=lambda message: message.front_id != payload.id, default=None)


def _settle(message: Message, payload: MessagePayload, found: mapping.Mapping, ids: tuple[str, ...]) -> None:
    own = message.external_conversation
    thread = found.threads.get(own.external_id, own) if own else found.threads[ids[0]]
    Message.objects.mark_imported(message, payload.id, payload.message_uid, thread)
    message.external_conversation = thread


def _create(
    event: WebhookEvent, channel: Channel, payload: MessagePayload, external_id: str, found: mapping.Mapping
) -> Message:
    """A message that Front was told about, but not through these tables: another system, or a lost database."""
    ids = payload.external_conversation_ids
    inbound = payload.is_inbound
    contacts = [{"handle": item["handle"], "name": item["name"]} for item in payload.recipients]
    senders = [
        contact for contact, item in zip(contacts, payload.recipients, strict=True) if item["role"] == "from"
    ]
    others = [contact for contact in contacts if contact not in senders]
    message = Message.objects.create(
        channel=channel,
        external_conversation=found.threads[ids[0]],
        direction=Message.Direction.INBOUND if inbound else Message.Direction.OUTBOUND,
        source=Message.Source.HOST,
        state=Message.State.IMPORTED,
        external_id=external_id,
        digest=digest(external_id),
        front_id=payload.id,
        message_uid=payload.message_uid,
        subject=payload.subject,
        text=payload.plain,
        html=payload.html,
        sender=senders[0] if senders else {},
        recipients=others,
        author_id=payload.author_id,
        author_name=payload.author_name,
        occurred_at=payload.created_at or event.received_at,
        content_digest="",  # what the host would say of it is unknown
    )
    Attachment.objects.bulk_create([Attachment(message=message, **row) for row in payload.attachments])
    return message
