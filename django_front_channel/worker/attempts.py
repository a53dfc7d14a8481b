"""Attempts, and what the entries of one kind are about."""

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
    """When the lease ends, on this process's monotonic clock."""
    groups: Groups
    outcome: AttemptOutcome | None = None
    """How it ended; None while it is under way."""
    notes: list[Callable[[], None]] = field(default_factory=list)
    """Each stores something else that Front told us during the attempt."""
    error: BaseException | None = None
    """What ended its slot, such as a handler that calls ``sys.exit()``."""


class Work(Protocol):
    """The work that entries of one kind ask for. ``unexpected`` is the code of errors that nobody has foreseen."""

    unexpected: Code

    def groups(self, channel: Channel) -> Groups:
        """Return the groups whose slots the channel's attempts use. No transaction is open."""

    def begin(self, entries: Collection[OutboxEntry], now: datetime) -> Mapping[OutboxEntry, AttemptOutcome]:
        """Mark, in the transaction that begins attempts, what is under way.

        Returns the outcomes that are known already. These attempts are not made.
        """

    def perform(self, attempt: Attempt, not_after: float) -> AttemptOutcome:
        """Carry the entry out, in a slot. No transaction is open. Begin nothing after ``not_after``, monotonic."""

    def judged(
        self, outcomes: Mapping[OutboxEntry, AttemptOutcome], now: datetime
    ) -> dict[OutboxEntry, JudgedOutcome]:
        """Judge the outcomes together, because the meaning of a refusal depends on other lanes.

        This happens in the transaction that ends the attempts.
        """

    def settle(self, outcomes: Mapping[OutboxEntry, JudgedOutcome], now: datetime) -> list[Announcement]:
        """Write, in the transaction that ends attempts, what they mean for messages and channels."""


@sensitive_variables()  # and those of all that is called from here: what people wrote is in no error report
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
    """Give up an entry that has waited too long, and has been tried at least once."""
    assert entry.attempt_started_at is not None
    age = (entry.attempt_started_at - entry.created_at).total_seconds()
    has_deadline = entry.late_at is not None  # a delivery, which may take as long as that says
    if has_deadline or not entry.attempts or age <= conf.outbox.max_age:
        return None
    last = {"code": entry.code, "parameters": entry.parameters}
    return GaveUp(Reason(Code.GIVEN_UP, {"age": int(age), "last": last}, entry.detail))
