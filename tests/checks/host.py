"""The handlers and functions that a host's settings may name."""

from typing import Any

from django_front_channel.handlers import ChannelHandler

NOTHING = None


class Silent(ChannelHandler):
    pass


class Delivering(ChannelHandler):
    def deliver(self, message: Any) -> str | None:
        return None


class Awaited(ChannelHandler):
    async def deliver(self, message: Any) -> str | None:  # type: ignore[override]
        return None


class NoHandler:
    pass


def never_called(alias: str) -> None:
    raise AssertionError("A check has called the host's callable")


class ElsewhereRouter:
    """A host that keeps our tables in a database of their own."""

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "elsewhere" if model._meta.app_label == "front_channel" else None
