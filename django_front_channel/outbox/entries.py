"""Begins and settles attempts in the tables, and retries or cancels entries that wait.

Call these functions inside the transaction that commits the change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from django_front_channel.core.log_events import LogEvent, attempt_fields, log_after_commit
from django_front_channel.core.reasons import NO_REASON, Code, Reason
from django_front_channel.models import Channel, Message, OutboxAttempt, OutboxEntry, OutboxLane
from django_front_channel.models.outbox import LaneName, OutboxEntryQuerySet, Topic
from django_front_channel.outbox import claims
from django_front_channel.outbox.backoff import backoff
from django_front_channel.outbox.outcomes import (
    Blocked,
    Dropped,
    GaveUp,
    JudgedOutcome,
    Retry,
    Succeeded,
)

FINAL_STATES: dict[type, str] = {
    Succeeded: OutboxEntry.State.DONE,
    GaveUp: OutboxEntry.State.FAILED,
    Dropped: OutboxEntry.State.CANCELLED,
}
SETTLED: dict[str, Any] = {"payload": {}, "attempt_started_at": None, "late_at": None, "notice_at": None}
CHANGED = (
    "state",
    "attempt_started_at",
    "settled_at",
    "payload",
    "late_at",
    "notice_at",
    "attempts",
    "code",
    "parameters",
    "detail",
)


def begin_attempts(pks: Collection[int], now: datetime) -> list[OutboxEntry]:
    """Note that attempts of these entries begin. Returns the entries whose attempts have begun.

    Leaves out entries that somebody has settled meanwhile, and entries in the lanes of a closed channel. If an earlier
    attempt never ended, its worker died, so its outcome is unknown.
    """
    if not pks:
        return []
    rows = OutboxEntry.objects.unsettled().filter(pk__in=list(pks))
    found = rows.order_by("pk").select_related("channel", "message__thread__conversation")
    begun = [entry for entry in found if not entry.direction or entry.channel.may_be_tried(now)]
    rows = rows.filter(pk__in=[entry.pk for entry in begun])
    if rows.update(is_new=False, attempt_started_at=now) < len(begun):
        # Some entries were cancelled since they were read. After the UPDATE, no entry can be cancelled.
        left = set(rows.values_list("pk", flat=True))
        begun = [entry for entry in begun if entry.pk in left]
    _record_interrupted([entry for entry in begun if entry.attempt_started_at is not None], now)
    for entry in begun:
        entry.is_new, entry.attempt_started_at = False, now
        if entry.message is not None:
            entry.message.channel = entry.channel
    return begun


def settle_attempts(
    outcomes: Mapping[OutboxEntry, JudgedOutcome], now: datetime
) -> dict[OutboxEntry, float | None]:
    """Store how attempts ended. Returns the seconds until each entry's next attempt, or None if it gets no other.

    The entry objects stay as they were when their attempts began.
    """
    succeeded = [entry for entry, outcome in outcomes.items() if isinstance(outcome, Succeeded)]
    changed = [_changed(entry, outcome, now) for entry, outcome in outcomes.items() if entry not in succeeded]
    if succeeded:
        done = OutboxEntry.objects.filter(pk__in=[entry.pk for entry in succeeded])
        done.update(**_final(OutboxEntry.State.DONE, now), **NO_REASON)
    if len(changed) == 1:
        changed[0].save(update_fields=CHANGED, force_update=True)
    elif changed:
        OutboxEntry.objects.bulk_update(changed, CHANGED)
    _record_failed(outcomes, now)
    for entry, outcome in outcomes.items():
        _log_end(entry, outcome, now)
    return {entry: _delay(entry, outcome) for entry, outcome in outcomes.items()}


def retry(entries: Iterable[OutboxEntry], now: datetime) -> int:
    """Make these unsettled entries due now, or the lanes that hold them. Returns the number of these rows.

    Rows that a worker holds, or that are due already, stay unchanged.
    """
    waiting = [entry for entry in entries if entry.state == OutboxEntry.State.PENDING]
    lanes = OutboxLane.objects.named({entry.lane_name for entry in waiting if entry.direction})
    alone = OutboxEntry.objects.unsettled().filter(pk__in=[each.pk for each in waiting if not each.direction])
    alone.free(now).filter(due_at__gt=now).update(due_at=now)
    return claims.retry_lanes(lanes.values_list("pk", flat=True), now) + alone.count()


def note_notice(entry: OutboxEntry, *, is_noticed: bool) -> None:
    """Note that the notice about a waiting delivery was due, and whether the team was told."""
    OutboxEntry.objects.filter(pk=entry.pk).update(notice_at=None, is_noticed=is_noticed)


def is_noticed(lane: LaneName) -> bool:
    """Return whether the team was told that a delivery in this lane waits."""
    return OutboxEntry.objects.unsettled().in_lane(lane).filter(is_noticed=True).exists()


def newest_success(channel: Channel) -> datetime | None:
    """Return when a request of the channel last succeeded, or None.

    Looks only at the 100 newest entries of the channel that are done.
    """
    done = OutboxEntry.objects.filter(channel=channel, state=OutboxEntry.State.DONE).order_by("-pk")
    newest = done.values_list("kind", "settled_at", "code")[:100]
    # An entry with a code needed no request.
    requests = (at for kind, at, code in newest if kind == OutboxEntry.Kind.REQUEST and at and not code)
    return max(requests, default=None)


def waiting_for(message: Message) -> OutboxEntryQuerySet:
    """Return the unsettled entries of a message that are in a lane."""
    return OutboxEntry.objects.unsettled().filter(message=message).exclude(direction="")


def cancel_unbegun(message: Message, now: datetime) -> int:
    """Cancel the entries of the message whose attempts have not begun. Returns their number."""
    unbegun = OutboxEntry.objects.unsettled().filter(
        message=message, attempts=0, attempt_started_at__isnull=True
    )
    return unbegun.update(**_final(OutboxEntry.State.CANCELLED, now), **Reason(Code.CANCELLED).columns)


def settle_unneeded(entry: OutboxEntry, code: Code, now: datetime) -> None:
    """Settle a new entry as done without a request. The ``code`` says why nothing is left to do."""
    changes = {**_final(OutboxEntry.State.DONE, now), **Reason(code).columns}
    for name, value in changes.items():
        setattr(entry, name, value)
    entry.save(update_fields=changes.keys())


def has_ambiguous_attempt(message: Message) -> bool:
    """Return whether any attempt for the message has an unknown outcome."""
    ambiguous = Q(outcome=OutboxAttempt.Outcome.AMBIGUOUS)
    return OutboxAttempt.objects.filter(ambiguous, entry__message=message).exists()


def _final(state: str, now: datetime) -> dict[str, Any]:
    """Return the columns of a settled entry. They empty the payload, because it may hold personal data."""
    return {**SETTLED, "state": state, "settled_at": now}


def _changed(entry: OutboxEntry, outcome: JudgedOutcome, now: datetime) -> OutboxEntry:
    """Return a copy of the entry as it is to be stored after an attempt that did not succeed."""
    assert not isinstance(outcome, Succeeded)
    state = FINAL_STATES.get(type(outcome))
    # Since the attempt began, the team may have been told that the delivery waits.
    unsettled = {"attempt_started_at": None, "notice_at": F("notice_at")}
    changes = unsettled if state is None else _final(state, now)
    changed = copy(entry)
    for name, value in {**changes, **outcome.reason.columns}.items():
        setattr(changed, name, value)
    changed.attempts += isinstance(outcome, Retry) and outcome.counts
    return changed


def _delay(entry: OutboxEntry, outcome: JudgedOutcome) -> float | None:
    if isinstance(outcome, Succeeded | GaveUp | Dropped):
        return None
    if isinstance(outcome, Blocked):
        return 0.0  # the channel's state keeps the lane waiting
    return backoff(entry.attempts + outcome.counts) if outcome.delay is None else outcome.delay


def _record_failed(outcomes: Mapping[OutboxEntry, JudgedOutcome], now: datetime) -> None:
    kinds = OutboxAttempt.Outcome
    failed = [
        _attempt(entry, kinds.AMBIGUOUS if outcome.ambiguous else kinds.FAILED, outcome.reason, now)
        for entry, outcome in outcomes.items()
        if isinstance(outcome, Retry) and outcome.counts
    ]
    if failed:
        OutboxAttempt.objects.bulk_create(failed)


def _record_interrupted(entries: Collection[OutboxEntry], now: datetime) -> None:
    if not entries:
        return
    reason, outcome = Reason(Code.INTERRUPTED), OutboxAttempt.Outcome.AMBIGUOUS
    OutboxAttempt.objects.bulk_create(_attempt(entry, outcome, reason, now) for entry in entries)
    rows = OutboxEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    rows.update(attempts=F("attempts") + 1, **reason.columns)
    for entry in entries:
        entry.attempts += 1
        for name, value in reason.columns.items():
            setattr(entry, name, value)


def _attempt(
    entry: OutboxEntry, outcome: OutboxAttempt.Outcome, reason: Reason, now: datetime
) -> OutboxAttempt:
    started_at = entry.attempt_started_at or now
    return OutboxAttempt(entry=entry, started_at=started_at, ended_at=now, outcome=outcome, **reason.columns)


def _note_attempt(entry: OutboxEntry, now: datetime) -> dict[str, Any]:
    """Return the log fields of the attempt that has ended. The message keeps them for its own log lines."""
    begun = entry.attempt_started_at
    fields = attempt_fields(
        entry.pk,
        entry.attempts + 1 if begun else entry.attempts or None,
        round((now - begun).total_seconds(), 3) if begun else None,
    )
    if entry.message is not None:
        entry.message.attempt = fields
    return fields


def _log_end(entry: OutboxEntry, outcome: JudgedOutcome, now: datetime) -> None:
    """Log how the attempt ended, unless the log line of its message or receipt says so."""
    known = {
        **_note_attempt(entry, now),
        "channel_id": entry.channel_id,
        "message_id": entry.message_id,
        "thread_id": entry.message.thread_id if entry.message else None,
        "operation": entry.operation or str(entry.kind),
        "code": "" if isinstance(outcome, Succeeded) else str(outcome.reason.code),
    }
    event = _event_of(entry, outcome)
    if event is not None:
        log_after_commit(event, **{name: known[name] for name in event.fields if name in known})


def _event_of(entry: OutboxEntry, outcome: JudgedOutcome) -> LogEvent | None:
    is_about_message = entry.message_id is not None and entry.topic == Topic.MESSAGES
    if isinstance(outcome, Retry):
        return LogEvent.ATTEMPT_FAILED if outcome.counts else None
    if isinstance(outcome, GaveUp):
        is_told = is_about_message or outcome.reason.code == Code.RECEIPT_UNKNOWN
        return None if is_told else LogEvent.ENTRY_FAILED
    is_final = type(outcome) in FINAL_STATES
    is_request_alone = entry.kind == OutboxEntry.Kind.REQUEST and entry.message_id is None
    return LogEvent.ENTRY_DONE if is_final and is_request_alone else None
