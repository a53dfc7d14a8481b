"""The state machine of channels: connected, blocked, released, held, adopted, disconnected."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django_front_channel.conf import App
from django_front_channel.core.digests import digest
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import AuthorizationRefused
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.outbox.announcements import Announcement, announce

State = Channel.State
STUCK = (State.AUTH_FAILED, State.UNREACHABLE)


def connect(channel: Channel, front_id: str, app: App, *, token: str, now: datetime) -> list[Announcement]:
    """Bind the channel to Front's id. A token binds one, and another only once its channel here is disconnected.

    ``token`` is the bearer token of Front's request. Raises ``AuthorizationRefused``.
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
    channel.front_id, channel.state = front_id, State.CONNECTED
    channel.connected_app_uid, channel.connected_api_url = app.uid, app.api_url
    channel.connected_token_digest = digest(token) if token else ""
    channel.connected_at, channel.disconnected_at = now, None
    channel.save()
    announcements = announce("channel_connected", channel, now=now, created=not known)
    return announcements + _announce_change(channel, old, now)


def disconnect(channel: Channel, now: datetime) -> list[Announcement]:
    """Stop using the channel. Its history stays, and its entries go on waiting."""
    old = _move(channel, State.DISCONNECTED, since=State, disconnected_at=now)
    if old is None:
        return []
    return _announce_change(channel, old, now) + announce("channel_disconnected", channel, now=now)


def disconnect_as_told(event: WebhookEvent, channel: Channel, now: datetime) -> list[Announcement]:
    """Disconnect the channel as Front says, unless it has been connected again since Front signed this."""
    # Nobody connects it from now on. It may have been bound to another id since it was read.
    bound = Channel.objects.select_for_update().values_list("front_id", flat=True).get(pk=channel.pk)
    connections = WebhookEvent.objects.filter(
        channel=channel, front_id=bound, type="authorization", state=WebhookEvent.State.PROCESSED
    )
    if connections.filter(signed_timestamp__gt=event.signed_timestamp).exists():
        return []
    return disconnect(channel, now)


def block(channel: Channel, state: str, now: datetime) -> list[Announcement]:
    """Let a connected channel wait, because Front refuses it: ``auth_failed`` or ``unreachable``."""
    old = _move(channel, state, since=(State.CONNECTED,))
    return _announce_change(channel, old, now) if old else []


def hold(channel: Channel, *, by: str, detail: str, now: datetime) -> None:
    """Let everything of the channel wait until it is released. A channel that is held already stays as it is."""
    free = Channel.objects.filter(pk=channel.pk, held_at__isnull=True)
    free.update(held_at=now, held_by=by, hold_code=Code.CHANNEL_HELD, hold_detail=detail)
    channel.refresh_from_db(fields=["held_at", "held_by", "hold_code", "hold_detail"])


def release(channel: Channel, now: datetime) -> list[Announcement]:
    """Let a held channel go on, and one that Front has refused try again."""
    old = _move(channel, State.CONNECTED, since=STUCK)
    _save(channel, held_at=None, held_by="", hold_code="", hold_detail="")
    return _announce_change(channel, old, now) if old else []


def adopt(channel: Channel, app: App) -> None:
    """Let the channel use the App UID and API URL of this app."""
    _save(channel, connected_app_uid=app.uid, connected_api_url=app.api_url)


def describe(channel: Channel, *, name: str, address: str) -> None:
    """Change what people call the channel, and the handle that customers see."""
    _save(channel, name=name, address=address)


def replace_token(channel: Channel, token: str) -> None:
    """Replace the token that connects the channel."""
    _save(channel, token_digest=digest(token))


def note_status(channel: Channel, status: str) -> None:
    """Note what Front shows of the channel: ``ok`` or ``offline``."""
    _save(channel, status=status)


def learn_company(channel: Channel, company: str) -> None:
    """Note the company's host name from Front's links. All channels of a company share its rate limit."""
    if company and company != channel.company:
        _save(channel, company=company)


def _take_front_id(channel: Channel, front_id: str) -> None:
    """Take the id from its former channel here, which must be disconnected."""
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
    """Change the state, and more with it, if the channel is in another one of ``since``. Returns the former state."""
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
