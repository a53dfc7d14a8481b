"""The beginning and the end of an attempt, as they stand on its entry, and what operators make of waiting entries.

Called inside the transaction that commits them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from django_front_channel.core.log_events import LogEvent, log_after_commit, this_process
from django_front_channel.core.reasons import NO_REASON, Code, Reason
from django_front_channel.models import Message, OutboxAttempt, OutboxEntry, OutboxLane
from django_front_channel.models.outbox import OutboxEntryQuerySet
from django_front_channel.outbox.outcomes import (
    AttemptOutcome,
    Blocked,
    Dropped,
    GaveUp,
    Retry,
    Succeeded,
    backoff,
)

FINAL_STATES = {
    Succeeded: OutboxEntry.State.DONE,
    GaveUp: OutboxEntry.State.FAILED,
    Dropped: OutboxEntry.State.CANCELLED,
}


def begin_attempt(entry: OutboxEntry, now: datetime) -> bool:
    """Mark that an attempt is under way. False when the entry was settled meanwhile, say cancelled.

    An attempt that was begun and never ended belongs to a worker that died: its outcome is unknown.
    """
    changes: dict[str, Any] = {"is_new": False, "attempt_started_at": now}
    if entry.attempt_started_at is not None:
        interrupted = Reason(Code.INTERRUPTED)
        _record(entry, OutboxAttempt.Outcome.AMBIGUOUS, interrupted, now)
        changes |= {"attempts": entry.attempts + 1, **interrupted.columns}
    for name, value in changes.items():
        setattr(entry, name, value)
    return bool(OutboxEntry.objects.unsettled().filter(pk=entry.pk).update(**changes))


def settle_attempt(entry: OutboxEntry, outcome: AttemptOutcome, now: datetime) -> float | None:
    """Write how the attempt ended. Returns the seconds until the next one, or None when there will be none."""
    if isinstance(outcome, Succeeded | GaveUp | Dropped):
        _finish(entry, outcome, now)
        return None
    if isinstance(outcome, Retry) and outcome.counts:
        kind = OutboxAttempt.Outcome.AMBIGUOUS if outcome.ambiguous else OutboxAttempt.Outcome.FAILED
        _record(entry, kind, outcome.reason, now)
        entry.attempts += 1
        _log(LogEvent.ATTEMPT_FAILED, entry, now, code=str(outcome.reason.code), attempt=entry.attempts)
    _save(entry, attempts=entry.attempts, attempt_started_at=None, **outcome.reason.columns)
    if isinstance(outcome, Blocked):
        return 0.0  # the channel's state keeps the lane waiting
    return backoff(entry.attempts) if outcome.delay is None else outcome.delay


def retry(entries: Iterable[OutboxEntry], now: datetime) -> int:
    """Let these unsettled entries be due now, or their lanes. Returns how many rows that concerned."""
    waiting = [entry for entry in entries if entry.state == OutboxEntry.State.PENDING]
    alone = [entry.pk for entry in waiting if not entry.direction]
    lanes = OutboxLane.objects.named({entry.lane_name for entry in waiting if entry.direction})
    return retry_lanes(lanes, now) + (
        OutboxEntry.objects.unsettled().filter(pk__in=alone).update(due_at=now) if alone else 0
    )


def retry_lanes(lanes: QuerySet[OutboxLane], now: datetime) -> int:
    """Let those of these lanes be due now in which something waits. Returns how many there were."""
    return lanes.filter(due_at__isnull=False).update(due_at=now)


def waiting_for(message: Message) -> OutboxEntryQuerySet:
    """The unsettled entries of a message that are in a lane."""
    return OutboxEntry.objects.unsettled().filter(message=message).exclude(direction="")


def cancel_unbegun(message: Message, now: datetime) -> int:
    """Cancel the entries of the message that nobody has begun. Returns how many there were."""
    unbegun = OutboxEntry.objects.unsettled().filter(
        message=message, attempts=0, attempt_started_at__isnull=True
    )
    changes = {"state": OutboxEntry.State.CANCELLED, "settled_at": now, "payload": {}}
    return unbegun.update(**changes, **Reason(Code.CANCELLED).columns)


def has_ambiguous_attempt(message: Message) -> bool:
    """Whether an attempt of the message, by any of its entries, may have succeeded unseen."""
    ambiguous = Q(outcome=OutboxAttempt.Outcome.AMBIGUOUS)
    return OutboxAttempt.objects.filter(ambiguous, entry__message=message).exists()


def _finish(entry: OutboxEntry, outcome: Succeeded | GaveUp | Dropped, now: datetime) -> None:
    """Settle for good. The payload, which may hold personal data, goes."""
    why = NO_REASON if isinstance(outcome, Succeeded) else outcome.reason.columns
    if isinstance(outcome, GaveUp):
        _log(LogEvent.ENTRY_FAILED, entry, now, code=str(outcome.reason.code))
    elif entry.kind == OutboxEntry.Kind.REQUEST and entry.message_id is None:
        _log(LogEvent.ENTRY_DONE, entry, now)
    state = FINAL_STATES[type(outcome)]
    _save(entry, state=state, attempt_started_at=None, settled_at=now, payload={}, **why)


def _log(event: LogEvent, entry: OutboxEntry, now: datetime, **fields: Any) -> None:
    begun = entry.attempt_started_at or now
    known = {
        "entry_id": entry.pk,
        "channel_id": entry.channel_id,
        "operation": entry.operation or str(entry.kind),
        "seconds": round((now - begun).total_seconds(), 3),
        "worker": this_process(),
        **fields,
    }
    log_after_commit(event, **{name: known[name] for name in event.fields if name in known})


def _save(entry: OutboxEntry, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(entry, name, value)
    entry.save(update_fields=list(changes))


def _record(entry: OutboxEntry, outcome: OutboxAttempt.Outcome, reason: Reason, now: datetime) -> None:
    OutboxAttempt.objects.create(
        entry=entry,
        started_at=entry.attempt_started_at or now,
        ended_at=now,
        outcome=outcome,
        **reason.columns,
    )
