"""Create channels, change them, and hold, release or disconnect them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_front_channel.conf import conf
from django_front_channel.core import clock, database, public_urls
from django_front_channel.core.digests import digest
from django_front_channel.core.public_urls import app_webhook_url
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import ChannelUnavailable, InvalidArgument
from django_front_channel.lifecycle import channels as lifecycle
from django_front_channel.lifecycle.lateness import is_limit
from django_front_channel.models import Channel
from django_front_channel.outbox.announcements import send_on_commit
from django_front_channel.secret import Secret
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
    "set_deliver_within",
    "set_status",
    "webhook_url",
]


@dataclass(frozen=True)
class NewChannel:
    """A new channel and its connection token, which cannot be read again later."""

    channel: Channel
    hidden_token: Secret
    webhook_url: str
    """The URL to which Front will send the channel's messages. Absolute if ``FRONT_CHANNEL_PUBLIC_URL`` is set."""

    @property
    def token(self) -> str:
        """The connection token. Paste it in Front when you add the channel. Only its digest is stored."""
        return self.hidden_token.reveal()


def create(
    app: str = "default", *, name: str, address: str = "", host_data: dict[str, Any] | None = None
) -> NewChannel:
    """Create a channel that a Front admin can connect.

    ``app``        an alias in ``FRONT_CHANNEL_APPS``
    ``name``       the channel's name for people, 1 to 200 characters
    ``address``    the phone number or other handle that customers see, at most 200 characters
    ``host_data``  your own data, stored as JSON

    Returns the channel, its token and its webhook URL. Raises ``ImproperlyConfigured`` for an unknown app, and
    ``InvalidArgument`` for any other wrong argument.
    """
    app = optional_text(app, "app")
    conf.app(app)
    token = Secret(secrets.token_urlsafe(32))
    channel = Channel(
        app=app,
        name=_name(name),
        address=optional_text(address, "address", 200),
        host_data=host_data_of(host_data),
        token_digest=digest(token),
    )
    # Before the row is stored: this raises if the URLs are not included, and then nobody could read the token.
    url = webhook_url(channel)
    channel.save()
    return NewChannel(channel, token, url)


def describe(channel: Channel, *, name: str, address: str = "") -> Channel:
    """Change the channel's name and the handle that customers see. Both have at most 200 characters.

    Returns the channel. Raises ``InvalidArgument`` for an empty name, or a text that is too long.
    """
    check_row("channels.describe", Channel, channel)
    lifecycle.describe(channel, name=_name(name), address=optional_text(address, "address", 200))
    return channel


def set_deliver_within(channel: Channel, *, deliver_within: timedelta | None) -> Channel:
    """Set how long a message of the team may take to reach the customer. None means: as long as its app says.

    It counts for messages that arrive from now on. Returns the channel. Raises ``InvalidArgument`` for anything but
    None and a positive timedelta.
    """
    check_row("channels.set_deliver_within", Channel, channel)
    if not is_limit(deliver_within):
        raise InvalidArgument(
            f"deliver_within must be a positive timedelta or None, got {deliver_within!r}.",
            code="out_of_range" if isinstance(deliver_within, timedelta) else "wrong_type",
            argument="deliver_within",
        )
    lifecycle.set_deliver_within(channel, deliver_within)
    return channel


def rotate_token(channel: Channel) -> str:
    """Give the channel a new connection token. Returns the token, which cannot be read again.

    A connected channel continues to work with its former token until it is connected again.
    """
    check_row("channels.rotate_token", Channel, channel)
    token = Secret(secrets.token_urlsafe(32))
    lifecycle.replace_token(channel, token)
    return token.reveal()


def disconnect(channel: Channel) -> Channel:
    """Stop using the channel. Its queued messages wait. Returns the channel.

    It can then be connected again with its token. If it becomes a different channel in Front, it is held until you
    ``adopt`` it.
    """
    check_row("channels.disconnect", Channel, channel)
    with database.atomic():
        send_on_commit(lifecycle.disconnect(channel, clock.now()))
    return channel


def hold(channel: Channel, *, by: str = "", detail: str = "") -> Channel:
    """Hold the channel: everything waits, in both directions, until you ``release`` it. Returns the channel.

    ``by``      who holds it, at most 200 characters; operators see it
    ``detail``  why; operators see it

    Direct verbs cannot wait, so they raise ``ChannelUnavailable`` meanwhile.
    """
    check_row("channels.hold", Channel, channel)
    who, why = optional_text(by, "by", 200), optional_text(detail, "detail")
    lifecycle.hold(channel, by=who, detail=why, now=clock.now())
    return channel


def release(channel: Channel) -> Channel:
    """End a hold, and use a channel again that Front had refused. Returns the channel.

    Raises ``ChannelUnavailable`` if only ``adopt`` can end the hold.
    """
    check_row("channels.release", Channel, channel)
    with database.atomic():
        send_on_commit(lifecycle.release(channel, clock.now()))
    if channel.is_held:
        raise ChannelUnavailable(
            f"{channel} was connected again, as a different channel in Front. If the waiting messages may be sent to "
            "the new channel, adopt the channel.",
            code=Code.CHANNEL_MOVED,
        )
    return channel


def adopt(channel: Channel) -> Channel:
    """Send the channel's queue to where the channel is connected now. Returns the channel.

    It uses the App UID and API URL of the settings, and the channel in Front that it was last connected as. A channel
    that was connected again as a different channel in Front is held until you call this.

    Raises ``ImproperlyConfigured`` if the settings lack the channel's app.
    """
    check_row("channels.adopt", Channel, channel)
    app = conf.app(channel.app)
    with database.atomic():
        lifecycle.adopt(channel, app, clock.now())
    return channel


@verb("update-channel", label=_("Set status"), effect=lifecycle.show_status)
def set_status(channel: Channel, *, status: Literal["ok", "offline"]) -> Request[Channel]:
    """Tell Front whether the channel works. Returns the channel.

    Raises ``InvalidArgument``, ``ChannelUnavailable`` or a ``FrontAPIError``. Source: Channel API, "Update channel".
    """
    return Request(status=status)


def webhook_url(channel: Channel, request: HttpRequest | None = None) -> str:
    """Return the URL to which Front sends the channel's messages. The site answers it without a redirect.

    It is absolute if ``FRONT_CHANNEL_PUBLIC_URL`` is set or a request is given; otherwise it is only the path.
    """
    return public_urls.channel_webhook_url(channel.app, channel.webhook_key, request)


def _name(given: str) -> str:
    name = optional_text(given, "name", 200)
    if not name.strip():
        raise InvalidArgument("The channel needs a name.", code="empty", argument="name")
    return name
