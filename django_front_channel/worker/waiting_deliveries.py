"""Looks after deliveries that wait: the team is told after a while, and deliveries that are too late fail.

The cause does not matter: a hold, a worker that was off, or a handler that asks for more time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from django.db.models import QuerySet

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.lifecycle.lateness import why_late
from django_front_channel.lifecycle.notices import tell_of_delay, why_waiting
from django_front_channel.models import OutboxEntry
from django_front_channel.models.outbox import OutboxEntryQuerySet
from django_front_channel.outbox.announcements import Announcement, announce
from django_front_channel.outbox.entries import is_noticed, note_notice, settle_attempts
from django_front_channel.outbox.outcomes import GaveUp
from django_front_channel.worker.deliveries import settle_deliveries
from django_front_channel.worker.messenger import InlineMessenger

Act = Callable[[Collection[OutboxEntry], datetime], list[Announcement]]


def look_after_waiting_deliveries() -> int:
    """Fail deliveries that are too late, and tell the team of those that wait. Returns how many there were."""
    now = clock.now()
    return _each(_late(now).order_by("late_at"), _fail, now) + _each(
        _untold(now).order_by("notice_at"), _tell, now
    )


def _late(now: datetime) -> OutboxEntryQuerySet:
    """Return the deliveries that are too late, except those whose attempt is under way, because they may succeed."""
    return OutboxEntry.objects.filter(late_at__lte=now, attempt_started_at__isnull=True)


def _untold(now: datetime) -> OutboxEntryQuerySet:
    """Return the deliveries that the team must be told about.

    Deliveries that are already too late are left out, because they fail. Those whose attempt is under way are left out
    too: the attempt may succeed, and its end must know whether the team was told.
    """
    return OutboxEntry.objects.filter(notice_at__lte=now, late_at__gt=now, attempt_started_at__isnull=True)


def _each(rows: QuerySet[OutboxEntry], act: Act, now: datetime) -> int:
    """Apply ``act`` to one batch of these rows. If that fails, apply it to each row alone."""
    pks = list(rows.values_list("pk", flat=True)[: conf.outbox.batch])
    try:
        return _do(rows, pks, act, now) if pks else 0
    except database.BROKEN:
        raise
    except Exception:
        return sum(_do_alone(rows, pk, act, now) for pk in pks)


def _do_alone(rows: QuerySet[OutboxEntry], pk: int, act: Act, now: datetime) -> int:
    try:
        return _do(rows, [pk], act, now)
    except database.BROKEN:
        raise
    except Exception:
        log(LogEvent.OUTCOME_BROKE, entry_id=pk, exc_info=True)
        return 0


def _do(rows: QuerySet[OutboxEntry], pks: Collection[int], act: Act, now: datetime) -> int:
    with database.durable():
        locked = rows.filter(pk__in=pks).order_by("pk").select_for_update().values_list("pk", flat=True)
        found = OutboxEntry.objects.filter(pk__in=list(locked))
        entries = list(found.select_related("channel", "message__channel", "message__thread__conversation"))
        announcements = act(entries, now)
    InlineMessenger().announce(announcements)
    return len(entries)


def _fail(entries: Collection[OutboxEntry], now: datetime) -> list[Announcement]:
    reasons = {entry: why_late(entry, now) for entry in entries}
    outcomes = {entry: GaveUp(reason) for entry, reason in reasons.items() if reason is not None}
    settle_attempts(outcomes, now)
    return settle_deliveries(outcomes, now)


def _tell(entries: Collection[OutboxEntry], now: datetime) -> list[Announcement]:
    """Tell the host about each message, and the team about the first one in each thread."""
    announcements = []
    for entry in entries:
        assert entry.message is not None
        reason = why_waiting(entry)
        is_told = not is_noticed(entry.lane_name) and tell_of_delay(entry.message, reason)
        note_notice(entry, is_noticed=is_told)
        announcements += announce(
            "delivery_delayed", entry.channel, now=now, message=entry.message, error=reason
        )
    return announcements
