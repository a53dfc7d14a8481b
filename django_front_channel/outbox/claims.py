"""Which lanes are due, and whose they are: leases with a fencing token."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from django_front_channel.conf import conf
from django_front_channel.models import Channel, OutboxEntry, OutboxLane, Pause

CANDIDATES = 16


def due_lanes(direction: str, now: datetime) -> list[OutboxLane]:
    """The lanes that have waited longest, of channels that may be used as far as their rows tell."""
    lanes = OutboxLane.objects.working().due(now).filter(direction=direction)
    if direction == OutboxLane.Direction.SYNC:
        lanes = lanes.exclude(_paused(now))
    return list(lanes.select_related("channel")[:CANDIDATES])


def lease(lane: OutboxLane, now: datetime) -> bool:
    """Take the lane for a lease, if nobody else has taken it since it was read."""
    return OutboxLane.objects.lease(lane, now=now, until=_lease_end(now))


def renew(lane: OutboxLane, now: datetime) -> bool:
    """Begin the lease anew. False when another worker has taken the lane over."""
    return bool(OutboxLane.objects.held(lane).update(lease_until=_lease_end(now)))


def release(lane: OutboxLane, *, due_at: datetime | None) -> None:
    """Give the lane back, to be due then; None says that nothing waits in it."""
    OutboxLane.objects.held(lane).update(due_at=due_at, lease_until=None)


def put_off(lane: OutboxLane, until: datetime) -> None:
    """Let one lane wait, whoever holds it."""
    OutboxLane.objects.filter(pk=lane.pk).update(due_at=until)


def put_off_channel(channel: Channel, until: datetime) -> None:
    """Let all lanes of the channel wait."""
    OutboxLane.objects.filter(channel=channel, due_at__lte=until).update(due_at=until)


def next_entry(lane: OutboxLane) -> OutboxEntry | None:
    """The lane's oldest unsettled entry, with its channel and message."""
    waiting = OutboxEntry.objects.unsettled().in_lane(lane.lane_name).order_by("pk")
    return waiting.select_related("channel", "message__thread__conversation").first()


def lease_entry(entry: OutboxEntry, now: datetime) -> bool:
    """Take an entry that is in no lane for a lease, if nobody else has taken it since it was read."""
    return OutboxEntry.objects.lease(entry, now=now, until=_lease_end(now))


def release_entry(entry: OutboxEntry) -> bool:
    """Give the entry back. False when it was taken over by another worker, or is done and deleted."""
    return bool(OutboxEntry.objects.held(entry).update(lease_until=None))


def put_off_entry(entry: OutboxEntry, until: datetime) -> None:
    """Let an entry that is in no lane be due then."""
    OutboxEntry.objects.held(entry).update(due_at=until)


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=conf.outbox.lease)


def _paused(now: datetime) -> Q:
    paused = Q(pk__in=())
    for app, scope, key in Pause.objects.active(now).values_list("app", "scope", "key"):
        if scope == Pause.Scope.CHANNEL:
            paused |= Q(channel=int(key))
        elif scope == Pause.Scope.COMPANY:
            paused |= Q(channel__app=app, channel__company=key)
    return paused
