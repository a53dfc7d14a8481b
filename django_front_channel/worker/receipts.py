"""What the host's provider says became of a delivery, in whatever order it says so."""

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
    """Give a kept receipt to its message, as long as a delivery that has begun may turn out to be its own."""
    may_follow = _deliveries_before(entry).exists()  # before the look: what settles in between is found by it
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
    """Return the time that it has waited so far, within the bounds of the back-off."""
    shortest, longest = conf.outbox.backoff
    return max(shortest, min(longest, (clock.now() - receipt.created_at).total_seconds()))
