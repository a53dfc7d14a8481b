"""Put the lanes of newly committed entries to work.

Live entries are admitted before backfilled ones. Within each kind, channels take turns: no channel gets a second
portion before every channel has had its first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db import IntegrityError
from django.db.models import Case, Value, When
from django.db.models.functions import Coalesce

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.models import OutboxEntry, OutboxLane
from django_front_channel.models.outbox import OutboxEntryQuerySet, Priority
from django_front_channel.outbox import queues


class Admission:
    """Finds the entries of one kind that no worker has seen, portion by portion."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._last_channel = 0

    def next_portion(self) -> list[OutboxEntry]:
        """Return a few new entries of one priority, or an empty list. The entries of each channel are in order, oldest
        first.

        The portion begins with the channel after the last channel of the previous portion.
        """
        if not self._new().exists():
            return []
        for priority in Priority.values:
            new = self._new().filter(priority=priority).order_by("channel", "id")
            following = new.filter(channel__gt=self._last_channel)
            portion = list(following[: conf.outbox.batch]) or list(new[: conf.outbox.batch])
            if portion:
                self._last_channel = portion[-1].channel_id
                return portion
        return []

    def _new(self) -> OutboxEntryQuerySet:
        # With ``is_new=True``, SQLite would use no index.
        return OutboxEntry.objects.filter(is_new__in=[True], kind=self._kind)


def prepare(entries: Collection[OutboxEntry]) -> dict[queues.QueueName, int]:
    """Create the lanes and queues that these entries lack, and return the queues' keys.

    If another worker creates some of them at the same time, each is created in its own transaction.
    """
    names = {entry.lane_name for entry in entries}
    existing = {lane.lane_name for lane in OutboxLane.objects.named(names)}
    missing = [OutboxLane(**name._asdict()) for name in sorted(names - existing)]
    try:
        with database.durable():
            OutboxLane.objects.bulk_create(missing)
    except IntegrityError:
        # Another worker has created some of these lanes meanwhile.
        for lane in missing:
            with database.durable():
                OutboxLane.objects.get_or_create(**lane.lane_name._asdict())
    return queues.ensure_queues({_queue_name(entry) for entry in entries})


def admit(
    entries: Collection[OutboxEntry], known: Mapping[queues.QueueName, int]
) -> tuple[int, Collection[int]]:
    """Make the lanes of these new entries due, in the current transaction.

    ``known``  the result of ``prepare()`` for these entries

    Returns the number of admitted entries, and the queues that the caller must wake at the end of the transaction.

    If a worker is about to leave a lane idle, the UPDATE waits for that worker's transaction. So no entry is overlooked
    between the worker's last look and its commit.
    """
    # Every transaction locks lanes in this order, so that none deadlock. If a lane was pruned meanwhile, its entries
    # wait for the next portion, which creates the lane.
    lanes = OutboxLane.objects.named({entry.lane_name for entry in entries}).order_by("pk")
    locked = {lane.lane_name: lane for lane in lanes.select_for_update()}
    now = clock.now()
    own: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        lane = locked.get(entry.lane_name)
        # A lane that is due stays in its queue, unless something more urgent comes.
        if lane is not None and (lane.due_at is None or entry.priority == Priority.LIVE):
            own[known[_queue_name(entry)]].append(lane.pk)
    if own:
        rows = OutboxLane.objects.filter(pk__in=[pk for pks in own.values() for pk in pks])
        queue = Case(*(When(pk__in=pks, then=Value(queue)) for queue, pks in own.items()))
        rows.update(due_at=Coalesce("due_at", Value(now)), queue=queue)
    pks = [entry.pk for entry in entries if entry.lane_name in locked]
    # Another worker may have admitted some of these entries since they were read.
    admitted = OutboxEntry.objects.filter(pk__in=pks, is_new=True).update(is_new=False)
    return admitted, own.keys()


def _queue_name(entry: OutboxEntry) -> queues.QueueName:
    return entry.channel_id, entry.direction, entry.priority
