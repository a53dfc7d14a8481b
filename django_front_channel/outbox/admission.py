"""Put the lanes of newly committed entries to work."""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import Value
from django.db.models.functions import Coalesce

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.models import OutboxEntry, OutboxLane


def new_entries(kind: str) -> list[OutboxEntry]:
    """The oldest entries of this kind that no worker has seen, as many as one batch has."""
    # Not ``is_new=True``, for which SQLite finds no index.
    new = OutboxEntry.objects.filter(is_new__in=[True], kind=kind)
    return list(new.order_by("id")[: conf.outbox.batch])


def admit(entries: list[OutboxEntry]) -> int:
    """Make the lanes of these new entries due, in the transaction at hand. Returns how many entries it admitted.

    A lane that a worker is about to leave idle is updated all the same: the UPDATE waits for that worker's
    transaction, and so no entry is overlooked between its last look and its commit. ``create_lanes()`` comes before.
    """
    # One order for all, so that nobody deadlocks. A lane that was pruned meanwhile has its entries wait for the
    # next round, which creates it.
    lanes = OutboxLane.objects.named({entry.lane_name for entry in entries}).order_by("pk")
    locked = {lane.lane_name: lane.pk for lane in lanes.select_for_update()}
    OutboxLane.objects.filter(pk__in=locked.values()).update(due_at=Coalesce("due_at", Value(clock.now())))
    pks = [entry.pk for entry in entries if entry.lane_name in locked]
    # Another worker may have admitted some of them since they were read.
    return OutboxEntry.objects.filter(pk__in=pks, is_new=True).update(is_new=False)


def create_lanes(entries: list[OutboxEntry]) -> None:
    """Create the lanes that these entries lack, each in a transaction of its own where somebody else creates some."""
    names = {entry.lane_name for entry in entries}
    existing = {lane.lane_name for lane in OutboxLane.objects.named(names)}
    missing = [OutboxLane(**name._asdict()) for name in sorted(names - existing)]
    try:
        with database.durable():
            OutboxLane.objects.bulk_create(missing)
    except IntegrityError:
        # Another worker was faster with some of them.
        for lane in missing:
            with database.durable():
                OutboxLane.objects.get_or_create(**lane.lane_name._asdict())
