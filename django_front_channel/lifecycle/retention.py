"""Keep no personal data, and no rows, longer than ``FRONT_CHANNEL_RETENTION`` says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.storage import discard_file, files_before
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.gateway import is_foreign
from django_front_channel.models import (
    Attachment,
    Batch,
    Channel,
    OutboxAttempt,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)
from django_front_channel.models.outbox import LaneName

# No transaction stays open for longer, so that every file of the day before yesterday has its row.
LONGEST_TRANSACTION = timedelta(days=1)


@dataclass(frozen=True)
class Pruned:
    """How much went, or would go."""

    webhook_bodies: int
    outbox_entries: int
    outbox_attempts: int
    files: int = 0
    outbox_lanes: int = 0
    pauses: int = 0
    batches: int = 0


def prune(*, now: datetime | None = None, batch: int = 1000, dry_run: bool = False) -> Pruned:
    """Blank old webhook events, and delete old settled outbox entries, stray files, and what has become empty.

    An event keeps its digest, key, answer and state, so that a repetition still gets its first answer. What it says
    goes without exception: an event that nobody could process in all that time never will be. Unsettled entries and
    messages stay. Stray files are those of ours in ``FRONT_CHANNEL_ATTACHMENT_STORAGE`` that no attachment has named
    for two days, because a transaction was rolled back or a row was deleted. Lanes and finished batches without
    entries go too, and pauses that are over.

    ``now``      an aware datetime, from which ages are counted; by default the database's time
    ``batch``    rows in one transaction
    ``dry_run``  only count, and change nothing

    Returns the numbers. Raises ``InvalidArgument`` for a batch below 1 or a naive ``now``, and Django's
    ``RuntimeError`` inside a transaction, which would hold the locks of all batches.
    """
    _check_batch(batch)
    now = clock.now() if now is None else clock.as_stored(now, "now")
    events = _blankable(now - timedelta(seconds=conf.retention.webhook_bodies))
    entries = _deletable(now - timedelta(seconds=conf.retention.outbox_entries))
    lanes, pauses = OutboxLane.objects.idle(), Pause.objects.over(now)
    batches = Batch.objects.filter(finished_at__lt=now - timedelta(seconds=conf.retention.outbox_entries))
    batches = batches.filter(~Exists(OutboxEntry.objects.filter(batch=OuterRef("pk"))))
    if dry_run:
        attempts = OutboxAttempt.objects.filter(entry__in=entries)
        stray = sum(map(len, _stray_files(now, batch)))
        rows = (_without_entries(lanes), pauses, batches)
        return Pruned(
            events.count(), entries.count(), attempts.count(), stray, *(each.count() for each in rows)
        )
    bodies = sum(_blank(events, pks) for pks in _batches(events, batch))
    deleted = [_delete(entries, pks) for pks in _batches(entries, batch)]
    alias = conf.attachment_storage
    return Pruned(
        webhook_bodies=bodies,
        outbox_entries=sum(entries for entries, _ in deleted),
        outbox_attempts=sum(attempts for _, attempts in deleted),
        # A lane that gets an entry meanwhile may go all the same: admission creates it again.
        outbox_lanes=sum(_delete_still(lanes, pks) for pks in _batches(_without_entries(lanes), batch)),
        pauses=sum(_delete_still(pauses, pks) for pks in _batches(pauses, batch)),
        batches=sum(_delete_still(batches, pks) for pks in _batches(batches, batch)),
        # Last, because a storage that is away ends it here.
        files=sum(discard_file(alias, name) for names in _stray_files(now, batch) for name in names),
    )


def _check_batch(batch: object) -> None:
    if not isinstance(batch, int) or isinstance(batch, bool) or batch < 1:
        raise InvalidArgument(
            "batch must be a number of rows, 1 or more.", code="out_of_range", argument="batch"
        )


def _blankable(before: datetime) -> QuerySet[WebhookEvent]:
    old = WebhookEvent.objects.filter(received_at__lt=before)
    return old.exclude(body="", external_conversation_id="", customer_handle="", detail="")


def _deletable(before: datetime) -> QuerySet[OutboxEntry]:
    return OutboxEntry.objects.filter(settled_at__lt=before).exclude(state=OutboxEntry.State.PENDING)


def _without_entries(lanes: QuerySet[OutboxLane]) -> QuerySet[OutboxLane]:
    own = {name: OuterRef(name) for name in LaneName._fields}
    return lanes.filter(~Exists(OutboxEntry.objects.filter(**own)))


def _batches(rows: QuerySet[Any], size: int) -> Iterator[list[int]]:
    """The primary keys in ascending order, so that two prunes at once never deadlock."""
    last = 0
    while pks := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]):
        yield pks
        last = pks[-1]


def _blank(events: QuerySet[WebhookEvent], pks: list[int]) -> int:
    with database.durable():
        return events.filter(pk__in=pks).update(
            body="", external_conversation_id="", customer_handle="", detail=""
        )


def _delete(entries: QuerySet[OutboxEntry], pks: list[int]) -> tuple[int, int]:
    """Return how many entries and how many attempts were deleted."""
    with database.durable():
        attempts, _ = OutboxAttempt.objects.filter(entry__in=pks).delete()
        deleted, _ = entries.filter(pk__in=pks).delete()
    return deleted, attempts


def _delete_still(rows: QuerySet[Any], pks: list[int]) -> int:
    """Delete those that still belong to ``rows``: the DELETE waits for whoever changes one, and looks again.

    One statement, also where a host has connected receivers: for them, ``delete()`` reads the rows first, and then
    deletes some that have come to life since.
    """
    with database.durable():
        deleted: int = rows.filter(pk__in=pks)._raw_delete(database.alias())  # noqa: SLF001 - no public one does
    return deleted


def _stray_files(now: datetime, batch: int) -> Iterator[list[str]]:
    """The names of files that no attachment names, and none will: the transaction that could have is over.

    Leaves out channels that are connected elsewhere: a copy of the database lacks rows that the original has.
    """
    for channel in Channel.objects.order_by("pk"):
        app = conf.find_app(channel.app)
        if app is None or is_foreign(channel, app):
            continue
        for names in files_before(channel.webhook_key, (now - LONGEST_TRANSACTION).astimezone(UTC).date()):
            for first in range(0, len(names), batch):
                some = names[first : first + batch]
                named = Attachment.objects.filter(name__in=some).values_list("name", flat=True)
                yield sorted(set(some) - set(named))
