"""Have what waits in the outbox tried at once."""

from __future__ import annotations

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import OutboxEntry, OutboxLane, clock
from django_front_channel.services.rows import check_row


def retry(entry: OutboxEntry) -> OutboxEntry:
    """Let the entry, or its lane, be due now. What a hold, a pause or an earlier entry keeps back still waits.

    Returns the entry. Raises ``InvalidArgument`` when it is settled.
    """
    check_row("outbox.retry", OutboxEntry, entry)
    now = clock.now()
    if entry.lane_key and entry.state in OutboxEntry.UNSETTLED:
        OutboxLane.objects.filter(key=entry.lane_key, due_at__isnull=False).update(due_at=now)
    elif not OutboxEntry.objects.unsettled().filter(pk=entry.pk).update(due_at=now):
        raise InvalidArgument("The entry is settled. Try its message again, or process its event again.")
    return entry


def retry_lane(lane: OutboxLane) -> OutboxLane:
    """Let the lane be due now. Returns the lane. Raises ``InvalidArgument`` when nothing waits in it."""
    check_row("outbox.retry_lane", OutboxLane, lane)
    if not OutboxLane.objects.filter(pk=lane.pk, due_at__isnull=False).update(due_at=clock.now()):
        raise InvalidArgument("Nothing waits in this lane.")
    return lane
