"""The beginning and the end of a try, as they stand on its entry. Called inside the transaction that commits them."""

from __future__ import annotations

from datetime import datetime

from django_front_channel.models import OutboxAttempt, OutboxEntry
from django_front_channel.outbox.outcomes import (
    Blocked,
    Dropped,
    GaveUp,
    Retry,
    Succeeded,
    TryOutcome,
    backoff,
)

FINAL_STATES = {
    Succeeded: OutboxEntry.State.DONE,
    GaveUp: OutboxEntry.State.FAILED,
    Dropped: OutboxEntry.State.CANCELLED,
}
INTERRUPTED = "The worker ended in the middle of this try."


def begin(entry: OutboxEntry, now: datetime) -> bool:
    """Mark that a try is under way. False when the entry was settled meanwhile, say cancelled.

    A try that was begun and never ended belongs to a worker that died: its outcome is unknown.
    """
    if entry.attempt_started_at is not None:
        _record(entry, OutboxAttempt.Outcome.AMBIGUOUS, INTERRUPTED, now)
        entry.attempts += 1
    entry.state, entry.attempt_started_at = OutboxEntry.State.PENDING, now
    changes = {"state": entry.state, "attempts": entry.attempts, "attempt_started_at": now}
    return bool(OutboxEntry.objects.unsettled().filter(pk=entry.pk).update(**changes))


def settle(entry: OutboxEntry, outcome: TryOutcome, now: datetime) -> float | None:
    """Write how the try ended. Returns the seconds until the next one, or None when there is to be none."""
    if isinstance(outcome, Succeeded | GaveUp | Dropped):
        _finish(entry, outcome, now)
        return None
    if isinstance(outcome, Retry) and outcome.counts:
        kind = OutboxAttempt.Outcome.AMBIGUOUS if outcome.ambiguous else OutboxAttempt.Outcome.FAILED
        _record(entry, kind, outcome.error, now)
        entry.attempts += 1
    entry.attempt_started_at, entry.last_error = None, outcome.error
    entry.save(update_fields=["attempts", "attempt_started_at", "last_error"])
    if isinstance(outcome, Blocked):
        return 0.0  # the channel's state keeps the lane waiting
    return backoff(entry.attempts) if outcome.delay is None else outcome.delay


def _finish(entry: OutboxEntry, outcome: Succeeded | GaveUp | Dropped, now: datetime) -> None:
    """Settle for good. The payload, which may hold personal data, goes."""
    entry.state = FINAL_STATES[type(outcome)]
    entry.last_error = "" if isinstance(outcome, Succeeded) else outcome.error
    entry.attempt_started_at, entry.settled_at, entry.payload = None, now, {}
    entry.save(update_fields=["state", "last_error", "attempt_started_at", "settled_at", "payload"])


def _record(entry: OutboxEntry, outcome: OutboxAttempt.Outcome, error: str, now: datetime) -> None:
    OutboxAttempt.objects.create(
        entry=entry, started_at=entry.attempt_started_at or now, ended_at=now, outcome=outcome, error=error
    )
