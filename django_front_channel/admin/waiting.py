"""The reasons why something waits, failed or was refused, as texts for operators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django_front_channel.core import clock
from django_front_channel.core.reasons import Code, advice, told
from django_front_channel.gateway import refusal
from django_front_channel.models import (
    Channel,
    Message,
    OutboxAttempt,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)

# Counting more takes long, and helps nobody.
MOST_COUNTED = 1000


def why_so(row: Message | OutboxAttempt | OutboxEntry | WebhookEvent) -> str:
    """Return why the row is in its state, and what to do, without ``detail``. Empty if there is no reason."""
    return explained(row.code, row.parameters)


def why_it_waits(entry: OutboxEntry) -> str:
    """Return why no worker has carried out the entry yet, and what to do. Empty if it is settled."""
    if entry.state != OutboxEntry.State.PENDING:
        return ""
    now = clock.now()
    if not entry.direction:
        return _until(entry, entry.due_at, now)
    lane = OutboxLane.objects.named([entry.lane_name]).first()
    due_at = lane.due_at if lane else None
    why = why_unusable(entry.channel) or _paused(entry, now) or _behind(entry)
    return why or _until(entry, due_at, now, lane.queue_id if lane else None)


def why_unusable(channel: Channel) -> str:
    """Return why the channel may not be used now, and what to do. Empty if it may be used."""
    code = refusal(channel)
    return explained(code, {}, channel.hold_detail if code == Code.CHANNEL_HELD else "") if code else ""


def explained(code: str, parameters: Mapping[str, Any], detail: str = "") -> str:
    """Return the sentence of a reason, its detail, the advice, and the code in brackets, for support."""
    reason = told({"code": code, "parameters": parameters, "detail": detail})
    return " ".join(filter(None, (reason, advice(code), code and f"[{code}]")))


def _paused(entry: OutboxEntry, now: datetime) -> str:
    if entry.kind != OutboxEntry.Kind.REQUEST:
        return ""
    pauses = (
        Pause.objects.covering(Pause.scopes_of(entry.channel), app=entry.channel.app)
        .active(now)
        .order_by("-until")
    )
    until = pauses.values_list("until", flat=True).first()
    return explained(Code.PAUSED, {"time": until}) if until else ""


def _behind(entry: OutboxEntry) -> str:
    earlier = OutboxEntry.objects.unsettled().in_lane(entry.lane_name).filter(pk__lt=entry.pk)
    first = earlier.order_by("pk").first()
    return explained(Code.BEHIND, {"entry": first.pk}) if first else ""


def _until(entry: OutboxEntry, due_at: datetime | None, now: datetime, queue: int | None = None) -> str:
    if entry.attempt_started_at is not None:
        return explained(Code.UNDER_WAY, {"time": entry.attempt_started_at})
    if due_at is not None and due_at > now:
        return explained(Code.DUE_LATER, {"time": due_at})
    ahead = _ahead(entry, due_at or now, queue)
    return explained(Code.WAITS_FOR_TURN, {"ahead": ahead}) if ahead else explained(Code.WAITS_FOR_WORKER, {})


def _ahead(entry: OutboxEntry, due_at: datetime, queue: int | None) -> int:
    """Return how many lanes of its queue, or entries without a lane, have been due for longer than this one."""
    if entry.direction:
        before = OutboxLane.objects.filter(queue=queue, due_at__lt=due_at)
        return before[:MOST_COUNTED].count()
    alone = OutboxEntry.objects.unsettled().filter(kind=entry.kind, direction="", due_at__lt=due_at)
    return alone[:MOST_COUNTED].count()
