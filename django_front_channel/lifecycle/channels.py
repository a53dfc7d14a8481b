"""The states of a channel: connected, blocked, released, held, adopted, disconnected."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from django_front_channel.conf import App
from django_front_channel.core.digests import digest
from django_front_channel.core.log_events import LogEvent, log_after_commit
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import AuthorizationRefused
from django_front_channel.lifecycle.effects import Done
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.models.channel import REFUSED
from django_front_channel.models.outbox import LaneName
from django_front_channel.outbox import claims, queues
from django_front_channel.outbox.announcements import Announcement, announce
from django_front_channel.secret import Secret

State = Channel.State
# Seconds until a refused channel is tried again: at first, and at most.
FIRST_PROBE, LONGEST_PROBE = 30.0, 600.0
UNSUSPECTED: dict[str, Any] = {
    "suspected": "",
    "suspected_lane": "",
    "suspected_at": None,
    "probe_at": None,
    "probes": 0,
}
FREE: dict[str, Any] = {"held_at": None, "held_by": "", "hold_code": "", "hold_detail": ""}


def connect(channel: Channel, front_id: str, app: App, *, token: Secret, now: datetime) -> list[Announcement]:
    """Connect the channel to the channel of Front with this id. Returns the announcements to send.

    A channel that is connected already can get another id only after it is disconnected. If the id, App UID or API URL
    changes, the channel is held, because the waiting messages were meant for the former channel.

    ``token``  the bearer token of Front's request

    Raises ``AuthorizationRefused``.
    """
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    old, known = channel.state, channel.front_id == front_id
    if channel.app != app.alias:
        raise AuthorizationRefused("This token belongs to another app.", code=Code.TOKEN_OF_OTHER_APP)
    if channel.front_id and not known and old != State.DISCONNECTED:
        raise AuthorizationRefused(
            "This token is in use by another channel in Front.", code=Code.TOKEN_IN_USE
        )
    _take_front_id(channel, front_id)
    if not known:
        channel.company = channel.status = ""
    if _moves(channel, front_id, app):
        _hold_until_adopted(channel, now)
    channel.front_id, channel.state = front_id, State.CONNECTED
    channel.connected_app_uid, channel.connected_api_url = app.uid, app.api_url
    channel.connected_token_digest = digest(token) if token else ""
    channel.connected_at, channel.disconnected_at = now, None
    for name, value in UNSUSPECTED.items():
        setattr(channel, name, value)
    channel.save()
    queues.wake_channel(channel, now)
    announcements = announce("channel_connected", channel, now=now, created=not known)
    return announcements + _announce_change(channel, old, now)


def disconnect(channel: Channel, now: datetime) -> list[Announcement]:
    """Stop using the channel. Its history stays, and its queue waits."""
    old = _move(channel, State.DISCONNECTED, since=State, disconnected_at=now)
    if old is None:
        return []
    return _announce_change(channel, old, now) + announce("channel_disconnected", channel, now=now)


def disconnect_as_told(event: WebhookEvent, channel: Channel, now: datetime) -> list[Announcement]:
    """Disconnect the channel as Front's DELETE asks, unless Front has connected it again since signing the request.

    The token that connected the channel can then no longer be used.
    """
    # The lock keeps others from connecting the channel. Read the id again: it may have changed.
    bound = Channel.objects.select_for_update().values_list("front_id", flat=True).get(pk=channel.pk)
    connections = WebhookEvent.objects.filter(
        channel=channel, front_id=bound, type="authorization", state=WebhookEvent.State.PROCESSED
    )
    if connections.filter(signed_timestamp__gt=event.signed_timestamp).exists():
        return []
    Channel.objects.filter(pk=channel.pk, token_digest=F("connected_token_digest")).update(token_digest=None)
    return disconnect(channel, now)


def suspect(channel: Channel, state: str, lane: LaneName, now: datetime) -> None:
    """Note that a request in this lane met a refusal that may be about the whole channel."""
    _save(channel, suspected=state, suspected_lane=_short(lane), suspected_at=now)


def is_suspected(channel: Channel, state: str, lane: LaneName, success: datetime | None) -> bool:
    """Return whether another lane has met the same refusal, and no request has succeeded since."""
    if channel.suspected != state or channel.suspected_lane == _short(lane) or channel.suspected_at is None:
        return False
    return success is None or success <= channel.suspected_at


def block(channel: Channel, state: str, now: datetime) -> list[Announcement]:
    """Block a channel that Front refuses, and try it again later. The state is ``auth_failed`` or ``unreachable``."""
    old = _move(channel, state, since=(State.CONNECTED,))
    probes = 0 if old else min(channel.probes + 1, 30)
    wait = min(LONGEST_PROBE, FIRST_PROBE * 2**probes)
    _save(channel, probes=probes, probe_at=now + timedelta(seconds=wait))
    return _announce_change(channel, old, now) if old else []


def reopen(channel: Channel, now: datetime) -> list[Announcement]:
    """Unblock a channel that Front refused before, because one of its requests has succeeded."""
    old = _move(channel, State.CONNECTED, since=REFUSED, **UNSUSPECTED)
    if old is None:
        return []
    queues.wake_channel(channel, now)
    return _announce_change(channel, old, now)


def hold(channel: Channel, *, by: str, detail: str, now: datetime) -> None:
    """Hold the channel: nothing is sent or delivered until it is released. An earlier hold is kept."""
    free = Channel.objects.filter(pk=channel.pk, held_at__isnull=True)
    free.update(held_at=now, held_by=by, hold_code=Code.CHANNEL_HELD, hold_detail=detail)
    channel.refresh_from_db(fields=["held_at", "held_by", "hold_code", "hold_detail"])


def release(channel: Channel, now: datetime) -> list[Announcement]:
    """End the hold of a channel, and use the channel again if Front had refused it.

    A hold that only ``adopt`` can end is kept.
    """
    old = _move(channel, State.CONNECTED, since=REFUSED, **UNSUSPECTED)
    channel.refresh_from_db(fields=["held_at", "hold_code"])
    if channel.hold_code != Code.CHANNEL_MOVED:
        _save(channel, **FREE)
    if old:
        claims.hasten_channel(channel, now)
    queues.wake_channel(channel, now)
    return _announce_change(channel, old, now) if old else []


def adopt(channel: Channel, app: App, now: datetime) -> None:
    """Accept the channel's current id in Front, and the App UID and API URL of ``app``.

    This ends the hold of a channel that was connected again as a different channel in Front.
    """
    _save(channel, connected_app_uid=app.uid, connected_api_url=app.api_url)
    channel.refresh_from_db(fields=["hold_code", "held_by", "hold_detail"])
    if channel.hold_code == Code.CHANNEL_MOVED:
        # If an operator held the channel too, that hold stays.
        by_operator = channel.held_by or channel.hold_detail
        _save(channel, **({"hold_code": Code.CHANNEL_HELD} if by_operator else FREE))
    queues.wake_channel(channel, now)


def describe(channel: Channel, *, name: str, address: str) -> None:
    """Change the channel's name, and the handle that customers see."""
    _save(channel, name=name, address=address)


def set_deliver_within(channel: Channel, deliver_within: timedelta | None) -> None:
    """Change how long a message of the team may take to reach the customer."""
    _save(channel, deliver_within=deliver_within)


def replace_token(channel: Channel, token: Secret) -> None:
    """Replace the channel's connection token. The former one can no longer be used."""
    _save(channel, token_digest=digest(token))


def show_status(done: Done) -> None:
    """Show the status that was written to Front: ``ok`` or ``offline``."""
    _save(done.channel, status=done.arguments["status"])


def learn_company(channel: Channel, company: str) -> None:
    """Note the company's host name in Front's links. All channels of a company share its rate limit."""
    if company and company != channel.company:
        _save(channel, company=company)


def _short(lane: LaneName) -> str:
    """Return a name of the lane that fits in a column."""
    return digest(*map(str, lane))


def _moves(channel: Channel, front_id: str, app: App) -> bool:
    """Return whether the channel was connected before with another id, App UID or API URL."""
    before = (channel.front_id, channel.connected_app_uid, channel.connected_api_url)
    return channel.connected_at is not None and before != (front_id, app.uid, app.api_url)


def _hold_until_adopted(channel: Channel, now: datetime) -> None:
    channel.held_at, channel.hold_code = channel.held_at or now, Code.CHANNEL_MOVED
    log_after_commit(LogEvent.CHANNEL_MOVED, channel_id=channel.pk)


def _take_front_id(channel: Channel, front_id: str) -> None:
    """Take the id from another channel that had it. Raises ``AuthorizationRefused`` unless that one is disconnected."""
    others = Channel.objects.filter(app=channel.app, front_id=front_id).exclude(pk=channel.pk)
    former = others.select_for_update().first()
    if former is None:
        return
    if former.state != State.DISCONNECTED:
        raise AuthorizationRefused(
            "This channel of Front is connected with another token.", code=Code.CHANNEL_HAS_OTHER_TOKEN
        )
    Channel.objects.filter(pk=former.pk).update(front_id=None)


def _move(channel: Channel, new: str, *, since: Iterable[str], **changes: object) -> str | None:
    """Change the state and these columns, if the state is one of ``since`` and not ``new`` already.

    Returns the former state, or None if nothing changed.
    """
    old = Channel.objects.select_for_update().values_list("state", flat=True).get(pk=channel.pk)
    channel.state = new if old in since else old
    if old == new or old not in since:
        return None
    _save(channel, state=new, **changes)
    return old


def _save(channel: Channel, **changes: object) -> None:
    for name, value in changes.items():
        setattr(channel, name, value)
    channel.save(update_fields=list(changes))


def _announce_change(channel: Channel, old: str, now: datetime) -> list[Announcement]:
    if old == channel.state:
        return []
    return announce("channel_state_changed", channel, now=now, old=old, new=str(channel.state))
