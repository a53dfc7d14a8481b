"""The host's override point: one class per app, named by ``HANDLER`` in ``FRONT_CHANNEL_APPS``.

Questions that need an answer are methods here; facts are signals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
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
from django_front_channel.secret import Secret

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
    "host_scope",
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

    def context(self, channel: Channel | None) -> AbstractContextManager[object]:
        """Return a context manager that is entered around all your code: handler methods and signal receivers.

        Set here what your code takes for granted, such as a tenant or a language, and reset it afterwards. It is
        entered in web processes and in the worker, sometimes inside a transaction, several times for one message.
        ``channel`` is None in ``authorize`` and ``list_addresses``, which are about an app. By default nothing happens.
        """
        return nullcontext()

    def authorize(self, authorization: Authorization) -> Channel:
        """The channel that Front may connect.

        By default the one whose connection token was given. Called outside any transaction, within Front's 7
        seconds. Raises ``AuthorizationRefused``, whose text the admin reads in Front.
        """
        tokens = Channel.objects.filter(app=self.app.alias, token_digest=digest(Secret(authorization.token)))
        channel = tokens.first()
        if channel is None:
            code = (
                Code.TOKEN_SPENT if _is_spent(self.app, Secret(authorization.token)) else Code.TOKEN_UNKNOWN
            )
            raise AuthorizationRefused("Give the channel's connection token.", code=code)
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


def _is_spent(app: App, token: Secret) -> bool:
    """Whether this token connected a channel that was then removed in Front."""
    connected = Channel.objects.filter(app=app.alias, connected_token_digest=digest(token))
    return connected.filter(token_digest=None).exists()


@contextmanager
def host_scope(handler: ChannelHandler, channel: Channel | None) -> Iterator[None]:
    """Run the block in the handler's ``context``. The block's own errors always come out."""
    with handler.context(channel):
        yield
        return
    raise RuntimeError("The channel handler is wrong: context() must not suppress errors.")


def normalized(handler: ChannelHandler, channel: Channel, handle: str) -> str:
    """The handle as the handler spells it, asked inside its ``context``."""
    with host_scope(handler, channel):
        return handler.normalize_handle(channel, handle)


def handler_for(alias: str) -> ChannelHandler:
    """The handler of the app with this alias. Raises ``ImproperlyConfigured`` if the app or its handler is missing."""
    app = conf.app(alias)
    try:
        handler_class: type[ChannelHandler] = import_string(app.handler)
    except ImportError as problem:
        setting = f"FRONT_CHANNEL_APPS[{alias!r}]['HANDLER']"
        raise ImproperlyConfigured(f"{setting} cannot be imported: {problem}") from problem
    return handler_class(app)
