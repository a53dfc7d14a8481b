"""Why something waits, for a person to read."""

from __future__ import annotations

from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from django_front_channel.core import clock
from django_front_channel.core.reasons import SENTENCES
from django_front_channel.gateway import refusal
from django_front_channel.models import Channel, OutboxEntry, OutboxLane, Pause


def why_it_waits(entry: OutboxEntry) -> str:
    """Why no worker has carried the entry out yet; empty when it is settled."""
    if entry.state != OutboxEntry.State.PENDING:
        return ""
    now = clock.now()
    if entry.direction:
        lane = OutboxLane.objects.named([entry.lane_name])
        due_at = lane.values_list("due_at", flat=True).first()
        return (
            why_unusable(entry.channel) or _paused(entry, now) or _behind(entry) or _until(entry, due_at, now)
        )
    return _until(entry, entry.due_at, now)


def why_unusable(channel: Channel) -> str:
    """Why the channel may not be used now; empty when it may."""
    code = refusal(channel)
    return str(SENTENCES[code]) if code else ""


def _paused(entry: OutboxEntry, now: datetime) -> str:
    if entry.kind != OutboxEntry.Kind.REQUEST:
        return ""
    pauses = (
        Pause.objects.covering(Pause.scopes_of(entry.channel), app=entry.channel.app)
        .active(now)
        .order_by("-until")
    )
    until = pauses.values_list("until", flat=True).first()
    return _("Front asked to wait until {time}.").format(time=_text(until)) if until else ""


def _behind(entry: OutboxEntry) -> str:
    earlier = OutboxEntry.objects.unsettled().in_lane(entry.lane_name).filter(pk__lt=entry.pk)
    first = earlier.order_by("pk").first()
    return _("Outbox entry {id} of the same lane comes first.").format(id=first.pk) if first else ""


def _until(entry: OutboxEntry, due_at: datetime | None, now: datetime) -> str:
    if entry.attempt_started_at is not None:
        return _("An attempt has been under way since {time}.").format(time=_text(entry.attempt_started_at))
    if due_at is not None and due_at > now:
        return _("The next attempt is due at {time}.").format(time=_text(due_at))
    return _("It is due, and waits for a worker. Is front_channel_worker running?")


def _text(moment: datetime) -> str:
    return str(formats.localize(timezone.localtime(moment) if timezone.is_aware(moment) else moment))
