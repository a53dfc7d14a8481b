"""Decides what a failed request means for the attempt, its lane and the channel. ``TABLE`` has the rules.

A refusal may be about the one request or about the channel, or come from a firewall on the way. The channel waits only
if Front itself refuses it, and two lanes meet that refusal. Later, it is tried again without an operator.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from django_front_channel import exceptions
from django_front_channel.core.reasons import reason_of
from django_front_channel.exceptions import FrontAPIError
from django_front_channel.lifecycle import channels
from django_front_channel.lifecycle.messages import REPORT_FAILURE
from django_front_channel.models import Channel, OutboxAttempt, OutboxEntry
from django_front_channel.outbox.backoff import PROOF_SECONDS, backoff
from django_front_channel.outbox.entries import newest_success
from django_front_channel.outbox.outcomes import (
    AttemptOutcome,
    Blocked,
    GaveUp,
    JudgedOutcome,
    Refused,
    Retry,
)

SYNC_OUTBOUND = "sync-outbound-message"
SYNC_OPERATIONS = ("sync-inbound-message", SYNC_OUTBOUND)
FEW = 8
REFUSALS = (
    exceptions.FrontBadRequestError,
    exceptions.FrontAuthenticationError,
    exceptions.FrontPermissionError,
    exceptions.FrontNotFoundError,
)


class Meaning(StrEnum):
    """The meaning of a failure. Its ``told`` describes it for the attempt, for its lane, and for the channel."""

    told: tuple[str, str, str]

    def __new__(cls, value: str, *told: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.told = (told[0], told[1], told[2])
        return member

    WAIT = ("wait", "costs nothing", "waits for as long as Front says", "pauses, if the limit is its own")
    REPEAT = ("repeat", "counts", "waits, with back-off", "goes on")
    REPEAT_FEW = (
        "repeat_few",
        "counts",
        f"waits, with back-off, and goes on after {FEW} attempts",
        "goes on",
    )
    GIVE_UP = ("give_up", "fails", "goes on", "goes on")
    SUSPECT_REQUEST = (
        "suspect_request",
        "counts",
        f"waits, with back-off, and goes on after {FEW} attempts if other lanes have succeeded since the first",
        "goes on",
    )
    SUSPECT_CHANNEL = (
        "suspect_channel",
        "counts",
        "waits, with back-off, and goes on as soon as another lane has succeeded since the first attempt",
        "becomes `unreachable` when a second lane meets the same, and none has succeeded in between",
    )
    SUSPECT_CREDENTIALS = (
        "suspect_credentials",
        "counts",
        "waits, with back-off",
        "becomes `auth_failed` when a second lane meets the same, and none has succeeded in between",
    )


@dataclass(frozen=True)
class Row:
    """A row of ``TABLE``: failures, and their meaning. A condition that is None is not checked."""

    answer: str
    """The response in words, for the docs."""
    errors: tuple[type[FrontAPIError], ...]
    meaning: Meaning
    is_fronts: bool | None = None
    """Whether the response has the form of Front's own errors."""
    operations: tuple[str, ...] | None = None
    names_time: bool | None = None
    """Whether Front has said how long to wait."""

    def holds(self, error: FrontAPIError, operation: str) -> bool:
        return (
            isinstance(error, self.errors)
            and self.is_fronts in (None, error.is_fronts)
            and (self.operations is None or operation in self.operations)
            and self.names_time in (None, error.retry_after is not None)
        )


TABLE = (
    Row("429", (exceptions.FrontRateLimitError,), Meaning.WAIT),
    Row("503 with `Retry-After`", (exceptions.FrontUnavailableError,), Meaning.WAIT, names_time=True),
    Row(
        "5xx, 408, 425, a redirect, or no whole answer",
        (
            exceptions.FrontConnectionError,
            exceptions.FrontAmbiguousError,
            exceptions.FrontServerError,
            exceptions.FrontRedirectError,  # a proxy on the way, and not the message, is the cause
        ),
        Meaning.REPEAT,
    ),
    Row(
        "404 for the report of a failed delivery",  # Front may not have read our answer to the message yet
        (exceptions.FrontNotFoundError,),
        Meaning.REPEAT_FEW,
        operations=(REPORT_FAILURE,),
    ),
    Row(
        "401, in Front's words",
        (exceptions.FrontAuthenticationError,),
        Meaning.SUSPECT_CREDENTIALS,
        is_fronts=True,
    ),
    Row(
        "403 or 404 for a message that is synced, in Front's words",
        (exceptions.FrontPermissionError, exceptions.FrontNotFoundError),
        Meaning.SUSPECT_CHANNEL,
        is_fronts=True,
        operations=SYNC_OPERATIONS,
    ),
    Row("any other 4xx, in Front's words", REFUSALS, Meaning.GIVE_UP, is_fronts=True),
    Row("any other 4xx, such as the page of a proxy", REFUSALS, Meaning.SUSPECT_REQUEST, is_fronts=False),
    Row("an answer that cannot be used, such as a file that is too large", (FrontAPIError,), Meaning.GIVE_UP),
)
SUSPECTED = {
    Meaning.SUSPECT_CREDENTIALS: Channel.State.AUTH_FAILED,
    Meaning.SUSPECT_CHANNEL: Channel.State.UNREACHABLE,
}


def meaning_of(error: FrontAPIError, operation: str) -> Meaning:
    """Return the meaning of this error, by the table, for a request of this operation."""
    return next(row.meaning for row in TABLE if row.holds(error, operation))


def outcome_of(error: FrontAPIError, entry: OutboxEntry) -> AttemptOutcome:
    """Return what an error of Front means for an entry, judged by this request alone."""
    reason, meaning = reason_of(error), meaning_of(error, entry.operation)
    if meaning == Meaning.WAIT:
        return Retry(reason, delay=error.retry_after or 1.0, counts=False)
    if meaning == Meaning.GIVE_UP or (meaning == Meaning.REPEAT_FEW and entry.attempts >= FEW):
        return GaveUp(reason)
    if meaning in (Meaning.REPEAT, Meaning.REPEAT_FEW):
        least = max(error.retry_after or 0.0, PROOF_SECONDS if error.ambiguous else 0.0)
        return Retry(reason, delay=max(least, backoff(entry.attempts)), ambiguous=error.ambiguous)
    return Refused(reason, SUSPECTED.get(meaning, ""))


@dataclass(frozen=True)
class Experience:
    """The recent outcomes of a channel's requests."""

    channel: Channel
    newest_success: datetime | None
    first_attempts: Mapping[int, datetime]
    """The times of the first attempts, by the keys of entries that were tried before."""

    def others_pass(self, entry: OutboxEntry) -> bool:
        """Return whether another request has succeeded since this one was first tried."""
        first = self.first_attempts.get(entry.pk)
        return first is not None and self.newest_success is not None and self.newest_success > first


def judged(outcomes: Mapping[OutboxEntry, AttemptOutcome], now: datetime) -> dict[OutboxEntry, JudgedOutcome]:
    """Return the outcomes, with each refusal replaced by its meaning in view of other lanes.

    Called in the transaction that settles the entries.
    """
    refused = {entry: outcome for entry, outcome in outcomes.items() if isinstance(outcome, Refused)}
    experiences = _experiences(refused) if refused else {}
    return {
        entry: _judge(entry, outcome, experiences[entry.channel_id], now)
        if isinstance(outcome, Refused)
        else outcome
        for entry, outcome in outcomes.items()
    }


def _judge(entry: OutboxEntry, refused: Refused, met: Experience, now: datetime) -> JudgedOutcome:
    # Refused credentials are never the fault of one request. A firewall on the way may fail for a while, so
    # its refusals count only after several attempts.
    least = {Channel.State.AUTH_FAILED.value: math.inf, Channel.State.UNREACHABLE.value: 0}
    if entry.attempts + 1 >= least.get(refused.suspected, FEW) and met.others_pass(entry):
        return GaveUp(refused.reason)
    if not refused.suspected:
        return Retry(refused.reason)
    if met.channel.is_refused or channels.is_suspected(
        met.channel, refused.suspected, entry.lane_name, met.newest_success
    ):
        return Blocked(refused.reason, refused.suspected)
    channels.suspect(met.channel, refused.suspected, entry.lane_name, now)
    return Retry(refused.reason)


def _experiences(entries: Collection[OutboxEntry]) -> dict[int, Experience]:
    tried = [entry.pk for entry in entries if entry.attempts]
    attempts = OutboxAttempt.objects.filter(entry__in=tried).order_by("-pk")
    first = dict(attempts.values_list("entry", "started_at")) if tried else {}
    found = Channel.objects.filter(pk__in={entry.channel_id for entry in entries})
    return {channel.pk: Experience(channel, newest_success(channel), first) for channel in found}
