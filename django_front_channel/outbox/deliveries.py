"""Entries that hand a message of Front to the customer, by the host's handler."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime

from django_front_channel.conf import conf
from django_front_channel.exceptions import DeliveryDelayed, DeliveryFailed
from django_front_channel.handlers import ChannelHandler, handler_for
from django_front_channel.models import Message, OutboxAttempt, OutboxEntry
from django_front_channel.models.digests import digest
from django_front_channel.models.texts import storable
from django_front_channel.outbox.announcements import Announcement, announce
from django_front_channel.outbox.calls import REPORT_FAILURE
from django_front_channel.outbox.enqueue import enqueue_call
from django_front_channel.outbox.outcomes import NOT_BEGUN, GaveUp, Retry, Succeeded, TryOutcome
from django_front_channel.outbox.time_limit import Overrun, time_limit

NO_REASON = "The message could not be delivered."


class Deliveries:
    """The work of ``deliver`` entries.

    ``overrun`` is called, in another thread and with the place in the code, when the handler keeps a try for longer
    than the lease allows. Without it there is no limit.
    """

    def __init__(self, overrun: Overrun | None = None) -> None:
        self.overrun = overrun

    def begin(self, entry: OutboxEntry) -> None:
        assert entry.message is not None
        Message.objects.advance(entry.message, Message.State.DELIVERING, since=Message.DELIVERY_BEGINS)

    def perform(self, entry: OutboxEntry, not_after: float) -> TryOutcome:
        message = entry.message
        assert message is not None
        if message.state != Message.State.DELIVERING:
            return Succeeded()  # a receipt has come before
        handler = handler_for(entry.channel.app)
        if handler.deliver is None:
            return GaveUp("The handler of this app has no deliver() any more.")
        try:
            return self._deliver(handler, message, not_after)
        except DeliveryFailed as error:
            return GaveUp(str(error.reason))
        except DeliveryDelayed as error:
            return Retry(str(error), delay=max(1.0, min(error.seconds, conf.outbox.max_age)), counts=False)

    def _deliver(self, handler: ChannelHandler, message: Message, not_after: float) -> TryOutcome:
        assert handler.deliver is not None
        if _is_late(not_after):
            return NOT_BEGUN
        with time_limit(not_after - time.monotonic(), self.overrun):
            delivery_id = _found(handler, message)
            if not delivery_id and _is_late(not_after):
                return NOT_BEGUN
            delivery_id = delivery_id or handler.deliver(message)
        # A provider's library may well return a number.
        return Succeeded(None if delivery_id is None else storable(str(delivery_id)))

    def settle(self, entry: OutboxEntry, outcome: TryOutcome, now: datetime) -> list[Announcement]:
        assert entry.message is not None
        if isinstance(outcome, Succeeded):
            begun = entry.message.state == Message.State.DELIVERING
            return _hand_over(entry.message, outcome.result, now) if begun else []
        if isinstance(outcome, GaveUp):
            return fail_delivery(entry.message, outcome.error, now)
        Message.objects.filter(pk=entry.message.pk, state=Message.State.DELIVERING).update(
            state_reason=outcome.error
        )
        return []


def fail_delivery(message: Message, reason: str, now: datetime) -> list[Announcement]:
    """Settle that the customer will not get the message, and have Front told, which shows the reason to the team.

    Source: "Update external message status" of the Channel API; only ``failed`` exists there.
    """
    reason = storable(reason) or NO_REASON
    failed = Message.objects.advance(
        message, Message.State.FAILED, since=Message.DELIVERY_UNSETTLED, state_reason=reason
    )
    if not failed:
        return []
    assert message.external_conversation is not None
    thread = message.external_conversation.external_id
    arguments = {"external_conversation_id": thread, "external_id": message.external_id, "reason": reason}
    enqueue_call(
        message.channel,
        REPORT_FAILURE,
        arguments,
        external_conversation_id=thread,
        message=message,
        queue="report",
    )
    return announce("delivery_failed", message.channel, now=now, message=message, error=reason)


def complete_delivery(
    message: Message, now: datetime, *, since: Iterable[str] = Message.DELIVERY_UNSETTLED
) -> list[Announcement]:
    """Settle that the customer has the message, if it is in one of the states ``since``."""
    if not Message.objects.advance(message, Message.State.DELIVERED, since=since):
        return []
    return announce("message_delivered", message.channel, now=now, message=message)


def _is_late(not_after: float) -> bool:
    """Whether less than half of a delivery's time is left. Cut too short, it would look as if it hung."""
    return not_after - time.monotonic() < (conf.outbox.lease - conf.api_timeout) / 2


def _found(handler: ChannelHandler, message: Message) -> str | None:
    """Ask for the outcome of the try before, where nobody knows it. It may be that of an entry given up since.

    An entry that is done knows: what became of its delivery then, is no reason to find it again.
    """
    deliveries = OutboxAttempt.objects.filter(entry__message=message, entry__kind=OutboxEntry.Kind.DELIVER)
    last = deliveries.exclude(entry__state=OutboxEntry.State.DONE).order_by("-pk").first()
    if last is None or last.outcome != OutboxAttempt.Outcome.AMBIGUOUS:
        return None
    return handler.find_delivery(message)


def _hand_over(message: Message, delivery_id: str | None, now: datetime) -> list[Announcement]:
    if not delivery_id:
        return complete_delivery(message, now)
    named = {"delivery_id": delivery_id[:500], "delivery_digest": digest(delivery_id)}
    Message.objects.filter(pk=message.pk).update(**named)
    Message.objects.advance(message, Message.State.HANDED_OVER, since=(Message.State.DELIVERING,))
    return []
