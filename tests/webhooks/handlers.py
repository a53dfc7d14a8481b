"""Handlers of a host that keeps a ticket for every message of the team."""

import os
import signal

from django_front_channel.handlers import ChannelHandler, MessageRefused
from django_front_channel.models import Channel, Message
from tests.hostapp.models import Ticket


class TicketHandler(ChannelHandler):
    def accept(self, message: Message) -> None:
        Ticket.objects.create(title=message.text[:100], message=message)

    def deliver(self, message: Message) -> str | None:
        return f"provider-{message.pk}"


class FullMailboxHandler(TicketHandler):
    def accept(self, message: Message) -> None:
        super().accept(message)
        raise MessageRefused("The customer's mailbox is full.")


class BrokenHandler(TicketHandler):
    def accept(self, message: Message) -> None:
        super().accept(message)
        raise RuntimeError("a mistake of the host")


class DyingHandler(TicketHandler):
    """Its process is killed while the transaction is open."""

    def accept(self, message: Message) -> None:
        super().accept(message)
        os.kill(os.getpid(), signal.SIGKILL)


class Stopwatch:
    """Seconds that a test lets pass on this process's monotonic clock."""

    passed = 0.0


class SlowHandler(TicketHandler):
    """Takes as long as the test says."""

    seconds = 0.0

    def accept(self, message: Message) -> None:
        super().accept(message)
        Stopwatch.passed += self.seconds


class WronglyNamingHandler(ChannelHandler):
    def external_id_for(self, message: Message) -> str:
        return ".."


class NamelessHandler(ChannelHandler):
    """Its ``normalize_handle`` lacks a ``return``, or returns too little."""

    handle: str | None = None

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        return self.handle  # type: ignore[return-value]  # the mistake that is meant


class MumblingHandler(ChannelHandler):
    def accept(self, message: Message) -> None:
        raise MessageRefused("Nobody\0 \ud83d there")
