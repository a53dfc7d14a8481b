"""Create channels, and say whether they work."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from django_front_channel.conf import conf
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel, clock, database
from django_front_channel.models.digests import digest
from django_front_channel.outbox.announcements import Announcement, announce, send_on_commit
from django_front_channel.services.content import host_data_of, optional_text
from django_front_channel.services.rows import check_row
from django_front_channel.services.verbs import call_now

STUCK = (Channel.State.AUTH_FAILED, Channel.State.UNREACHABLE)


@dataclass(frozen=True)
class NewChannel:
    """A channel that was just created, and what is shown about it this once."""

    channel: Channel
    token: str = field(repr=False)
    """The connection token, to be pasted when the channel is added in Front. Only its digest is kept."""
    webhook_url: str
    """Where Front will send the channel's messages; absolute when ``FRONT_CHANNEL_PUBLIC_URL`` is set."""


def create(
    app: str = "default", *, name: str, address: str = "", host_data: dict[str, Any] | None = None
) -> NewChannel:
    """Create a channel that a Front admin can connect.

    ``app``      an alias in ``FRONT_CHANNEL_APPS``
    ``name``     what people call the channel
    ``address``  the phone number or other handle that customers see

    Raises ``ImproperlyConfigured`` for an unknown app, ``InvalidArgument`` for an empty name, for a name or
    address of more than 200 characters, and for ``host_data`` that databases refuse.
    """
    app = optional_text(app, "app")
    conf.app(app)
    name = optional_text(name, "name", 200)
    if not name.strip():
        raise InvalidArgument("The channel needs a name.")
    token = secrets.token_urlsafe(32)
    channel = Channel(
        app=app,
        name=name,
        address=optional_text(address, "address", 200),
        host_data=host_data_of(host_data),
        token_digest=digest(token),
    )
    # Before the row is stored: where the URLs are not included, nobody would ever see its token.
    url = webhook_url(channel)
    channel.save()
    return NewChannel(channel, token, url)


def rotate_token(channel: Channel) -> str:
    """Give the channel a new connection token and return it, this once.

    Front checks in with the token only when the channel is connected, so nothing is cut off.
    """
    check_row("channels.rotate_token", Channel, channel)
    token = secrets.token_urlsafe(32)
    channel.token_digest = digest(token)
    channel.save(update_fields=["token_digest"])
    return token


def disconnect(channel: Channel) -> Channel:
    """Stop using the channel, and let its token connect a new one in Front. Queued messages wait."""
    check_row("channels.disconnect", Channel, channel)
    with database.atomic():
        send_on_commit(end(channel))
    return channel


def hold(channel: Channel) -> Channel:
    """Let everything of this channel wait, in both directions, until ``release``.

    A verb that would call Front at once cannot wait, and raises ``ChannelUnavailable`` meanwhile.
    """
    check_row("channels.hold", Channel, channel)
    return _set_held(channel, True)


def release(channel: Channel) -> Channel:
    """Let a held channel go on, and one whose credentials were refused or that was unreachable try again."""
    check_row("channels.release", Channel, channel)
    with database.atomic():
        send_on_commit(_move(channel, Channel.State.CONNECTED, since=STUCK, now=clock.now()) or [])
        return _set_held(channel, False)


def adopt(channel: Channel) -> Channel:
    """Accept that the channel works with the App UID and API URL that the settings name now.

    Raises ``ImproperlyConfigured`` when they name none.
    """
    check_row("channels.adopt", Channel, channel)
    app = conf.app(channel.app)
    channel.connected_app_uid, channel.connected_api_url = app.uid, app.api_url
    channel.save(update_fields=["connected_app_uid", "connected_api_url"])
    return channel


def set_status(channel: Channel, *, status: Literal["ok", "offline"], wait: float = 0.0) -> Channel:
    """Tell Front now whether the channel works.

    Raises ``InvalidArgument``, ``ChannelUnavailable`` or a ``FrontAPIError``. Source: Channel API, "Update channel".
    """
    call_now("channels.set_status", channel, wait=wait, status=status)
    channel.status = status
    channel.save(update_fields=["status"])
    return channel


def webhook_url(channel: Channel, request: HttpRequest | None = None) -> str:
    """Where Front sends the channel's messages: exactly this URL is answered without a redirect.

    Absolute when ``FRONT_CHANNEL_PUBLIC_URL`` is set or a request is given, else the path.
    """
    return _absolute(
        reverse("front_channel:channel_webhook", args=[channel.app, channel.webhook_key]), request
    )


def app_webhook_url(app: str, request: HttpRequest | None = None) -> str:
    """The URL to enter for the app's channel feature in Front; absolute as in ``webhook_url``."""
    return _absolute(reverse("front_channel:app_webhook", args=[app]), request)


def end(channel: Channel) -> list[Announcement]:
    """Disconnect the channel, in the transaction at hand. Returns what is to be announced."""
    now = clock.now()
    announcements = _move(channel, Channel.State.DISCONNECTED, since=Channel.State, now=now)
    if announcements is None:
        return []
    channel.disconnected_at = now
    channel.save(update_fields=["disconnected_at"])
    return announcements + announce("channel_disconnected", channel, now=now)


def _move(channel: Channel, new: str, *, since: Iterable[str], now: datetime) -> list[Announcement] | None:
    """Change the state. Returns what is to be announced, or None when the channel was in no such state."""
    old = Channel.objects.change_state(channel, new, since=since)
    return None if old is None else announce("channel_state_changed", channel, now=now, old=old, new=new)


def _set_held(channel: Channel, is_held: bool) -> Channel:
    channel.is_held = is_held
    channel.save(update_fields=["is_held"])
    return channel


def _absolute(path: str, request: HttpRequest | None) -> str:
    if conf.public_url:
        return conf.public_url.rstrip("/") + path
    if request is None:
        return path
    url = request.build_absolute_uri(path)
    # A URL that SecurityMiddleware answers with a redirect would lose Front's POST.
    return (
        "https" + url.removeprefix("http")
        if settings.SECURE_SSL_REDIRECT and not request.is_secure()
        else url
    )
