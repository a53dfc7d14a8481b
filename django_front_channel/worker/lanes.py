"""Carry out the entries of a lane: one at a time, in order, by one worker at a time.

Nothing here makes a request while a transaction is open. The start of an attempt is committed before it, together
with the outcome of the one before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import InterfaceError, OperationalError, connections
from django.views.decorators.debug import sensitive_variables

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
from django_front_channel.gateway import refusal
from django_front_channel.models import Channel, OutboxEntry, OutboxLane
from django_front_channel.models.outbox import Direction
from django_front_channel.outbox import claims
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.entries import begin_attempt, settle_attempt
from django_front_channel.outbox.outcomes import NOT_BEGUN, AttemptOutcome, GaveUp, Retry

PUT_OFF_SECONDS = 60.0
# How long one lane may go on before others have their turn.
TURN_SECONDS = 2.0
SETTLE_PAUSE = 0.5


class Work(Protocol):
    """What entries of one kind are about. ``unexpected`` is the code of errors that nobody has foreseen."""

    unexpected: Code

    def begin(self, entry: OutboxEntry, now: datetime) -> None:
        """Mark, in the transaction that begins an attempt, what is under way."""

    def perform(self, entry: OutboxEntry, not_after: float) -> AttemptOutcome:
        """Carry the entry out. No transaction is open. Begin nothing after ``not_after`` of the monotonic clock."""

    def settle(self, entry: OutboxEntry, outcome: AttemptOutcome, now: datetime) -> list[Announcement]:
        """Write, in the transaction that ends an attempt, what it means for the message and the channel."""


@dataclass
class Turn:
    """A leased lane and its entry at hand."""

    lane: OutboxLane
    entry: OutboxEntry
    expires: float
    """When the lease ends, on this process's monotonic clock."""


def run_lane(direction: Direction, work: Work, *, stopping: Callable[[], bool]) -> int:
    """Carry out entries of the lane that has waited longest. Returns how many attempts it made."""
    turn = _claim(direction, work)
    attempts, until = 0, time.monotonic() + TURN_SECONDS
    while turn is not None:
        attempts += 1
        outcome = _attempt(turn, work)
        more = attempts < conf.outbox.batch and time.monotonic() < until and not stopping()
        turn = _settle_surely(turn, outcome, work, more=more)
    return attempts


def _claim(direction: Direction, work: Work) -> Turn | None:
    while True:
        started, now = time.monotonic(), clock.now()
        candidates = claims.due_lanes(direction, now)
        if not candidates:
            return None
        for lane in candidates:
            if not _is_usable(lane.channel, now):
                break
            turn = _lease_surely(lane, now, started, work)
            if turn is not None:
                return turn


def _is_usable(channel: Channel, now: datetime) -> bool:
    """Whether the settings allow what the channel's row does. If not, all its lanes are put off."""
    code = refusal(channel)
    if code is None:
        return True
    log(LogEvent.CHANNEL_WAITS, channel_id=channel.pk, code=str(code))
    claims.put_off_channel(channel, now + timedelta(seconds=PUT_OFF_SECONDS))
    return False


def _lease_surely(lane: OutboxLane, now: datetime, started: float, work: Work) -> Turn | None:
    """Lease, or put off a lane whose next entry cannot even be begun, so that it keeps no other waiting."""
    try:
        return _lease(lane, now, started, work)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log(LogEvent.LANE_BROKE, lane_id=lane.pk, channel_id=lane.channel_id, exc_info=True)
        claims.put_off(lane, now + timedelta(seconds=PUT_OFF_SECONDS))
        return None


def _lease(lane: OutboxLane, now: datetime, started: float, work: Work) -> Turn | None:
    with database.durable():
        if not claims.lease(lane, now):
            return None
        entry = _begin_next(lane, now, work)
    return Turn(lane, entry, started + conf.outbox.lease) if entry else None


def _begin_next(lane: OutboxLane, now: datetime, work: Work) -> OutboxEntry | None:
    """Commit to an attempt of the lane's oldest unsettled entry, or leave the lane to wait."""
    while (entry := claims.next_entry(lane)) is not None:
        if not entry.channel.is_working:
            claims.release(lane, due_at=now)  # due again as soon as its channel works
            return None
        if begin_attempt(entry, now):
            work.begin(entry, now)
            return entry
    claims.release(lane, due_at=None)
    return None


@sensitive_variables()  # and those of all that is called from here: what people wrote is in no error report
def _attempt(turn: Turn, work: Work) -> AttemptOutcome:
    entry = turn.entry
    assert entry.attempt_started_at is not None
    age = entry.attempt_started_at - entry.created_at
    if entry.attempts and age.total_seconds() > conf.outbox.max_age:
        last = {"code": entry.code, "parameters": entry.parameters}
        return GaveUp(Reason(Code.GIVEN_UP, {"age": int(age.total_seconds()), "last": last}, entry.detail))
    not_after = turn.expires - conf.api_timeout
    if time.monotonic() > not_after:
        return NOT_BEGUN
    try:
        return work.perform(entry, not_after)
    except Exception as error:
        log(LogEvent.ENTRY_BROKE, entry_id=entry.pk, channel_id=entry.channel_id, exc_info=True)
        return Retry(Reason(work.unexpected, detail=brief(error)), ambiguous=True)


def _settle_surely(turn: Turn, outcome: AttemptOutcome, work: Work, *, more: bool) -> Turn | None:
    """Retry settling while the database is briefly down, so that finished work is not repeated."""
    while True:
        try:
            return _settle(turn, outcome, work, more=more)
        except (OperationalError, InterfaceError):
            if time.monotonic() > turn.expires:
                raise
            log(LogEvent.OUTCOME_DELAYED, entry_id=turn.entry.pk, exc_info=True)
            connections[database.alias()].close_if_unusable_or_obsolete()
            time.sleep(SETTLE_PAUSE)
        except Exception as error:
            log(LogEvent.OUTCOME_BROKE, entry_id=turn.entry.pk, exc_info=True)
            if more:
                more = False  # the next entry may be the cause
            elif not isinstance(outcome, Retry):
                outcome = Retry(Reason(Code.UNEXPECTED_ERROR, detail=brief(error)), ambiguous=True)
            else:
                raise


def _settle(turn: Turn, outcome: AttemptOutcome, work: Work, *, more: bool) -> Turn | None:
    """Commit the outcome, and the start of the lane's next attempt if there is to be one."""
    lane, started = turn.lane, time.monotonic()
    entry = deepcopy(turn.entry)  # what is rolled back, and settled again, must not be left in memory
    with database.durable():
        now = clock.now()
        if not claims.renew(lane, now):
            log(LogEvent.LANE_LOST, lane_id=lane.pk, entry_id=entry.pk)
            return None
        announcements = work.settle(entry, outcome, now)
        delay = settle_attempt(entry, outcome, now)
        following = None
        if more and delay is None:
            following = _begin_next(lane, now, work)
        else:
            claims.release(lane, due_at=now + timedelta(seconds=delay or 0))
    _send(announcements)
    return Turn(lane, following, started + conf.outbox.lease) if following else None


def _send(announcements: list[Announcement]) -> None:
    try:
        for announcement in announcements:
            announcement.send()
    except Exception:
        log(LogEvent.SIGNALS_DELAYED, exc_info=True)
