"""Carry out the entries of a lane: one at a time, in order, by one worker at a time.

Nothing here makes a request while a transaction is open. The start of a try is committed before it, together
with the outcome of the one before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import InterfaceError, OperationalError, connections
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from django_front_channel.conf import conf
from django_front_channel.gateway import hold_reason
from django_front_channel.models import Channel, OutboxEntry, OutboxLane, Pause, clock, database
from django_front_channel.models.texts import brief
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.entries import begin, settle
from django_front_channel.outbox.outcomes import NOT_BEGUN, GaveUp, Retry, TryOutcome

logger = logging.getLogger("django_front_channel.outbox")

CANDIDATES = 16
HELD_SECONDS = 60.0


# How long one lane may go on before others have their turn.
TURN_SECONDS = 2.0
SETTLE_PAUSE = 0.5


class Work(Protocol):
    """What entries of one kind are about."""

    def begin(self, entry: OutboxEntry) -> None:
        """Mark, in the transaction that begins a try, what is under way."""

    def perform(self, entry: OutboxEntry, not_after: float) -> TryOutcome:
        """Carry the entry out. No transaction is open. Begin nothing after ``not_after`` of the monotonic clock."""

    def settle(self, entry: OutboxEntry, outcome: TryOutcome, now: datetime) -> list[Announcement]:
        """Write, in the transaction that ends a try, what it means for the message and the channel."""


@dataclass
class Turn:
    """A leased lane and its entry at hand."""

    lane: OutboxLane
    entry: OutboxEntry
    expires: float
    """When the lease ends, on this process's monotonic clock."""


def run_lane(direction: OutboxLane.Direction, work: Work, *, stopping: Callable[[], bool]) -> int:
    """Carry out entries of the lane that has waited longest. Returns how many tries it made."""
    turn = _claim(direction, work)
    tries, until = 0, time.monotonic() + TURN_SECONDS
    while turn is not None:
        tries += 1
        outcome = _try(turn, work)
        more = tries < conf.outbox.batch and time.monotonic() < until and not stopping()
        turn = _settle_surely(turn, outcome, work, more=more)
    return tries


def _claim(direction: OutboxLane.Direction, work: Work) -> Turn | None:
    while True:
        started, now = time.monotonic(), clock.now()
        lanes = OutboxLane.objects.working().due(now).filter(direction=direction)
        if direction == OutboxLane.Direction.SYNC:
            lanes = lanes.exclude(_paused(now))
        candidates = list(lanes.select_related("channel")[:CANDIDATES])
        if not candidates:
            return None
        for lane in candidates:
            reason = hold_reason(lane.channel)
            if reason:
                _put_off(lane.channel, reason, now)
                break
            turn = _lease_surely(lane, now, started, work)
            if turn is not None:
                return turn


def _lease_surely(lane: OutboxLane, now: datetime, started: float, work: Work) -> Turn | None:
    """Lease, or put off a lane whose next entry cannot even be begun, so that it keeps no other waiting."""
    try:
        return _lease(lane, now, started, work)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Lane %s cannot be worked on", lane.pk)
        later = now + timedelta(seconds=HELD_SECONDS)
        OutboxLane.objects.filter(pk=lane.pk).update(due_at=later)
        return None


def _put_off(channel: Channel, reason: str, now: datetime) -> None:
    """Let all lanes of a channel wait that only the settings keep back."""
    logger.warning("Channel %s waits: %s", channel.pk, reason)
    later = now + timedelta(seconds=HELD_SECONDS)
    OutboxLane.objects.filter(channel=channel, due_at__lte=later).update(due_at=later)


def _paused(now: datetime) -> Q:
    channels, companies = [], []
    for scope, key in Pause.objects.active(now).values_list("scope", "key"):
        if scope == Pause.Scope.CHANNEL:
            channels.append(int(key))
        elif scope == Pause.Scope.COMPANY:
            companies.append(key)
    return Q(channel__in=channels) | Q(channel__company_host__in=companies)


def _lease(lane: OutboxLane, now: datetime, started: float, work: Work) -> Turn | None:
    with database.durable():
        if not OutboxLane.objects.lease(lane, now=now, until=now + timedelta(seconds=conf.outbox.lease)):
            return None
        entry = _begin_next(lane, now, work)
    return Turn(lane, entry, started + conf.outbox.lease) if entry else None


def _begin_next(lane: OutboxLane, now: datetime, work: Work) -> OutboxEntry | None:
    """Commit to a try of the lane's oldest unsettled entry, or leave the lane to wait."""
    waiting = OutboxEntry.objects.unsettled().filter(lane_key=lane.key).order_by("pk")
    waiting = waiting.select_related("channel", "message__external_conversation")
    while (entry := waiting.first()) is not None:
        if not entry.channel.is_working:
            _release(lane, due_at=now)  # due again as soon as its channel works
            return None
        if begin(entry, now):
            work.begin(entry)
            return entry
    _release(lane, due_at=None)
    return None


@sensitive_variables()  # and those of all that is called from here: what people wrote is in no error report
def _try(turn: Turn, work: Work) -> TryOutcome:
    entry = turn.entry
    assert entry.attempt_started_at is not None
    age = entry.attempt_started_at - entry.created_at
    if entry.attempts and age.total_seconds() > conf.outbox.max_age:
        return GaveUp(f"Given up after {age}: {entry.last_error}")
    not_after = turn.expires - conf.api_timeout
    if time.monotonic() > not_after:
        return NOT_BEGUN
    try:
        return work.perform(entry, not_after)
    except Exception as error:
        logger.exception("Outbox entry %s failed unexpectedly", entry.pk)
        return Retry(brief(error), ambiguous=True)


def _settle_surely(turn: Turn, outcome: TryOutcome, work: Work, *, more: bool) -> Turn | None:
    """Settle, though the database be away for a moment: what was done must not be done again."""
    while True:
        try:
            return _settle(turn, outcome, work, more=more)
        except (OperationalError, InterfaceError):
            if time.monotonic() > turn.expires:
                raise
            logger.warning("The outcome of entry %s could not be stored yet", turn.entry.pk, exc_info=True)
            connections[database.alias()].close_if_unusable_or_obsolete()
            time.sleep(SETTLE_PAUSE)
        except Exception as error:
            logger.exception("The outcome of entry %s cannot be stored", turn.entry.pk)
            if more:
                more = False  # the next entry may be the cause
            elif not isinstance(outcome, Retry):
                outcome = Retry(brief(error), ambiguous=True)
            else:
                raise


def _settle(turn: Turn, outcome: TryOutcome, work: Work, *, more: bool) -> Turn | None:
    """Commit the outcome, and the start of the lane's next try if there is to be one."""
    lane, started = turn.lane, time.monotonic()
    entry = deepcopy(turn.entry)  # what is rolled back, and settled again, must not be left in memory
    with database.durable():
        now = clock.now()
        if not OutboxLane.objects.held(lane).update(lease_until=now + timedelta(seconds=conf.outbox.lease)):
            logger.warning("Lane %s was taken over by another worker; its entry %s too", lane.pk, entry.pk)
            return None
        announcements = work.settle(entry, outcome, now)
        delay = settle(entry, outcome, now)
        following = None
        if more and delay is None:
            following = _begin_next(lane, now, work)
        else:
            _release(lane, due_at=now + timedelta(seconds=delay or 0))
    _send(announcements)
    return Turn(lane, following, started + conf.outbox.lease) if following else None


def _send(announcements: list[Announcement]) -> None:
    try:
        for announcement in announcements:
            announcement.send()
    except Exception:
        logger.exception("Signals could not be sent now; they will be sent again")


def _release(lane: OutboxLane, *, due_at: datetime | None) -> None:
    OutboxLane.objects.held(lane).update(due_at=due_at, lease_until=None)
