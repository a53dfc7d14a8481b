"""Try outbox entries and lanes at once."""

from __future__ import annotations

from django_front_channel.core import clock
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import OutboxEntry, OutboxLane
from django_front_channel.outbox import claims, entries
from django_front_channel.services.rows import check_row


def retry(entry: OutboxEntry) -> OutboxEntry:
    """Make the entry due now. It still waits for earlier entries of its lane, and while a hold or a pause lasts.

    Returns the entry. Raises ``InvalidArgument`` if it is settled.
    """
    check_row("outbox.retry", OutboxEntry, entry)
    waiting = OutboxEntry.objects.unsettled().filter(pk=entry.pk)
    if not waiting:
        raise InvalidArgument(
            "The entry is already settled. Retry its message, or process its event again.",
            code="already_settled",
            argument="entry",
        )
    entries.retry(waiting, clock.now())
    return entry


def retry_lane(lane: OutboxLane) -> OutboxLane:
    """Make the lane due now. Returns the lane. Raises ``InvalidArgument`` if nothing waits in it."""
    check_row("outbox.retry_lane", OutboxLane, lane)
    if not claims.retry_lanes([lane.pk], clock.now()):
        raise InvalidArgument("Nothing waits in this lane.", code="nothing_waits", argument="lane")
    return lane
