"""Write entries, with the facts that they are about. INSERTs only.

Touching a lane's row here would let a host's open transaction hold up workers, and two hosts deadlock; workers
put lanes to work themselves (``admission``).
"""

from __future__ import annotations

from typing import Any

from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane
from django_front_channel.outbox.wake_up import wake_up_on_commit


def enqueue_call(
    channel: Channel,
    operation: str,
    arguments: dict[str, Any],
    *,
    external_conversation_id: str,
    message: Message | None = None,
    queue: str = OutboxLane.Direction.SYNC,
) -> OutboxEntry:
    """Have Front called, in the order of this external conversation.

    ``operation`` is Front's operation id and ``arguments`` are the client method's, as JSON. ``message`` is the
    one that it is about. Calls of another ``queue`` have an order of their own, and hold up no message.
    """
    return _insert(
        kind=OutboxEntry.Kind.CALL,
        channel=channel,
        lane_key=OutboxLane.key_for(channel, queue, external_conversation_id),
        operation=operation,
        payload={"arguments": arguments, "external_conversation_id": external_conversation_id},
        message=message,
    )


def enqueue_delivery(message: Message) -> OutboxEntry:
    """Have a message of Front handed to the customer, in the order of its external conversation."""
    assert message.external_conversation is not None
    thread = message.external_conversation.external_id
    return _insert(
        kind=OutboxEntry.Kind.DELIVER,
        channel=message.channel,
        lane_key=OutboxLane.key_for(message.channel, OutboxLane.Direction.DELIVER, thread),
        message=message,
    )


def _insert(**values: Any) -> OutboxEntry:
    entry = OutboxEntry.objects.create(**values)
    wake_up_on_commit()
    return entry
