"""Which lanes are due, and whose they are: leases with a fencing token.

All but ``put_off_lane`` and the functions about single entries are called inside a transaction that commits what is
done with the lanes. Lanes are locked by key, and before anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Case, F, Value, When

from django_front_channel.conf import conf
from django_front_channel.core import database
from django_front_channel.models import Channel, OutboxEntry, OutboxLane, OutboxQueue
from django_front_channel.outbox import queues


def due_lanes(
    queue: OutboxQueue,
    now: datetime,
    *,
    most: int,
    without: Collection[int] = (),
    only: Collection[int] = (),
) -> list[OutboxLane]:
    """Lock the lanes of the queue that have been due for longest, without waiting for anybody.

    Lanes of the keys in ``without`` are left out, and all but those in ``only`` where there are some.
    """
    due = OutboxLane.objects.due(now).filter(queue=queue).with_next()
    if without:
        due = due.exclude(pk__in=without)
    if only:
        due = due.filter(pk__in=only)
    return list(due.select_for_update(skip_locked=True)[:most])


def lease(lanes: Collection[OutboxLane], now: datetime) -> None:
    """Take these locked lanes for a lease."""
    if not lanes:
        return
    until = now + timedelta(seconds=conf.outbox.lease)
    OutboxLane.objects.filter(pk__in=[lane.pk for lane in lanes]).lease(until)
    for lane in lanes:
        lane.lease_token += 1


def locked(tokens: Mapping[int, int]) -> dict[int, OutboxLane]:
    """Lock the lanes of these keys that are still held by these tokens, and return them by key."""
    rows = OutboxLane.objects.filter(pk__in=tokens.keys()).order_by("pk").select_for_update()
    return {lane.pk: lane for lane in rows if lane.lease_token == tokens[lane.pk]}


def give_back(delays: Mapping[int, float | None], now: datetime) -> set[int | None]:
    """Give locked lanes back, by key: to be due after so many seconds, or with None as soon as possible.

    Returns the queues in which lanes are due again. The caller wakes them last of all.
    """
    lanes = list(OutboxLane.objects.filter(pk__in=delays.keys()).select_related("queue").with_next())
    idle = [lane.pk for lane in lanes if lane.next_entry is None]
    waiting = [lane for lane in lanes if lane.next_entry is not None]
    at_once = [lane.pk for lane in waiting if not delays[lane.pk]]
    later = [lane for lane in waiting if delays[lane.pk]]
    if idle:
        OutboxLane.objects.filter(pk__in=idle).update(due_at=None, lease_until=None)
    if at_once:
        OutboxLane.objects.filter(pk__in=at_once).update(due_at=now, lease_until=None)
    if later:
        due = [When(pk=lane.pk, then=Value(now + timedelta(seconds=delays[lane.pk] or 0))) for lane in later]
        rows = OutboxLane.objects.filter(pk__in=[lane.pk for lane in later])
        rows.update(due_at=Case(*due), lease_until=None)
    _move_to_their_queues(waiting)
    return {lane.queue_id for lane in waiting}


def put_off_lane(lane: OutboxLane, now: datetime, until: datetime) -> None:
    """Let one lane wait that is due, unless somebody has taken it since."""
    OutboxLane.objects.filter(pk=lane.pk, due_at__lte=now).update(due_at=until)


def retry_lanes(pks: Iterable[int], now: datetime) -> int:
    """Let those of these lanes be due now in which something waits. Returns how many there are.

    Lanes that a worker holds, or that have been due for longer, stay as they are.
    """
    with database.atomic():
        lanes = _lock_waiting(pks)
        OutboxLane.objects.filter(pk__in=lanes, due_at__gt=now).free(now).update(due_at=now)
        queues.wake(lanes.values(), now)
    return len(lanes)


def hasten_channel(channel: Channel, now: datetime) -> None:
    """Let all lanes of the channel be due now that wait for their next attempt."""
    OutboxLane.objects.filter(channel=channel, due_at__gt=now).free(now).update(due_at=now)


def fence(pks: Iterable[int], now: datetime) -> None:
    """Take these lanes from whoever holds them. They are due at once where something waits."""
    lanes = _lock_waiting(pks)
    OutboxLane.objects.filter(pk__in=lanes).update(
        lease_token=F("lease_token") + 1, lease_until=None, due_at=now
    )
    queues.wake(lanes.values(), now)


def lease_entry(entry: OutboxEntry, now: datetime) -> bool:
    """Take an entry that is in no lane for a lease, if nobody else has taken it since it was read."""
    until = now + timedelta(seconds=conf.outbox.lease)
    if not OutboxEntry.objects.held(entry).filter(due_at__lte=now).lease(until):
        return False
    entry.lease_token += 1
    return True


def release_entry(entry: OutboxEntry) -> bool:
    """Give the entry back. False when it was taken over by another worker, or is done and deleted."""
    return bool(OutboxEntry.objects.held(entry).update(lease_until=None))


def put_off_entry(entry: OutboxEntry, until: datetime) -> None:
    """Let an entry that is in no lane be due then."""
    OutboxEntry.objects.held(entry).update(due_at=until)


def _lock_waiting(pks: Iterable[int]) -> dict[int, int | None]:
    """Lock those of these lanes in which something waits. Returns their queues by key."""
    waiting = OutboxLane.objects.filter(pk__in=list(pks), due_at__isnull=False).order_by("pk")
    return dict(waiting.select_for_update().values_list("pk", "queue"))


def _move_to_their_queues(lanes: Collection[OutboxLane]) -> None:
    """Move lanes in which the most urgent entry has become another to the queues of that priority."""
    for lane in lanes:
        if lane.queue is not None and lane.queue.priority != lane.next_priority:
            other = OutboxQueue.objects.filter(
                channel=lane.channel_id, direction=lane.direction, priority=lane.next_priority
            ).first()
            # An entry that is not admitted yet may be the first of its priority.
            if other is not None:
                OutboxLane.objects.filter(pk=lane.pk).update(queue=other)
                lane.queue = other
