"""Store a message to sync, with the outbox entry that sends it to Front."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError
from django.db.models import Exists, QuerySet

from django_front_channel.client.arguments import validate_id
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log_after_commit
from django_front_channel.core.pseudonyms import any_name, pseudonyms
from django_front_channel.exceptions import ExternalIdConflict
from django_front_channel.lifecycle.attachments import upload_of
from django_front_channel.lifecycle.messages import parties_of
from django_front_channel.models import Attachment, ConversationThread, Message, MessageParty
from django_front_channel.outbox.enqueue import enqueue_request
from django_front_channel.services.content import arguments_of, digest_of
from django_front_channel.services.files import AnyFile, Enclosure, enclosures

SYNC = {
    Message.Direction.INBOUND: "sync-inbound-message",
    Message.Direction.OUTBOUND: "sync-outbound-message",
}


@database.hidden_conflicts_told()
def store(
    message: Message, external_id: str, external_conversation_id: str, attachments: Sequence[AnyFile]
) -> Message:
    """Store a new message of the host with its entry, or return the stored message that it repeats.

    Raises ``InvalidArgument`` if Front would refuse an id or the files, ``ExternalIdConflict``, or ``SnapshotTooOld``.
    """
    message.external_conversation_id = validate_id(external_conversation_id, "external_conversation_id")
    files = enclosures(attachments)
    rows = [file.row for file in files]
    message.source = Message.Source.HOST
    message.state, message.state_changed_at = Message.State.QUEUED, clock.here()
    message.external_id = validate_id(external_id, "external_id")
    message.content_digest = digest_of(message, rows)
    message.describe()
    threads = ConversationThread.objects.filter(
        channel=message.channel, external_conversation_id=external_conversation_id
    )
    message.thread = (
        threads.select_related("conversation").annotate(is_erased=Exists(_erased(message))).first()
    )
    if message.thread is None or message.thread.is_erased:  # type: ignore[attr-defined]  # as annotated
        erased = _erased(message).first()
        if erased is not None:
            return _repeated(message, erased)
    if files:
        _check_size(message, rows)
        stored = _stored(message)
        if stored is not None:
            return _repeated(message, stored)  # without copying its files again
    try:
        return _insert(message, files)
    except IntegrityError:
        stored = _stored(message)
        if stored is None:
            raise
        return _repeated(message, stored)


def _insert(message: Message, files: Sequence[Enclosure]) -> Message:
    """Store the files, then the rows. If the rows cannot be written, the files are deleted again."""
    rows = [file.row for file in files]
    try:
        for file in files:
            file.keep(message.channel)
        with database.atomic():
            message.save(force_insert=True)
            MessageParty.objects.bulk_create(parties_of(message))
            for row in rows:
                row.message = message
            Attachment.objects.bulk_create(rows)
            enqueue_sync(message, rows)
            log_after_commit(LogEvent.SYNC_QUEUED, message_id=message.pk, channel_id=message.channel_id)
    except BaseException:
        for file in files:
            file.discard()
        raise
    return message


def _check_size(message: Message, files: Sequence[Attachment]) -> None:
    """Raise ``InvalidArgument`` if the files together are too large for one request to Front."""
    from django_front_channel.client.all_operations import OPERATIONS

    said = arguments_of(message, files)
    OPERATIONS[_operation(message)].check(**said, attachments=[upload_of(file) for file in files])


def _erased(message: Message) -> QuerySet[Message]:
    """Return the message with this external id if its person has been erased."""
    names = pseudonyms(message.channel_id, message.external_id)
    return Message.objects.filter(channel=message.channel, external_id__in=names)


def _stored(message: Message) -> Message | None:
    return Message.objects.filter(channel=message.channel, external_id=message.external_id).first()


def _repeated(message: Message, stored: Message) -> Message:
    """Return the stored message. Raises ``ExternalIdConflict`` if the new one has other content."""
    if stored.content_digest not in ("", *any_name(message.channel_id, message.content_digest)):
        raise ExternalIdConflict(
            f"The external id {message.external_id!r} already belongs to a message with other content. "
            "Use a new id for each message.",
            argument="external_id",
        )
    return stored


def enqueue_sync(message: Message, files: Sequence[Attachment]) -> None:
    """Enqueue the request that syncs a stored message with these files."""
    arguments = arguments_of(message, files)
    enqueue_request(
        message.channel,
        _operation(message),
        {**arguments, "attachments": [file.pk for file in files]} if files else arguments,
        external_conversation_id=message.external_conversation_id,
        message=message,
    )


def _operation(message: Message) -> str:
    return SYNC[Message.Direction(message.direction)]
