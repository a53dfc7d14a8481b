"""Write entries, with the facts that they are about. INSERTs only.

Touching a lane's row here would let a host's open transaction hold up workers, and two hosts deadlock; workers
put lanes to work themselves (``admission``).
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
    """Have a request made to Front, in the order of this thread.

    ``operation`` is Front's operation id and ``arguments`` are the client method's, as JSON. ``message`` is the
    one that it is about. Requests of another ``topic`` than messages have an order of their own, and hold up no
    message; there the id may be that of something else. ``actor`` says who asked for it.
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
    """Have a message of Front handed to the customer, in the order of its thread, unless it is too late by then.

    If it still waits at ``notice_at``, the team is told; None means never.
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
    """Have a stored event processed by a worker, in a few seconds."""
    assert event.channel is not None
    return OutboxEntry.objects.create(
        kind=OutboxEntry.Kind.PROCESS,
        channel=event.channel,
        operation=event.type,
        event=event,
        due_at=clock.now() + timedelta(seconds=REPROCESS_SECONDS),
    )


def enqueue_receipt(channel: Channel, delivery_id: str, state: str, detail: str) -> OutboxEntry:
    """Keep a receipt that no message is known by: ``deliver()`` may not have returned yet."""
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
