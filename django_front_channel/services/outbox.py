"""Have entries and lanes tried at once."""

from __future__ import annotations

from django_front_channel.core import clock
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import OutboxEntry, OutboxLane
from django_front_channel.outbox import entries
from django_front_channel.services.rows import check_row


def retry(entry: OutboxEntry) -> OutboxEntry:
    """Let the entry, or its lane, be due now. A hold, a pause or an earlier entry still keeps it waiting.

    Returns the entry. Raises ``InvalidArgument`` when it is settled.
    """
    check_row("outbox.retry", OutboxEntry, entry)
    waiting = OutboxEntry.objects.unsettled().filter(pk=entry.pk)
    if not waiting:
        raise InvalidArgument(
            "The entry is settled. Try its message again, or process its event again.",
            code="already_settled",
            argument="entry",
        )
    entries.retry(waiting, clock.now())
    return entry


def retry_lane(lane: OutboxLane) -> OutboxLane:
    """Let the lane be due now. Returns the lane. Raises ``InvalidArgument`` when nothing waits in it."""
    check_row("outbox.retry_lane", OutboxLane, lane)
    if not entries.retry_lanes(OutboxLane.objects.filter(pk=lane.pk), clock.now()):
        raise InvalidArgument("Nothing waits in this lane.", code="nothing_waits", argument="lane")
    return lane
