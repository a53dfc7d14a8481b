"""Put the lanes of newly committed entries to work."""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import Value
from django.db.models.functions import Coalesce

from django_front_channel.conf import conf
from django_front_channel.models import OutboxEntry, OutboxLane, clock, database

MOST_BATCHES = 1000
DIRECTIONS = {
    OutboxEntry.Kind.CALL: OutboxLane.Direction.SYNC,
    OutboxEntry.Kind.DELIVER: OutboxLane.Direction.DELIVER,
}


def admit_all(kind: OutboxEntry.Kind) -> int:
    """Admit all new entries, so that a long backlog of one lane keeps no other waiting. Returns how many."""
    total = 0
    for _ in range(MOST_BATCHES):
        admitted = admit(kind)
        total += admitted
        if admitted < conf.outbox.batch:
            break
    return total


def admit(kind: OutboxEntry.Kind) -> int:
    """Make the lanes of new entries due, oldest entry first. Returns how many entries it admitted.

    A lane that a worker is about to leave idle is updated all the same: the UPDATE waits for that worker's
    transaction, and so no entry is overlooked between its last look and its commit.
    """
    new = OutboxEntry.objects.filter(state=OutboxEntry.State.NEW, kind=kind)
    entries = list(new.order_by("id").select_related("channel")[: conf.outbox.batch])
    if not entries:
        return 0
    _create_lanes(entries, DIRECTIONS[kind])
    with database.durable():
        lanes = OutboxLane.objects.filter(key__in={entry.lane_key for entry in entries})
        # One order for all, so that nobody deadlocks. A lane that was pruned meanwhile has its entries wait for the
        # next round, which creates it.
        locked = list(lanes.order_by("pk").select_for_update().values_list("key", flat=True))
        OutboxLane.objects.filter(key__in=locked).update(due_at=Coalesce("due_at", Value(clock.now())))
        admitted = OutboxEntry.objects.filter(
            pk__in=[entry.pk for entry in entries if entry.lane_key in locked], state=OutboxEntry.State.NEW
        )
        return admitted.update(state=OutboxEntry.State.PENDING)


def _create_lanes(entries: list[OutboxEntry], direction: OutboxLane.Direction) -> None:
    by_key = {entry.lane_key: entry for entry in entries}
    existing = OutboxLane.objects.filter(key__in=by_key).values_list("key", flat=True)
    missing = [
        OutboxLane(key=key, channel=by_key[key].channel, direction=direction)
        for key in sorted(by_key.keys() - set(existing))
    ]
    try:
        with database.durable():
            OutboxLane.objects.bulk_create(missing)
    except IntegrityError:
        # Another worker was faster with some of them.
        for lane in missing:
            with database.durable():
                OutboxLane.objects.get_or_create(
                    key=lane.key, defaults={"channel": lane.channel, "direction": direction}
                )
