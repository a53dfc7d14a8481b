"""A provider reports our own delivery before ``deliver()`` has returned the id that tells."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from tests.front import APP, MovableClock, entry_of, receive, state_of, told, work


class Echoing(ChannelHandler):
    """Its provider tells of a message while it takes it, and the host syncs what it is told of."""

    meanwhile: ClassVar[list[Callable[[Channel, str], Any]]] = []

    def deliver(self, message: Message) -> str | None:
        assert message.thread is not None
        for happen in self.meanwhile:
            happen(message.channel, message.thread.external_conversation_id)
        return "SM-42"


@pytest.fixture
def meanwhile(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[Channel, str], Any]]:
    """What happens while a message is delivered, given the channel and the thread."""
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.Echoing"}}
    happenings: list[Callable[[Channel, str], Any]] = []
    monkeypatch.setattr(Echoing, "meanwhile", happenings)
    return happenings


def sent(external_id: str) -> Callable[[Channel, str], Message]:
    """The host hears of a message that the team has sent."""

    def sync(channel: Channel, thread: str) -> Message:
        return messages.sync_outbound(
            channel,
            to=["+33612345678"],
            text="Hello",
            external_id=external_id,
            external_conversation_id=thread,
        )

    return sync


def test_an_echo_that_comes_before_the_providers_id_is_dropped(
    front: Sandbox, channel: Channel, meanwhile: list[Callable[[Channel, str], Any]]
) -> None:
    meanwhile.append(sent("SM-42"))
    received = receive(front, channel)
    work("deliver")
    assert state_of(received) == "handed_over"
    work()

    echo = Message.objects.exclude(pk=received.pk).get()
    assert told(front) == []
    assert echo.state == "cancelled"
    assert echo.code == "echo"
    assert entry_of(echo).state == "cancelled"


def test_what_may_be_an_echo_waits_for_the_delivery_under_way(
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    meanwhile: list[Callable[[Channel, str], Any]],
) -> None:
    meanwhile += [sent("SM-42"), sent("by-phone"), lambda channel, thread: work("sync")]
    received = receive(front, channel)
    work("deliver")

    waiting = Message.objects.exclude(pk=received.pk).order_by("pk")
    assert told(front) == []
    assert [message.state for message in waiting] == ["queued", "queued"]
    assert waiting[0].code == "maybe_echo"
    assert entry_of(waiting[0]).attempts == 0

    time.advance(2)
    work()
    assert told(front) == ["by-phone"], "which was no echo"
    assert [message.state for message in waiting.all()] == ["cancelled", "accepted"]


def test_a_delivery_in_another_thread_keeps_nothing_waiting(
    front: Sandbox, channel: Channel, meanwhile: list[Callable[[Channel, str], Any]]
) -> None:
    meanwhile += [
        lambda channel, thread: sent("by-phone")(channel, "another thread"),
        lambda channel, thread: work("sync"),
        lambda channel, thread: told_meanwhile.extend(told(front)),
    ]
    told_meanwhile: list[str] = []
    receive(front, channel)
    work("deliver")
    assert told_meanwhile == ["by-phone"]
