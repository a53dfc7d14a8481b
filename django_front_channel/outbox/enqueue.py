"""Store entries in the transactions of their facts, with INSERTs only.

If enqueuing changed the row of a lane, a host's open transaction would block workers, and two hosts could deadlock. So
workers make lanes due themselves (``admission``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django_front_channel.core import clock
from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane, WebhookEvent
from django_front_channel.outbox.wake_up import wake_up_on_commit

REPROCESS_SECONDS = 5.0


def enqueue_request(
    channel: Channel,
    operation: str,
    arguments: dict[str, Any],
    *,
    external_conversation_id: str,
    message: Message | None = None,
    topic: str = OutboxLane.Topic.MESSAGES,
    actor: str = "",
) -> OutboxEntry:
    """Enqueue a request to Front, behind the earlier ones of the same thread.

    ``operation``                 Front's operation id
    ``arguments``                 those of the client's method, as JSON
    ``external_conversation_id``  the id of the thread; for another ``topic`` than messages, the id of the object that
                                  the request is about
    ``message``                   the message that the request is about, if there is one
    ``topic``                     the lane's topic: requests of another topic than messages delay no message
    ``actor``                     who asked for the request
    """
    return _insert(
        kind=OutboxEntry.Kind.REQUEST,
        is_new=True,
        channel=channel,
        direction=OutboxLane.Direction.SYNC,
        topic=topic,
        external_conversation_id=external_conversation_id,
        operation=operation,
        payload=arguments,
        message=message,
        actor=actor,
    )


def enqueue_delivery(message: Message, *, late_at: datetime, notice_at: datetime | None) -> OutboxEntry:
    """Enqueue the delivery of a message from Front to the customer, behind the earlier ones of its thread.

    ``late_at``    the time from which the delivery is too late
    ``notice_at``  the time when the team is told if the delivery still waits; None for never
    """
    return _insert(
        kind=OutboxEntry.Kind.DELIVER,
        is_new=True,
        channel=message.channel,
        direction=OutboxLane.Direction.DELIVER,
        external_conversation_id=message.external_conversation_id,
        message=message,
        late_at=late_at,
        notice_at=notice_at,
    )


def enqueue_processing(event: WebhookEvent) -> OutboxEntry:
    """Let a worker process a stored event, in a few seconds."""
    assert event.channel is not None
    return OutboxEntry.objects.create(
        kind=OutboxEntry.Kind.PROCESS,
        channel=event.channel,
        operation=event.type,
        event=event,
        due_at=clock.now() + timedelta(seconds=REPROCESS_SECONDS),
    )


def enqueue_receipt(channel: Channel, delivery_id: str, state: str, detail: str) -> OutboxEntry:
    """Store a receipt whose delivery id no message has yet: ``deliver()`` may not have returned."""
    return _insert(
        kind=OutboxEntry.Kind.RECEIPT,
        channel=channel,
        operation=state,
        payload={"delivery_id": delivery_id, "detail": detail},
        due_at=clock.now(),
    )


def _insert(**values: Any) -> OutboxEntry:
    entry = OutboxEntry.objects.create(**values)
    wake_up_on_commit()
    return entry
