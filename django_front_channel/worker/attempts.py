"""Attempts to carry out entries, and the interface of the code that makes them: one ``Work`` for each kind of entry."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.views.decorators.debug import sensitive_variables

from django_front_channel.conf import conf
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
from django_front_channel.models import Channel, OutboxEntry, OutboxLane
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.outcomes import NOT_BEGUN, AttemptOutcome, GaveUp, JudgedOutcome, Retry
from django_front_channel.worker.shares import Groups


@dataclass(eq=False)
class Attempt:
    """One attempt to carry out the next entry of a leased lane."""

    lane: OutboxLane
    entry: OutboxEntry
    expires: float
    """The time when the lease ends, on this process's monotonic clock."""
    groups: Groups
    outcome: AttemptOutcome | None = None
    """The outcome, or None while the attempt is under way."""
    notes: list[Callable[[], None]] = field(default_factory=list)
    """Functions that store other facts that Front told us during the attempt."""
    error: BaseException | None = None
    """The exception that ended the slot, for example because a handler called ``sys.exit()``."""


class Work(Protocol):
    """Carries out the entries of one kind. Unforeseen errors get the code ``unexpected``."""

    unexpected: Code

    def groups(self, channel: Channel) -> Groups:
        """Return the groups in which the channel's attempts count. Called outside any transaction."""

    def begin(self, entries: Collection[OutboxEntry], now: datetime) -> Mapping[OutboxEntry, AttemptOutcome]:
        """Note that attempts of these entries begin. Called in the transaction that begins them.

        Returns the outcomes that are known already. No attempt is made for these entries.
        """

    def perform(self, attempt: Attempt, not_after: float) -> AttemptOutcome:
        """Carry out the entry, in a slot and outside any transaction.

        ``not_after``  the last moment to begin anything, on the monotonic clock
        """

    def judged(
        self, outcomes: Mapping[OutboxEntry, AttemptOutcome], now: datetime
    ) -> dict[OutboxEntry, JudgedOutcome]:
        """Judge the outcomes together, because the meaning of a refusal depends on other lanes.

        Called in the transaction that ends the attempts.
        """

    def settle(self, outcomes: Mapping[OutboxEntry, JudgedOutcome], now: datetime) -> list[Announcement]:
        """Update messages and channels for these outcomes. Returns the announcements to send.

        Called in the transaction that ends the attempts.
        """


@sensitive_variables()  # also for every function called from here, so that error reports do not show what people wrote
def make_attempt(attempt: Attempt, work: Work) -> None:
    """Carry out the attempt's entry, unless its lease is about to end."""
    not_after = attempt.expires - conf.api_timeout
    if time.monotonic() > not_after:
        attempt.outcome = NOT_BEGUN
        return
    try:
        attempt.outcome = work.perform(attempt, not_after)
    except Exception as error:
        entry = attempt.entry
        log(LogEvent.ENTRY_BROKE, entry_id=entry.pk, channel_id=entry.channel_id, exc_info=True)
        attempt.outcome = Retry(Reason(work.unexpected, detail=brief(error)), ambiguous=True)


def too_old(entry: OutboxEntry) -> AttemptOutcome | None:
    """Return the outcome of an entry that has waited too long and was tried at least once; None for any other entry."""
    assert entry.attempt_started_at is not None
    age = (entry.attempt_started_at - entry.created_at).total_seconds()
    has_deadline = entry.late_at is not None  # only deliveries have one, and it replaces MAX_AGE
    if has_deadline or not entry.attempts or age <= conf.outbox.max_age:
        return None
    last = {"code": entry.code, "parameters": entry.parameters}
    return GaveUp(Reason(Code.GIVEN_UP, {"age": int(age), "last": last}, entry.detail))
