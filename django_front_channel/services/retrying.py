"""Try again, or not at all."""

from __future__ import annotations

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import (
    ExternalConversation,
    Message,
    OutboxAttempt,
    OutboxEntry,
    OutboxLane,
    clock,
    database,
)
from django_front_channel.outbox.calls import REPORT_FAILURE
from django_front_channel.outbox.enqueue import enqueue_delivery
from django_front_channel.services.rows import check_row
from django_front_channel.services.syncing import enqueue_sync


def retry(message: Message) -> Message:
    """Try again now: a message that waits, at once; one that failed or was cancelled, from the beginning.

    Returns the message. Raises ``InvalidArgument`` when there is nothing to try.
    """
    check_row("messages.retry", Message, message)
    with database.atomic():
        waiting = OutboxEntry.objects.unsettled().filter(message=message).exclude(lane_key="")
        # That Front is still to be told of a failure is no try of the message.
        keys = list(waiting.exclude(operation=REPORT_FAILURE).values_list("lane_key", flat=True))
        if keys:
            OutboxLane.objects.filter(key__in=keys, due_at__isnull=False).update(due_at=clock.now())
        elif message.is_from_front:
            _deliver_again(message)
        else:
            _sync_again(message)
    return message


def cancel(message: Message) -> Message:
    """Keep a message that is still queued from being sent to Front, or to the customer.

    Returns the message. Raises ``InvalidArgument`` when a try has begun: its outcome may be unknown.
    """
    check_row("messages.cancel", Message, message)
    with database.atomic():
        _refuse_begun(message)
        entries = OutboxEntry.objects.unsettled().filter(
            message=message, attempts=0, attempt_started_at__isnull=True
        )
        entry = entries.first()
        cancelled = entries.update(state=OutboxEntry.State.CANCELLED, settled_at=clock.now(), payload={})
        _keep_thread(message, entry)  # after the entry, whose row a worker locks first too
        since = (Message.State.QUEUED, Message.State.RECEIVED)
        if not cancelled or not Message.objects.advance(message, Message.State.CANCELLED, since=since):
            raise InvalidArgument("Only a message that nobody has begun to send can be cancelled.")
    return message


def _refuse_begun(message: Message) -> None:
    unknown = OutboxAttempt.objects.filter(entry__message=message, outcome=OutboxAttempt.Outcome.AMBIGUOUS)
    if unknown.exists():
        raise InvalidArgument("An earlier try of this message may have succeeded, so it cannot be cancelled.")


def _sync_again(message: Message) -> None:
    since = (Message.State.FAILED, Message.State.CANCELLED)
    if message.external_conversation is None or not Message.objects.advance(
        message, Message.State.QUEUED, since=since
    ):
        raise InvalidArgument("Only a message that waits, failed or was cancelled can be tried again.")
    enqueue_sync(message, message.external_conversation.external_id, list(message.attachments.all()))


def _deliver_again(message: Message) -> None:
    since = (Message.State.FAILED, Message.State.CANCELLED)
    # A receipt of the former delivery is none of the one that is to come.
    unnamed = {"delivery_id": "", "delivery_digest": ""}
    if not Message.objects.advance(message, Message.State.RECEIVED, since=since, **unnamed):
        raise InvalidArgument("Only a message that waits, failed or was cancelled can be tried again.")
    enqueue_delivery(message)


def _keep_thread(message: Message, entry: OutboxEntry | None) -> None:
    """Note a new thread, which only the entry's payload names, on the message itself."""
    if entry is None or message.external_conversation is not None:
        return
    thread = ExternalConversation.objects.ensure(message.channel, entry.payload["external_conversation_id"])
    Message.objects.filter(pk=message.pk).update(external_conversation=thread)
    message.external_conversation = thread
