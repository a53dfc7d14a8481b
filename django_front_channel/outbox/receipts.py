"""What the host's provider says became of a delivery, in whatever order it says so."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import Q

from django_front_channel.conf import conf
from django_front_channel.models import Channel, Message, OutboxEntry, clock, database
from django_front_channel.models.outbox import OutboxEntryQuerySet
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.deliveries import complete_delivery, fail_delivery
from django_front_channel.outbox.outcomes import GaveUp, Retry, Succeeded, TryOutcome
from django_front_channel.outbox.wake_up import wake_up_on_commit

logger = logging.getLogger("django_front_channel.outbox")

DELIVERED, FAILED = "delivered", "failed"
# A customer who has the message still has it when a failure is told afterwards, and had it when one was told before.
BEFORE_DELIVERED = (*Message.DELIVERY_UNSETTLED, Message.State.FAILED)
UNKNOWN = "No message of this channel was delivered under this delivery id."


def record(message: Message, state: str, reason: str, now: datetime) -> list[Announcement]:
    """Note what became of the message, in the transaction at hand. Returns what is to be announced."""
    if state == FAILED:
        return fail_delivery(message, reason, now)
    return complete_delivery(message, now, since=BEFORE_DELIVERED)


def keep(channel: Channel, delivery_id: str, state: str, reason: str) -> None:
    """Keep a receipt that no message is known by, in the caller's transaction: ``deliver()`` may not have returned."""
    OutboxEntry.objects.create(
        kind=OutboxEntry.Kind.RECEIPT,
        state=OutboxEntry.State.PENDING,
        channel=channel,
        operation=state,
        payload={"delivery_id": delivery_id, "reason": reason},
        due_at=clock.now(),
    )
    wake_up_on_commit()


def perform(entry: OutboxEntry) -> TryOutcome:
    """Give a kept receipt to its message, as long as a delivery that has begun may turn out to be its own."""
    may_follow = _deliveries_before(entry).exists()  # before the look: what settles in between is found by it
    known_as = Message.objects.with_delivery_id(entry.channel, entry.payload["delivery_id"])
    message = known_as.select_related("channel", "external_conversation").first()
    if message is not None:
        with database.durable():
            announcements = record(message, entry.operation, entry.payload["reason"], clock.now())
        for announcement in announcements:
            announcement.send()
        return Succeeded()
    if may_follow:
        return Retry("deliver() has not returned this delivery id yet.", delay=_pause(entry), counts=False)
    logger.warning("Receipt %s of channel %s is given up: %s", entry.pk, entry.channel.pk, UNKNOWN)
    return GaveUp(UNKNOWN)


def _deliveries_before(receipt: OutboxEntry) -> OutboxEntryQuerySet:
    """The deliveries that the receipt may be about: begun, not settled, and enqueued before it."""
    begun = Q(attempts__gt=0) | Q(attempt_started_at__isnull=False)
    deliveries = OutboxEntry.objects.unsettled().filter(kind=OutboxEntry.Kind.DELIVER)
    return deliveries.filter(begun, channel=receipt.channel, pk__lt=receipt.pk)


def _pause(receipt: OutboxEntry) -> float:
    """As long as it has waited so far, within the bounds of the back-off."""
    shortest, longest = conf.outbox.backoff
    return max(shortest, min(longest, (clock.now() - receipt.created_at).total_seconds()))
