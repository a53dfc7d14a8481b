"""The queues: they tell workers when to look for work, by channel, direction and priority.

An empty queue costs nothing, nor does the queue of a closed or paused channel. Code that makes a lane due also wakes
the lane's queue. It does so in the last step of the same transaction, so that others do not wait long for the row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import IntegrityError
from django.db.models import Case, F, Q, When

from django_front_channel.core import database
from django_front_channel.models import Channel, OutboxLane, OutboxQueue
from django_front_channel.models.outbox import Priority

MOST_QUEUES = 64

QueueName = tuple[int, str, int]
"""The key of a channel, a direction and a priority."""


def due_queues(direction: str, now: datetime, also: Collection[int] = ()) -> list[OutboxQueue]:
    """Return the queues to look at now, with their channels.

    Live queues come before backfilled ones. Within each priority, the queue that has waited longest comes first.

    ``also``  keys of queues to include even if they are not due
    """
    found: list[OutboxQueue] = []
    for priority in Priority.values:  # one index seek each
        due = OutboxQueue.objects.filter(direction=direction, priority=priority, look_at__lte=now)
        found += due.order_by("look_at").select_related("channel")[:MOST_QUEUES]
    missing = set(also) - {queue.pk for queue in found}
    if missing:
        found += OutboxQueue.objects.filter(pk__in=missing).select_related("channel")
        found.sort(key=lambda queue: queue.priority)
    return found


def ensure_queues(names: Iterable[QueueName]) -> dict[QueueName, int]:
    """Return the keys of the queues with these names. Missing queues are created."""
    wanted = set(names)
    queues = _named(wanted)
    missing = sorted(wanted - queues.keys())
    for channel, direction, priority in missing:
        try:
            with database.durable():
                OutboxQueue.objects.create(channel_id=channel, direction=direction, priority=priority)
        except IntegrityError:
            pass  # another worker was faster
    return _named(wanted) if missing else queues


def wake(queues: Iterable[int | None], now: datetime) -> None:
    """Make workers look at these queues now. Call it in the transaction that makes their lanes due."""
    pks = {pk for pk in queues if pk is not None}
    if not pks:
        return
    rows = OutboxQueue.objects.filter(pk__in=pks)
    with database.atomic(savepoint=False):
        if len(pks) > 1:
            # Lock the rows in the order of their keys, as every transaction does, so that none deadlock.
            list(rows.order_by("pk").select_for_update().values_list("pk"))
        rows.update(look_at=now, version=F("version") + 1)


def wake_channel(channel: Channel, now: datetime) -> None:
    """Make workers look at all queues of the channel now, because it may have been opened."""
    wake(OutboxQueue.objects.filter(channel=channel).values_list("pk", flat=True), now)


def put_off(until: Mapping[OutboxQueue, datetime | None]) -> None:
    """Let workers look at each of these queues at the given time, or with None only when somebody wakes the queue.

    A queue that somebody has woken since it was read stays unchanged.
    """
    if not until:
        return
    seen = Q(pk__in=())
    for queue in until:
        seen |= Q(pk=queue.pk, version=queue.version)
    whens = [When(pk=queue.pk, then=moment) for queue, moment in until.items() if moment is not None]
    OutboxQueue.objects.filter(seen).update(look_at=Case(*whens) if whens else None)


def next_looks(queues: Collection[OutboxQueue]) -> dict[OutboxQueue, datetime | None]:
    """Return when the first lane of each queue is due, or None if nothing waits in it."""
    return {queue: _first_due(queue) for queue in queues}


def _first_due(queue: OutboxQueue) -> datetime | None:
    waiting = OutboxLane.objects.filter(queue=queue, due_at__isnull=False).order_by("due_at")
    return waiting.values_list("due_at", flat=True).first()


def _named(names: Collection[QueueName]) -> dict[QueueName, int]:
    channels = {channel for channel, _direction, _priority in names}
    rows = OutboxQueue.objects.filter(channel__in=channels).values_list(
        "channel", "direction", "priority", "pk"
    )
    found = {(channel, direction, priority): pk for channel, direction, priority, pk in rows}
    return {name: found[name] for name in names if name in found}
