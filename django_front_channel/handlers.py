"""The host's override point: one class per app, named by ``HANDLER`` in ``FRONT_CHANNEL_APPS``.

Questions that need an answer are methods here; facts are signals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.module_loading import import_string

from django_front_channel.conf import App, conf
from django_front_channel.core.digests import digest
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import (
    AuthorizationRefused,
    DeliveryDelayed,
    DeliveryFailed,
    MessageRefused,
)
from django_front_channel.models import Channel, Message

__all__ = [
    "Address",
    "AddressPage",
    "Authorization",
    "AuthorizationRefused",
    "ChannelHandler",
    "DeliveryDelayed",
    "DeliveryFailed",
    "MessageRefused",
    "handler_for",
]


@dataclass(frozen=True)
class Authorization:
    """What Front says when an admin adds a channel, or asks for the addresses to choose from."""

    app: App
    channel_id: str
    """Front's id of the channel, ``cha_…``; empty when Front asks for addresses."""
    token: str = field(repr=False)
    """What the admin pasted, or the OAuth access token."""
    payload: dict[str, Any] = field(repr=False)
    """The payload as Front sent it, unknown keys included."""


@dataclass(frozen=True)
class Address:
    """An address that the admin may choose for a channel."""

    address: str
    name: str


@dataclass(frozen=True)
class AddressPage:
    """Some of the addresses, and the token of the next page if there is one."""

    addresses: Sequence[Address] = ()
    next_page_token: str | None = None


class ChannelHandler:
    """Subclass it, and name the subclass in ``FRONT_CHANNEL_APPS``. Every method may be left as it is.

    One instance serves one request or one delivery.
    """

    deliver: ClassVar[Callable[[Any, Message], str | None] | None] = None
    """``deliver(self, message) -> str | None``: hand a message of Front to the customer.

    Called by the worker, outside any transaction, at least once for each message. Returns the provider's id of the
    message, kept as ``Message.delivery_id`` (report its receipt with ``report_delivery``), or None when the
    customer has it. Raises ``DeliveryFailed(detail)`` if a retry cannot help: Front is told. Raises
    ``DeliveryDelayed(seconds)`` to be called later; after any other error it is called again by itself. If it has
    not returned within the lease less ``FRONT_CHANNEL_API_TIMEOUT``, its worker's process ends.

    None, the default, says that the host delivers by itself and reports.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def authorize(self, authorization: Authorization) -> Channel:
        """The channel that Front may connect.

        By default the one whose connection token was given. Called outside any transaction, within Front's 7
        seconds. Raises ``AuthorizationRefused``, whose text the admin reads in Front.
        """
        tokens = Channel.objects.filter(app=self.app.alias, token_digest=digest(authorization.token))
        channel = tokens.first()
        if channel is None:
            raise AuthorizationRefused(
                "Unknown token. Paste the connection token that was shown for this channel.",
                code=Code.TOKEN_UNKNOWN,
            )
        return channel

    def list_addresses(self, authorization: Authorization, page_token: str | None) -> AddressPage:
        """The addresses that the admin may choose from, for channel features with shared credentials.

        Raises ``AuthorizationRefused``.
        """
        return AddressPage()

    def accept(self, message: Message) -> None:
        """Accept a teammate's message by returning.

        Called inside the webhook's transaction, within 5 seconds, before Front has its answer: use the database
        only. Raise ``MessageRefused("what the teammate reads")`` to refuse.
        """

    def conversation_id_for(self, message: Message) -> str:
        """The external conversation id for a conversation that was composed in Front.

        Return the id under which you will sync the customer's answers, the same whenever it is asked for the
        same message. The message is not stored yet. By default the message's external id.
        """
        return message.external_id

    def external_id_for(self, message: Message) -> str:
        """Our id for a message of Front, the same whenever it is asked for the same message.

        The message is not stored yet. By default the id that it carries, which is made of Front's.
        """
        return message.external_id

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        """Return the one spelling of a handle, so that Front and the host mean the same contact."""
        return handle.strip()

    def find_delivery(self, message: Message) -> str | None:
        """Look up a message whose last delivery ended with an unknown outcome, before ``deliver`` is called again.

        Returns the provider's id when the provider has it, else None.
        """
        return None


def handler_for(alias: str) -> ChannelHandler:
    """The handler of the app of this alias. Raises ``ImproperlyConfigured`` when the settings have no such app."""
    app = conf.app(alias)
    handler_class: type[ChannelHandler] = import_string(app.handler)
    return handler_class(app)
