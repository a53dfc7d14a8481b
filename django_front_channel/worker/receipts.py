"""Matches stored receipts to their messages. A receipt may arrive before ``deliver()`` has returned the delivery id."""

from __future__ import annotations

from django.db.models import Q

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.lifecycle.messages import record_receipt
from django_front_channel.models import Message, OutboxEntry
from django_front_channel.models.outbox import OutboxEntryQuerySet
from django_front_channel.outbox.outcomes import GaveUp, JudgedOutcome, Retry, Succeeded


def perform(entry: OutboxEntry) -> JudgedOutcome:
    """Record a stored receipt with its message.

    If no message has its delivery id, try again later, as long as an unsettled delivery may still return this id.
    """
    may_follow = _deliveries_before(entry).exists()  # first: the look-up finds what is settled in between
    known_as = Message.objects.filter(channel=entry.channel, delivery_id=entry.payload["delivery_id"])
    message = known_as.select_related("channel").first()
    if message is not None:
        with database.durable():
            announcements = record_receipt(message, entry.operation, entry.payload["detail"], clock.now())
        for announcement in announcements:
            announcement.send()
        return Succeeded()
    if may_follow:
        return Retry(Reason(Code.RECEIPT_EARLY), delay=_pause(entry), counts=False)
    unknown = Reason(Code.RECEIPT_UNKNOWN)
    log(LogEvent.RECEIPT_UNKNOWN, entry_id=entry.pk, channel_id=entry.channel.pk)
    return GaveUp(unknown)


def _deliveries_before(receipt: OutboxEntry) -> OutboxEntryQuerySet:
    """Return the deliveries that the receipt may be about: begun, not settled, and enqueued before it."""
    begun = Q(attempts__gt=0) | Q(attempt_started_at__isnull=False)
    deliveries = OutboxEntry.objects.unsettled().filter(kind=OutboxEntry.Kind.DELIVER)
    return deliveries.filter(begun, channel=receipt.channel, pk__lt=receipt.pk)


def _pause(receipt: OutboxEntry) -> float:
    """Return how many seconds the receipt has waited so far, within the bounds of the back-off."""
    shortest, longest = conf.outbox.backoff
    return max(shortest, min(longest, (clock.now() - receipt.created_at).total_seconds()))
