"""Create channels, and say whether they work."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_front_channel.conf import conf
from django_front_channel.core import clock, database, public_urls
from django_front_channel.core.digests import digest
from django_front_channel.core.public_urls import app_webhook_url
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle import channels as lifecycle
from django_front_channel.lifecycle.effects import UPDATE_CHANNEL
from django_front_channel.models import Channel
from django_front_channel.outbox.announcements import send_on_commit
from django_front_channel.services.content import host_data_of, optional_text
from django_front_channel.services.rows import check_row
from django_front_channel.services.verbs import Request, verb

__all__ = [
    "NewChannel",
    "adopt",
    "app_webhook_url",
    "create",
    "describe",
    "disconnect",
    "hold",
    "release",
    "rotate_token",
    "set_status",
    "webhook_url",
]


@dataclass(frozen=True)
class NewChannel:
    """A new channel, and its token, which is shown only now."""

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
    token = secrets.token_urlsafe(32)
    channel = Channel(
        app=app,
        name=_name(name),
        address=optional_text(address, "address", 200),
        host_data=host_data_of(host_data),
        token_digest=digest(token),
    )
    # Before the row is stored: if the URLs are not included, this raises, and nobody would ever see the token.
    url = webhook_url(channel)
    channel.save()
    return NewChannel(channel, token, url)


def describe(channel: Channel, *, name: str, address: str = "") -> Channel:
    """Change what people call the channel, and the handle that customers see. Both have at most 200 characters.

    Returns the channel. Raises ``InvalidArgument`` for an empty name, or a text that is too long.
    """
    check_row("channels.describe", Channel, channel)
    lifecycle.describe(channel, name=_name(name), address=optional_text(address, "address", 200))
    return channel


def rotate_token(channel: Channel) -> str:
    """Give the channel a new connection token, and return it. It cannot be read again.

    Nothing is cut off, because Front needs a new token only when the channel is connected again.
    """
    check_row("channels.rotate_token", Channel, channel)
    token = secrets.token_urlsafe(32)
    lifecycle.replace_token(channel, token)
    return token


def disconnect(channel: Channel) -> Channel:
    """Stop using the channel, and let its token connect a new one in Front. Queued messages wait."""
    check_row("channels.disconnect", Channel, channel)
    with database.atomic():
        send_on_commit(lifecycle.disconnect(channel, clock.now()))
    return channel


def hold(channel: Channel, *, by: str = "", detail: str = "") -> Channel:
    """Make everything of this channel wait, in both directions, until ``release``.

    ``by``      who holds it, in at most 200 characters; shown to operators
    ``detail``  why

    Direct verbs cannot wait, so they raise ``ChannelUnavailable`` meanwhile.
    """
    check_row("channels.hold", Channel, channel)
    who, why = optional_text(by, "by", 200), optional_text(detail, "detail")
    lifecycle.hold(channel, by=who, detail=why, now=clock.now())
    return channel


def release(channel: Channel) -> Channel:
    """Let a held channel go on, and let a channel that Front refused try again."""
    check_row("channels.release", Channel, channel)
    with database.atomic():
        send_on_commit(lifecycle.release(channel, clock.now()))
    return channel


def adopt(channel: Channel) -> Channel:
    """Accept that the channel works with the App UID and API URL that the settings name now.

    Raises ``ImproperlyConfigured`` when they name none.
    """
    check_row("channels.adopt", Channel, channel)
    lifecycle.adopt(channel, conf.app(channel.app))
    return channel


@verb(UPDATE_CHANNEL, label=_("Set status"))
def set_status(channel: Channel, *, status: Literal["ok", "offline"]) -> Request[Channel]:
    """Tell Front whether the channel works. Returns the channel.

    Raises ``InvalidArgument``, ``ChannelUnavailable`` or a ``FrontAPIError``. Source: Channel API, "Update channel".
    """
    return Request(status=status)


def webhook_url(channel: Channel, request: HttpRequest | None = None) -> str:
    """Where Front sends the channel's messages: exactly this URL is answered without a redirect.

    Absolute when ``FRONT_CHANNEL_PUBLIC_URL`` is set or a request is given, else the path.
    """
    return public_urls.channel_webhook_url(channel.app, channel.webhook_key, request)


def _name(given: str) -> str:
    name = optional_text(given, "name", 200)
    if not name.strip():
        raise InvalidArgument("The channel needs a name.", code="empty", argument="name")
    return name
