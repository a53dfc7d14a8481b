"""Why something waits, for a person to read."""

from __future__ import annotations

from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from django_front_channel.gateway import hold_reason
from django_front_channel.models import OutboxEntry, OutboxLane, Pause, clock


def why_it_waits(entry: OutboxEntry) -> str:
    """Why no worker has carried the entry out yet; empty when it is settled."""
    if entry.state not in OutboxEntry.UNSETTLED:
        return ""
    now = clock.now()
    if entry.lane_key:
        due_at = OutboxLane.objects.filter(key=entry.lane_key).values_list("due_at", flat=True).first()
        return (
            hold_reason(entry.channel) or _paused(entry, now) or _behind(entry) or _until(entry, due_at, now)
        )
    return _until(entry, entry.due_at, now)


def _paused(entry: OutboxEntry, now: datetime) -> str:
    if entry.kind != OutboxEntry.Kind.CALL:
        return ""
    pauses = Pause.objects.covering(Pause.scopes_of(entry.channel)).active(now).order_by("-until")
    until = pauses.values_list("until", flat=True).first()
    return _("Front asked to wait until {time}.").format(time=_text(until)) if until else ""


def _behind(entry: OutboxEntry) -> str:
    earlier = OutboxEntry.objects.unsettled().filter(lane_key=entry.lane_key, pk__lt=entry.pk)
    first = earlier.order_by("pk").first()
    return _("Outbox entry {id} of the same lane comes first.").format(id=first.pk) if first else ""


def _until(entry: OutboxEntry, due_at: datetime | None, now: datetime) -> str:
    if entry.attempt_started_at is not None:
        return _("A try has been under way since {time}.").format(time=_text(entry.attempt_started_at))
    if due_at is not None and due_at > now:
        return _("The next try is due at {time}.").format(time=_text(due_at))
    return _("It is due, and waits for a worker. Is front_channel_worker running?")


def _text(moment: datetime) -> str:
    return str(formats.localize(timezone.localtime(moment) if timezone.is_aware(moment) else moment))
