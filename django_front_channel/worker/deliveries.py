"""Entries that hand a message of Front to the customer, by the host's handler."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django_front_channel.conf import conf
from django_front_channel.core.log_events import LogEvent, log, log_after_commit
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
from django_front_channel.exceptions import DeliveryDelayed, DeliveryFailed
from django_front_channel.handlers import ChannelHandler, handler_for, host_scope
from django_front_channel.lifecycle import messages
from django_front_channel.lifecycle.opt_outs import is_unwanted
from django_front_channel.models import Message, OutboxAttempt, OutboxEntry
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.outcomes import NOT_BEGUN, AttemptOutcome, GaveUp, Retry, Succeeded
from django_front_channel.worker.time_limit import Overrun, time_limit

# Why a message is given up that is no mistake of anybody's program.
MEANT = (Code.DELIVERY_FAILED, Code.OPTED_OUT)


class Deliveries:
    """The work of ``deliver`` entries.

    ``overrun`` is called when the handler keeps an attempt for longer than the lease allows: in another Python thread,
    with the place in the code. Without it there is no limit.
    """

    unexpected = Code.HANDLER_FAILED

    def __init__(self, overrun: Overrun | None = None) -> None:
        self.overrun = overrun

    def begin(self, entry: OutboxEntry, now: datetime) -> None:
        assert entry.message is not None
        messages.begin_delivery([entry.message], now)

    def perform(self, entry: OutboxEntry, not_after: float) -> AttemptOutcome:
        message = entry.message
        assert message is not None
        if message.state != Message.State.DELIVERING:
            return Succeeded()  # a receipt has come before
        handler = handler_for(entry.channel.app)
        if handler.deliver is None:
            return GaveUp(Reason(Code.HANDLER_CANNOT_DELIVER))
        try:
            return self._deliver(handler, message, not_after)
        except DeliveryFailed as error:
            return GaveUp(Reason(Code.DELIVERY_FAILED, detail=str(error.detail)))
        except DeliveryDelayed as error:
            delay = max(1.0, min(error.seconds, conf.outbox.max_age))
            return Retry(Reason(Code.DELIVERY_DELAYED, {"seconds": round(delay)}), delay=delay, counts=False)
        except Exception as error:
            _log_broken(entry, error)
            return Retry(Reason(Code.HANDLER_FAILED, detail=brief(error)), ambiguous=True)

    def _deliver(self, handler: ChannelHandler, message: Message, not_after: float) -> AttemptOutcome:
        assert handler.deliver is not None
        if _is_late(not_after):
            return NOT_BEGUN
        with (
            time_limit(not_after - time.monotonic(), self.overrun),
            host_scope(handler, message.channel),
        ):
            delivery_id = _found(handler, message)
            if not delivery_id and _is_late(not_after):
                return NOT_BEGUN
            if not delivery_id and is_unwanted(message):
                return GaveUp(Reason(Code.OPTED_OUT))
            delivery_id = delivery_id or handler.deliver(message)
        return Succeeded(None if delivery_id is None else messages.kept_delivery_id(delivery_id))

    def settle(self, entry: OutboxEntry, outcome: AttemptOutcome, now: datetime) -> list[Announcement]:
        assert entry.message is not None
        if isinstance(outcome, Succeeded):
            begun = entry.message.state == Message.State.DELIVERING
            return _hand_over(entry.message, outcome.result, now) if begun else []
        if isinstance(outcome, GaveUp):
            _log_given_up(entry, outcome)
            return messages.fail_delivery({entry.message: outcome.reason}, now)
        messages.note_delay({entry.message: outcome.reason})
        return []


def _log_broken(entry: OutboxEntry, error: Exception) -> None:
    """Log an error that ``deliver()`` did not mean to raise. One traceback is enough for hundreds of tries."""
    known: dict[str, Any] = {
        "message_id": entry.message_id,
        "channel_id": entry.channel_id,
        "attempt": entry.attempts + 1,
        "error": type(error).__name__,
    }
    if entry.attempts:
        log(LogEvent.DELIVERY_BROKE_AGAIN, **known)
    else:
        log(LogEvent.DELIVERY_BROKE, exc_info=True, **known)


def _log_given_up(entry: OutboxEntry, outcome: GaveUp) -> None:
    """Log that a message is given up because of errors that ``deliver()`` did not mean to raise."""
    if entry.code == Code.HANDLER_FAILED and outcome.reason.code not in MEANT:
        log_after_commit(
            LogEvent.DELIVERY_GIVEN_UP,
            message_id=entry.message_id,
            channel_id=entry.channel_id,
            attempts=entry.attempts,
        )


def _is_late(not_after: float) -> bool:
    """Whether less than half of a delivery's time is left. Cut too short, it would look as if it hung."""
    return not_after - time.monotonic() < (conf.outbox.lease - conf.api_timeout) / 2


def _found(handler: ChannelHandler, message: Message) -> str | None:
    """Ask for the outcome of the attempt before, where nobody knows it. It may be that of an entry given up since.

    An entry that is done knows: what became of its delivery then, is no reason to find it again.
    """
    deliveries = OutboxAttempt.objects.filter(entry__message=message, entry__kind=OutboxEntry.Kind.DELIVER)
    last = deliveries.exclude(entry__state=OutboxEntry.State.DONE).order_by("-pk").first()
    if last is None or last.outcome != OutboxAttempt.Outcome.AMBIGUOUS:
        return None
    return handler.find_delivery(message)


def _hand_over(message: Message, delivery_id: str | None, now: datetime) -> list[Announcement]:
    if not delivery_id:
        return messages.complete_delivery([message], now)
    messages.hand_over({message: delivery_id}, now)
    return []
