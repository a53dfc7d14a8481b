"""Leases of lanes, with a fencing token: which lanes are due, and which worker holds them.

Call these functions inside the transaction that commits the work on the lanes, except ``put_off_lane`` and the
functions about single entries. Lanes are locked in the order of their keys, and before anything else.
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
    """Lock the lanes of the queue that have been due for longest. Lanes that somebody else has locked are skipped.

    ``most``     the greatest number of lanes
    ``without``  keys of lanes to leave out
    ``only``     keys of the lanes to choose from; empty for all lanes
    """
    due = OutboxLane.objects.due(now).filter(queue=queue).with_next()
    if without:
        due = due.exclude(pk__in=without)
    if only:
        due = due.filter(pk__in=only)
    return list(due.select_for_update(skip_locked=True)[:most])


def lease(lanes: Collection[OutboxLane], now: datetime) -> None:
    """Take a lease on each of these locked lanes."""
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
    """Give these locked lanes back.

    ``delays``  the seconds until each lane is due, by its key; None if it is due at once

    Returns the queues of the lanes in which something waits. The caller must wake them at the end of the transaction.
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
    """Put off a lane that is due, unless somebody has taken it meanwhile."""
    OutboxLane.objects.filter(pk=lane.pk, due_at__lte=now).update(due_at=until)


def retry_lanes(pks: Iterable[int], now: datetime) -> int:
    """Make those of these lanes due now in which something waits. Returns their number.

    Lanes that a worker holds, or that are due already, stay unchanged.
    """
    with database.atomic():
        lanes = _lock_waiting(pks)
        OutboxLane.objects.filter(pk__in=lanes, due_at__gt=now).free(now).update(due_at=now)
        queues.wake(lanes.values(), now)
    return len(lanes)


def hasten_channel(channel: Channel, now: datetime) -> None:
    """Make all lanes of the channel due now that wait for their next attempt."""
    OutboxLane.objects.filter(channel=channel, due_at__gt=now).free(now).update(due_at=now)


def fence(pks: Iterable[int], now: datetime) -> None:
    """Take these lanes away from the workers that hold them. If something waits in a lane, it is due at once."""
    lanes = _lock_waiting(pks)
    OutboxLane.objects.filter(pk__in=lanes).update(
        lease_token=F("lease_token") + 1, lease_until=None, due_at=now
    )
    queues.wake(lanes.values(), now)


def lease_entry(entry: OutboxEntry, now: datetime) -> bool:
    """Take a lease on an entry that is in no lane.

    Returns False if another worker has taken the entry since it was read, or if it is not due.
    """
    until = now + timedelta(seconds=conf.outbox.lease)
    if not OutboxEntry.objects.held(entry).filter(due_at__lte=now).lease(until):
        return False
    entry.lease_token += 1
    return True


def release_entry(entry: OutboxEntry) -> bool:
    """Give the entry back. Returns False if another worker has taken it over, or if it is done and deleted."""
    return bool(OutboxEntry.objects.held(entry).update(lease_until=None))


def put_off_entry(entry: OutboxEntry, until: datetime) -> None:
    """Make an entry that is in no lane due at ``until``."""
    OutboxEntry.objects.held(entry).update(due_at=until)


def _lock_waiting(pks: Iterable[int]) -> dict[int, int | None]:
    """Lock those of these lanes in which something waits. Returns the key of each lane's queue, by the lane's key."""
    waiting = OutboxLane.objects.filter(pk__in=list(pks), due_at__isnull=False).order_by("pk")
    return dict(waiting.select_for_update().values_list("pk", "queue"))


def _move_to_their_queues(lanes: Collection[OutboxLane]) -> None:
    """Move each lane whose most urgent entry has changed to the queue of that entry's priority."""
    for lane in lanes:
        if lane.queue is not None and lane.queue.priority != lane.next_priority:
            other = OutboxQueue.objects.filter(
                channel=lane.channel_id, direction=lane.direction, priority=lane.next_priority
            ).first()
            # There may be no such queue until the entry is admitted.
            if other is not None:
                OutboxLane.objects.filter(pk=lane.pk).update(queue=other)
                lane.queue = other
