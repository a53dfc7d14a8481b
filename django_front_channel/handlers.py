"""The host's own code for a channel: one class per app, named by ``HANDLER`` in ``FRONT_CHANNEL_APPS``.

A question that needs an answer is a method here. A fact is a signal (``signals.py``).
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
    """Front's request when an admin adds a channel, or chooses among addresses."""

    app: App
    channel_id: str
    """Front's id of the channel, ``cha_…``; empty if Front asks for addresses."""
    token: str = field(repr=False)
    """The token that the admin pasted, or the OAuth access token."""
    payload: dict[str, Any] = field(repr=False)
    """The payload as Front sent it, unknown keys included."""


@dataclass(frozen=True)
class Address:
    """An address that the admin may choose for a channel."""

    address: str
    name: str


@dataclass(frozen=True)
class AddressPage:
    """A page of addresses, and the token of the next page; None on the last page."""

    addresses: Sequence[Address] = ()
    next_page_token: str | None = None


class ChannelHandler:
    """The base class of your handler. Name your subclass in ``FRONT_CHANNEL_APPS``. Every method is optional.

    Each request and each delivery gets its own instance.
    """

    deliver: ClassVar[Callable[[Any, Message], str | None] | None] = None
    """``deliver(self, message) -> str | None``: deliver a message from Front to the customer.

    A worker calls it outside any transaction, at least once for each message. Return the provider's id of the message.
    It is stored as ``Message.delivery_id``. Report the outcome later with ``report_delivery``. Return None if the
    customer has the message.

    Raise ``DeliveryFailed(detail)`` if a retry cannot help: Front is told. Raise ``DeliveryDelayed(seconds)`` to be
    called again after that time. After any other error, the worker calls it again.

    It must return within ``LEASE`` minus ``FRONT_CHANNEL_API_TIMEOUT``, by default 20 seconds. Otherwise its worker
    process ends.

    Leave it None (the default) if code outside the handler delivers messages and reports the outcome.
    """

    one_at_a_time: ClassVar[bool] = False
    """Set it to True if your code, or your provider's library, is not safe for threads: a worker then delivers one
    message of the app at a time. By default it delivers up to ``FRONT_CHANNEL_OUTBOX["SLOTS"]`` messages of a channel
    at the same time, each in its own Python thread, but never two of one conversation.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def context(self, channel: Channel | None) -> AbstractContextManager[object]:
        """Return a context manager in which all your code runs: handler methods and signal receivers.

        Use it to set what your code depends on, such as a tenant or a language, and to reset it afterwards. It is
        entered in web processes and in the worker, sometimes inside a transaction, and several times for one message.
        The channel is None for ``authorize`` and ``list_addresses``, which concern an app. The default does nothing.
        """
        return nullcontext()

    def authorize(self, authorization: Authorization) -> Channel:
        """Return the channel that Front may connect. By default, it is the one with the given connection token.

        It is called outside any transaction. Front waits for 7 seconds. Raise ``AuthorizationRefused`` to refuse: the
        admin reads its text in Front.
        """
        tokens = Channel.objects.filter(app=self.app.alias, token_digest=digest(Secret(authorization.token)))
        channel = tokens.first()
        if channel is None:
            code = (
                Code.TOKEN_SPENT if _is_spent(self.app, Secret(authorization.token)) else Code.TOKEN_UNKNOWN
            )
            raise AuthorizationRefused("Paste the channel's connection token.", code=code)
        return channel

    def list_addresses(self, authorization: Authorization, page_token: str | None) -> AddressPage:
        """Return the addresses that the admin may choose from, for channel features with shared credentials.

        ``page_token``  the ``next_page_token`` of the previous page; None for the first page

        Raise ``AuthorizationRefused`` to refuse.
        """
        return AddressPage()

    def accept(self, message: Message) -> None:
        """Check a teammate's message: return to accept it, or raise ``MessageRefused("what the teammate reads")``.

        It is called inside the webhook's transaction, while Front waits for the answer. It must return within 5
        seconds, so use only the database.

        To limit how long this message may take to reach the customer, set ``message.deliver_within`` to a timedelta.
        Otherwise the channel or the app decides. A message that takes longer fails in Front, and is never delivered.
        """

    def conversation_id_for(self, message: Message) -> str:
        """Return the external conversation id for a conversation that a teammate started in Front.

        It is the id under which you will sync the customer's replies. Always return the same id for the same message.
        The message is not stored yet. By default, it is the message's external id.
        """
        return message.external_id

    def external_id_for(self, message: Message) -> str:
        """Return your id for a message from Front.

        Always return the same id for the same message. The message is not stored yet. By default, it is the
        ``external_id`` that the message has already, which is derived from Front's id.
        """
        return message.external_id

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        """Return the canonical spelling of a handle, so that one person is one contact in Front."""
        return handle.strip()

    def find_delivery(self, message: Message) -> str | None:
        """Look up a message with the provider, and return the provider's id, or None if the provider does not have it.

        It is called before ``deliver`` is called again for a message whose last attempt had an unknown outcome.
        """
        return None


def _is_spent(app: App, token: Secret) -> bool:
    """Return whether this token connected a channel that was later removed in Front."""
    connected = Channel.objects.filter(app=app.alias, connected_token_digest=digest(token))
    return connected.filter(token_digest=None).exists()


@contextmanager
def host_scope(handler: ChannelHandler, channel: Channel | None) -> Iterator[None]:
    """Run the block in the handler's ``context``. Errors of the block are always raised."""
    with handler.context(channel):
        yield
        return
    raise RuntimeError("The channel handler is wrong: context() must not suppress errors.")


def normalized(handler: ChannelHandler, channel: Channel, handle: str) -> str:
    """Return the handle as the handler spells it, asked inside the handler's ``context``."""
    with host_scope(handler, channel):
        return handler.normalize_handle(channel, handle)


def handler_for(alias: str) -> ChannelHandler:
    """Return a new handler for the app with this alias.

    Raises ``ImproperlyConfigured`` if the app is missing, or its handler cannot be imported.
    """
    app = conf.app(alias)
    try:
        handler_class: type[ChannelHandler] = import_string(app.handler)
    except ImportError as problem:
        setting = f"FRONT_CHANNEL_APPS[{alias!r}]['HANDLER']"
        raise ImproperlyConfigured(f"{setting} cannot be imported: {problem}") from problem
    return handler_class(app)
