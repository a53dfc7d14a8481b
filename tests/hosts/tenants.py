"""A host whose code works only inside the scope of a tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from typing import Any, ClassVar

from django.utils import translation

from django_front_channel.handlers import AddressPage, Authorization, ChannelHandler
from django_front_channel.models import Channel, Message

tenant: ContextVar[str] = ContextVar("tenant")  # without a default: outside a scope it raises


@contextmanager
def scope_of(channel: Channel | None) -> Iterator[None]:
    token = tenant.set(channel.name if channel else "nobody")
    try:
        with translation.override("pt"):
            yield
    finally:
        tenant.reset(token)


class TenantHandler(ChannelHandler):
    seen: ClassVar[list[tuple[str, str, str]]] = []
    """What was called, for which tenant, in which language."""

    def context(self, channel: Channel | None) -> AbstractContextManager[object]:
        return scope_of(channel)

    def authorize(self, authorization: Authorization) -> Channel:
        note("authorize")
        return super().authorize(authorization)

    def list_addresses(self, authorization: Authorization, page_token: str | None) -> AddressPage:
        note("list_addresses")
        return super().list_addresses(authorization, page_token)

    def accept(self, message: Message) -> None:
        note("accept")

    def conversation_id_for(self, message: Message) -> str:
        note("conversation_id_for")
        return super().conversation_id_for(message)

    def external_id_for(self, message: Message) -> str:
        note("external_id_for")
        return super().external_id_for(message)

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        note("normalize_handle")
        return super().normalize_handle(channel, handle)

    def deliver(self, message: Message) -> str | None:
        note("deliver")
        if message.text == "Break off":
            raise TimeoutError
        return None

    def find_delivery(self, message: Message) -> str | None:
        note("find_delivery")
        return "SM-1"


def note(name: str) -> None:
    TenantHandler.seen.append((name, tenant.get(), translation.get_language()))


def receive(channel: Channel, **_: Any) -> None:
    note("receiver")


class SilentHandler(ChannelHandler):
    """Its context is a mistake: it suppresses the errors of whatever runs in it."""

    def context(self, channel: Channel | None) -> AbstractContextManager[object]:
        return silence()

    def accept(self, message: Message) -> None:
        raise PermissionError


@contextmanager
def silence() -> Iterator[None]:
    with suppress(PermissionError):
        yield
