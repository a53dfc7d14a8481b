"""The effect of ``message_imported``: Front has created a message that was synced."""

from __future__ import annotations

from django.db.models import Q

from django_front_channel.core.prepared import Parameter, PreparedSelect
from django_front_channel.core.pseudonyms import pseudonyms
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.handlers import handler_for, normalized
from django_front_channel.lifecycle import channels, events, threads
from django_front_channel.lifecycle.message_payload import MessagePayload
from django_front_channel.lifecycle.messages import mark_imported, parties_of
from django_front_channel.models import (
    Attachment,
    Channel,
    ConversationThread,
    Fact,
    Message,
    MessageParty,
    WebhookEvent,
)
from django_front_channel.outbox.announcements import Announcement, announce

WITH_EXTERNAL_ID = PreparedSelect(
    lambda: Message.objects.filter(channel=Parameter("channel"), external_id=Parameter("external_id")),
    "thread",
    "thread__conversation",
)


class Unreadable(ValueError):
    """The import is unusable, and retrying cannot help. The ``reason`` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.reason = Reason(code)


class Unmatched(Exception):
    """Front did not say which of our messages was imported, so it must be asked."""


def record_import(
    event: WebhookEvent, channel: Channel, payload: MessagePayload, external_id: str, *, conflicted: bool
) -> list[Announcement]:
    """Note that Front has created the message, and in which conversation. Returns the announcements to send.

    Works inside the caller's transaction.

    ``external_id``  our id for the message, or empty if Front did not name it
    ``conflicted``   True after an ``IntegrityError``, so that rows of other transactions are looked up

    Raises ``Unmatched`` if Front must be asked which message it is, and ``Unreadable`` if retrying cannot help.
    """
    if not payload.id:
        raise Unreadable(Code.IMPORT_WITHOUT_ID)
    message = _find(channel, payload, external_id, conflicted=conflicted)
    if message is not None and message.erased_at is not None:
        return _note_erased(event, message, payload)
    if message is None and not external_id:
        raise Unmatched
    ids = _threads_of(channel, payload, message)
    fact = Fact(event.signed_timestamp, payload.conversation_id) if payload.conversation_id else None
    expected = message.conversation if message else None
    now = event.received_at
    own = message.external_conversation_id if message else ids[0]
    register = threads.record(channel, ids, fact, now=now, expected=expected, conflicted=conflicted, own=own)
    if not channel.company:
        channels.learn_company(channel, payload.company)
    if message is None:
        message = _create(event, channel, payload, external_id, register.threads[ids[0]])
    elif not message.is_from_front:
        thread = register.threads.get(message.external_conversation_id, message.thread)
        mark_imported(message, payload.id, payload.message_uid, now=now, thread=thread)
        message.thread = thread
    return register.announce(channel, now) + announce(
        "message_imported",
        channel,
        now=now,
        message=message,
        conversation=message.conversation,
        event=event,
    )


def _threads_of(channel: Channel, payload: MessagePayload, message: Message | None) -> tuple[str, ...]:
    """Return the external conversation ids that Front names.

    If it names none, return that of our message, or that of the newest thread in Front's conversation.
    """
    if payload.external_conversation_ids:
        return payload.external_conversation_ids
    if message is not None:
        return (message.external_conversation_id,)
    known = threads.newest_of(channel, payload.conversation_id)
    if known is None:
        raise Unreadable(Code.IMPORT_WITHOUT_THREAD)
    return (known,)


def _find(channel: Channel, payload: MessagePayload, external_id: str, *, conflicted: bool) -> Message | None:
    """Return the message with our id, or else with Front's id or the ``message_uid`` of the 202.

    If our id is given, the look-up by Front's id is left out, to save time. If Front's id is taken, the INSERT raises
    ``IntegrityError``, and the caller tries again with ``conflicted=True``.
    """
    ours = WITH_EXTERNAL_ID.execute(channel=channel.pk, external_id=external_id) if external_id else ()
    for message in ours:
        return message
    messages = Message.objects.select_related("thread__conversation")
    named = Q(front_id=payload.id) if conflicted or not external_id else Q()
    if payload.message_uid:
        named |= Q(message_uid=payload.message_uid)
    if external_id:
        named |= Q(external_id__in=pseudonyms(channel.pk, external_id))
    found = messages.filter(named, channel=channel)[:2] if named else ()
    return min(found, key=lambda message: message.front_id != payload.id, default=None)


def _note_erased(event: WebhookEvent, message: Message, payload: MessagePayload) -> list[Announcement]:
    """Note that Front has a message of an erased person, without storing what Front says about it."""
    events.forget_words(event, event.received_at)
    if not message.is_from_front:
        mark_imported(message, payload.id, payload.message_uid, now=event.received_at)
    return []


def _spelled(channel: Channel, handle: str) -> str:
    """Return the handle as the host's handler spells it, or unchanged if the handler fails."""
    try:
        return str(normalized(handler_for(channel.app), channel, handle)) or handle
    except Exception:
        return handle


def _create(
    event: WebhookEvent,
    channel: Channel,
    payload: MessagePayload,
    external_id: str,
    thread: ConversationThread,
) -> Message:
    """Create a row for a message that Front knows from elsewhere: another system synced it, or a row was lost."""
    senders, others = (
        [{"handle": _spelled(channel, person["handle"]), "name": person["name"]} for person in people]
        for people in (payload.senders, payload.others)
    )
    message = Message(
        channel=channel,
        external_conversation_id=thread.external_conversation_id,
        thread=thread,
        direction=Message.Direction.INBOUND if payload.is_inbound else Message.Direction.OUTBOUND,
        source=Message.Source.HOST,
        state=Message.State.IMPORTED,
        state_changed_at=event.received_at,
        imported_at=event.received_at,
        external_id=external_id,
        front_id=payload.id,
        message_uid=payload.message_uid,
        subject=payload.subject,
        text=payload.plain,
        html=payload.html,
        sender=senders[0] if senders else {},
        to=others,
        author_id=payload.author_id,
        author_name=payload.author_name,
        written_at=payload.created_at or event.received_at,
        content_digest="",  # unknown, because the host did not sync it here
    )
    message.describe()
    message.save(force_insert=True)
    MessageParty.objects.bulk_create(parties_of(message))
    Attachment.objects.bulk_create([Attachment(message=message, **row) for row in payload.attachments])
    return message
