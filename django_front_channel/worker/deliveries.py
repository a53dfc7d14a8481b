"""Carries out deliveries: the host's handler delivers messages from Front to customers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial

from django_front_channel.conf import conf
from django_front_channel.core.log_events import LogEvent, log, log_after_commit
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
from django_front_channel.exceptions import DeliveryDelayed, DeliveryFailed
from django_front_channel.handlers import ChannelHandler, handler_for, host_scope
from django_front_channel.lifecycle import messages
from django_front_channel.lifecycle.lateness import why_late
from django_front_channel.lifecycle.notices import tell_of_arrival
from django_front_channel.lifecycle.opt_outs import unwanted
from django_front_channel.models import Channel, Message, OutboxAttempt, OutboxEntry
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.outcomes import (
    NOT_BEGUN,
    AttemptOutcome,
    GaveUp,
    JudgedOutcome,
    Refused,
    Retry,
    Succeeded,
)
from django_front_channel.worker.attempts import Attempt
from django_front_channel.worker.shares import Groups
from django_front_channel.worker.time_limit import time_limit

# The reasons to give up a message that are not mistakes in a program.
MEANT = (Code.DELIVERY_FAILED, Code.OPTED_OUT)


class Deliveries:
    """Carries out ``deliver`` entries.

    ``overrun``  called with the attempt and the place in the code if the handler takes longer than the lease allows, in
                 another Python thread. Without it, there is no time limit
    """

    unexpected = Code.HANDLER_FAILED

    def __init__(self, slots: int, overrun: Callable[[Attempt, str], object] | None = None) -> None:
        self._slots = slots
        self.overrun = overrun

    def groups(self, channel: Channel) -> Groups:
        try:
            one_at_a_time = handler_for(channel.app).one_at_a_time
        except Exception:  # a mistake in the host's settings: the attempts report it, and other apps go on
            one_at_a_time = False
        return {("app", channel.app): 1} if one_at_a_time else {("channel", channel.pk): self._slots}

    def begin(self, entries: Collection[OutboxEntry], now: datetime) -> dict[OutboxEntry, AttemptOutcome]:
        delivered = [entry.message for entry in entries if entry.message is not None]
        messages.begin_delivery(delivered, now)
        unknown, refused = _with_unknown_outcome([message.pk for message in delivered]), unwanted(delivered)
        for entry in entries:
            entry.may_be_delivered = entry.message_id in unknown
            entry.is_unwanted = entry.message in refused
        return {
            entry: Succeeded()  # a receipt arrived before the attempt
            for entry in entries
            if entry.message is not None and entry.message.state != Message.State.DELIVERING
        }

    def perform(self, attempt: Attempt, not_after: float) -> AttemptOutcome:
        entry, message = attempt.entry, attempt.entry.message
        assert message is not None
        handler = handler_for(entry.channel.app)
        if handler.deliver is None:
            return GaveUp(Reason(Code.HANDLER_CANNOT_DELIVER))
        try:
            return self._deliver(handler, attempt, message, not_after)
        except DeliveryFailed as error:
            return GaveUp(Reason(Code.DELIVERY_FAILED, detail=str(error.detail)))
        except DeliveryDelayed as error:
            delay = max(1.0, min(error.seconds, conf.outbox.max_age))
            return Retry(Reason(Code.DELIVERY_DELAYED, {"seconds": round(delay)}), delay=delay, counts=False)
        except Exception as error:
            _log_broken(entry, error)
            return Retry(Reason(Code.HANDLER_FAILED, detail=brief(error)), ambiguous=True)

    def _deliver(
        self, handler: ChannelHandler, attempt: Attempt, message: Message, not_after: float
    ) -> AttemptOutcome:
        assert handler.deliver is not None
        if _is_late(not_after):
            return NOT_BEGUN
        overrun = partial(self.overrun, attempt) if self.overrun else None
        with (
            time_limit(not_after - time.monotonic(), overrun),
            host_scope(handler, message.channel),
        ):
            # If the outcome of the previous attempt is unknown, ask for it.
            delivery_id = handler.find_delivery(message) if attempt.entry.may_be_delivered else None
            if not delivery_id and _is_late(not_after):
                return NOT_BEGUN
            entry = attempt.entry
            late = None if delivery_id else why_late(entry, entry.attempt_started_at or entry.created_at)
            if late is not None:
                return GaveUp(late)
            if not delivery_id and attempt.entry.is_unwanted:
                return GaveUp(Reason(Code.OPTED_OUT))
            delivery_id = delivery_id or handler.deliver(message)
        return Succeeded(None if delivery_id is None else messages.kept_delivery_id(delivery_id))

    def judged(
        self, outcomes: Mapping[OutboxEntry, AttemptOutcome], now: datetime
    ) -> dict[OutboxEntry, JudgedOutcome]:
        return {entry: outcome for entry, outcome in outcomes.items() if not isinstance(outcome, Refused)}

    def settle(self, outcomes: Mapping[OutboxEntry, JudgedOutcome], now: datetime) -> list[Announcement]:
        return settle_deliveries(outcomes, now)


def settle_deliveries(outcomes: Mapping[OutboxEntry, JudgedOutcome], now: datetime) -> list[Announcement]:
    """Update the messages of these deliveries. Returns the announcements to send.

    Called in the transaction that settles the deliveries.
    """
    handed_over: dict[Message, str] = {}
    completed: list[Message] = []
    failed: dict[Message, Reason] = {}
    delayed: dict[Message, Reason] = {}
    for entry, outcome in outcomes.items():
        assert entry.message is not None
        if isinstance(outcome, GaveUp):
            _log_given_up(entry, outcome)
            failed[entry.message] = outcome.reason
        elif not isinstance(outcome, Succeeded):
            delayed[entry.message] = outcome.reason
        elif outcome.result:
            handed_over[entry.message] = outcome.result
        elif entry.message.state == Message.State.DELIVERING:
            completed.append(entry.message)
    _tell_of_arrivals(outcomes, {*handed_over, *completed})
    if handed_over:
        messages.hand_over(handed_over, now)
    if delayed:
        messages.note_delay(delayed)
    announcements = messages.complete_delivery(completed, now) if completed else []
    return announcements + (messages.fail_delivery(failed, now) if failed else [])


def _tell_of_arrivals(entries: Iterable[OutboxEntry], went: Collection[Message]) -> None:
    """Tell the team that these messages went, if it was told that they wait."""
    for entry in entries:
        if entry.is_noticed and entry.message is not None and entry.message in went:
            tell_of_arrival(entry.message)


def _log_broken(entry: OutboxEntry, error: Exception) -> None:
    """Log an unexpected error of ``deliver()``. One traceback is enough for hundreds of attempts."""
    if not entry.attempts:
        log(
            LogEvent.DELIVERY_BROKE,
            message_id=entry.message_id,
            channel_id=entry.channel_id,
            attempt=entry.attempts + 1,
            error=type(error).__name__,
            exc_info=True,
        )


def _log_given_up(entry: OutboxEntry, outcome: GaveUp) -> None:
    """Log that a message is given up because of unexpected errors of ``deliver()``."""
    if entry.code == Code.HANDLER_FAILED and outcome.reason.code not in MEANT:
        log_after_commit(
            LogEvent.DELIVERY_GIVEN_UP,
            message_id=entry.message_id,
            channel_id=entry.channel_id,
            attempts=entry.attempts,
        )


def _is_late(not_after: float) -> bool:
    """Return whether less than half of a delivery's time is left. A delivery that began now might seem to hang."""
    return not_after - time.monotonic() < (conf.outbox.lease - conf.api_timeout) / 2


def _with_unknown_outcome(pks: Collection[int]) -> set[int]:
    """Return the messages among these whose last delivery has an unknown outcome, even if its entry was given up.

    Entries that are done do not count, because the outcome of their delivery is known.
    """
    deliveries = OutboxAttempt.objects.filter(entry__message__in=pks, entry__kind=OutboxEntry.Kind.DELIVER)
    known = deliveries.exclude(entry__state=OutboxEntry.State.DONE).order_by("pk")
    last = dict(known.values_list("entry__message", "outcome"))
    return {pk for pk, outcome in last.items() if outcome == OutboxAttempt.Outcome.AMBIGUOUS}
