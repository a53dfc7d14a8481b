"""Write a message that Front is to be told about, and the entry that tells it."""

from __future__ import annotations

from django.db import IntegrityError

from django_front_channel.client.ids import validate_id
from django_front_channel.exceptions import ExternalIdConflict
from django_front_channel.models import ExternalConversation, Message, database
from django_front_channel.models.digests import digest
from django_front_channel.outbox.enqueue import enqueue_call
from django_front_channel.services.content import arguments_of, digest_of

SYNC = {
    Message.Direction.INBOUND: "sync-inbound-message",
    Message.Direction.OUTBOUND: "sync-outbound-message",
}


def store(message: Message, external_id: str, external_conversation_id: str) -> Message:
    """Store a new message of the host and have Front told, or return the one that it repeats.

    Raises ``InvalidArgument`` for an id that Front would refuse, and ``ExternalIdConflict``.
    """
    validate_id(external_conversation_id, "external_conversation_id")
    message.source = Message.Source.HOST
    message.state = Message.State.QUEUED
    message.external_id = validate_id(external_id, "external_id")
    message.digest = digest(external_id)
    message.content_digest = digest_of(message, external_conversation_id)
    threads = ExternalConversation.objects.of(message.channel, [external_conversation_id])
    message.external_conversation = threads.select_related("conversation").first()
    try:
        with database.atomic():
            message.save(force_insert=True)
            enqueue_sync(message, external_conversation_id)
    except IntegrityError:
        stored = Message.objects.with_external_id(message.channel, message.external_id).first()
        if stored is None:
            raise
        return _repeated(message, stored)
    return message


def _repeated(message: Message, stored: Message) -> Message:
    """The message that is there already, where the new one only repeats it."""
    if stored.content_digest not in ("", message.content_digest):
        raise ExternalIdConflict(
            f"The external id {message.external_id!r} already belongs to a message with other content. "
            "Give every message an id of its own."
        )
    return stored


def enqueue_sync(message: Message, external_conversation_id: str) -> None:
    """Have Front told about a stored message."""
    enqueue_call(
        message.channel,
        SYNC[Message.Direction(message.direction)],
        arguments_of(message, external_conversation_id),
        external_conversation_id=external_conversation_id,
        message=message,
    )
