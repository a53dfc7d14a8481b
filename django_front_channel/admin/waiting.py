"""Why something waits, failed or was refused, for a person to read."""

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

# To count more takes longer than it helps.
MOST_COUNTED = 1000


def why_so(row: Message | OutboxAttempt | OutboxEntry | WebhookEvent) -> str:
    """Why the row is in its state and what to do, without others' words. Empty when there is no reason."""
    return _read(row.code, row.parameters)


def why_it_waits(entry: OutboxEntry) -> str:
    """Why no worker has carried the entry out yet; empty when it is settled."""
    if entry.state != OutboxEntry.State.PENDING:
        return ""
    now = clock.now()
    if not entry.direction:
        return _until(entry, entry.due_at, now)
    due_at = OutboxLane.objects.named([entry.lane_name]).values_list("due_at", flat=True).first()
    return why_unusable(entry.channel) or _paused(entry, now) or _behind(entry) or _until(entry, due_at, now)


def why_unusable(channel: Channel) -> str:
    """Why the channel may not be used now; empty when it may."""
    code = refusal(channel)
    return _read(code, {}, channel.hold_detail if code == Code.CHANNEL_HELD else "") if code else ""


def _read(code: str, parameters: Mapping[str, Any], detail: str = "") -> str:
    """What happened, what to do now, and the code, for support."""
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
    return _read(Code.PAUSED, {"time": until}) if until else ""


def _behind(entry: OutboxEntry) -> str:
    earlier = OutboxEntry.objects.unsettled().in_lane(entry.lane_name).filter(pk__lt=entry.pk)
    first = earlier.order_by("pk").first()
    return _read(Code.BEHIND, {"entry": first.pk}) if first else ""


def _until(entry: OutboxEntry, due_at: datetime | None, now: datetime) -> str:
    if entry.attempt_started_at is not None:
        return _read(Code.UNDER_WAY, {"time": entry.attempt_started_at})
    if due_at is not None and due_at > now:
        return _read(Code.DUE_LATER, {"time": due_at})
    ahead = _ahead(entry, due_at or now)
    return _read(Code.WAITS_FOR_TURN, {"ahead": ahead}) if ahead else _read(Code.WAITS_FOR_WORKER, {})


def _ahead(entry: OutboxEntry, due_at: datetime) -> int:
    """How many lanes, or entries that are in none, have been due for longer than this one."""
    if entry.direction:
        before = OutboxLane.objects.working().filter(direction=entry.direction, due_at__lt=due_at)
        return before[:MOST_COUNTED].count()
    alone = OutboxEntry.objects.unsettled().filter(kind=entry.kind, direction="", due_at__lt=due_at)
    return alone[:MOST_COUNTED].count()
