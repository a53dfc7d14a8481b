"""Pruning: remove personal data and rows that are older than ``FRONT_CHANNEL_RETENTION`` allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.stored_files import discard_file, files_before
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

# No transaction is open longer than this. So a file from the day before yesterday that has no row will never get one.
LONGEST_TRANSACTION = timedelta(days=1)


@dataclass(frozen=True)
class Pruned:
    """The numbers of rows and files that were removed, or would be with ``dry_run``."""

    webhook_bodies: int
    outbox_entries: int
    outbox_attempts: int
    files: int = 0
    outbox_lanes: int = 0
    pauses: int = 0
    batches: int = 0


def prune(*, now: datetime | None = None, batch: int = 1000, dry_run: bool = False) -> Pruned:
    """Blank old webhook events, and delete old settled outbox entries and everything that nothing uses any more.

    An event keeps its digest, key, answer and state, so that Front gets the first answer again if it repeats the
    request. Its body is blanked even if it was never processed. Unsettled entries and messages stay.

    Also deleted are lanes and finished batches without entries, pauses that are over, and stray files: our files in
    ``FRONT_CHANNEL_ATTACHMENT_STORAGE`` that are at least two days old and that no attachment names. A rolled-back
    transaction or a deleted row leaves such files.

    ``now``      an aware datetime, from which ages are counted; by default the database's time
    ``batch``    the number of rows in one transaction
    ``dry_run``  only count, and change nothing

    Returns the numbers of rows and files. Raises ``InvalidArgument`` for a batch below 1 or a naive ``now``, and
    Django's ``RuntimeError`` inside a transaction, which would hold the locks of all batches.
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
        # A lane may be deleted although it has just got an entry. Admission creates it again.
        outbox_lanes=sum(_delete_still(lanes, pks) for pks in _batches(_without_entries(lanes), batch)),
        pauses=sum(_delete_still(pauses, pks) for pks in _batches(pauses, batch)),
        batches=sum(_delete_still(batches, pks) for pks in _batches(batches, batch)),
        # Last, because a storage that fails ends the pruning.
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
    """Yield the primary keys in ascending order, so that two prunes at the same time never deadlock."""
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
    """Delete the rows with these keys that still match ``rows``, in one statement. Returns their number.

    The DELETE waits for a transaction that changes a row, and then checks the row again. Django's ``delete()`` would
    read the rows first if a host has connected receivers, and then delete rows that no longer match.
    """
    with database.durable():
        deleted: int = rows.filter(pk__in=pks)._raw_delete(database.alias())  # noqa: SLF001 - no public way
    return deleted


def _stray_files(now: datetime, batch: int) -> Iterator[list[str]]:
    """Yield the names of files that no attachment names. They are so old that no open transaction can name them.

    Leaves out channels that were connected with another App UID or API URL. This database may then be a copy of another
    one, without the rows that name newer files.
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
