"""Odd return values of ``deliver()``: none of them makes a message be delivered twice."""

from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from django_front_channel.handlers import ChannelHandler, DeliveryFailed
from django_front_channel.models import Message
from django_front_channel.services import messages
from django_front_channel.testing.front import Front
from django_front_channel.testing.plugin import front
from tests.front import APP

__all__ = ["front"]


class Careless(ChannelHandler):
    """Says what the test tells it to."""

    says: ClassVar[Any] = None
    calls: ClassVar[int] = 0

    def deliver(self, message: Message) -> str | None:
        type(self).calls += 1
        if isinstance(self.says, Exception):
            raise self.says
        said: str | None = self.says
        return said


@pytest.fixture
def careless(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> type[Careless]:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.Careless"}}
    monkeypatch.setattr(Careless, "says", None)
    monkeypatch.setattr(Careless, "calls", 0)
    return Careless


@pytest.fixture
def message(careless: type[Careless], front: Front) -> Message:
    """A teammate's message that waits for its delivery."""
    composed = front.compose(front.connect(), "Hello", to="+33612345678")
    return Message.objects.get(external_id=composed.external_id)


def work_for_an_hour(front: Front) -> None:
    for _ in range(6):
        front.run()
        front.clock.advance(seconds=700)


@pytest.mark.parametrize(
    ("says", "kept"),
    [(12345, "12345"), ("SM\0-1", "SM-1"), ("SM-\ud83d", "SM-\ufffd"), ("x" * 501, "x" * 500)],
    ids=["a number", "NUL", "half a sign", "long"],
)
def test_an_odd_id_is_kept_and_its_receipt_finds_the_message(
    careless: type[Careless], front: Front, message: Message, *, says: Any, kept: str
) -> None:
    careless.says = says
    work_for_an_hour(front)

    message.refresh_from_db()
    assert (careless.calls, message.state, message.delivery_id) == (1, "handed_over", kept)
    receipt = messages.report_delivery(channel=message.channel, delivery_id=says, state="delivered")
    assert receipt == message


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (ValueError("number unknown"), "number unknown"),
        ("bad\0number", "badnumber"),
        ("bad \ud83d", "bad \ufffd"),
        ("\0", "The message could not be delivered."),
    ],
    ids=["an exception", "NUL", "half a sign", "nothing"],
)
def test_an_odd_reason_fails_the_message_and_is_shown_to_the_team(
    careless: type[Careless], front: Front, message: Message, *, reason: Any, shown: str
) -> None:
    careless.says = DeliveryFailed(reason)
    work_for_an_hour(front)

    message.refresh_from_db()
    assert (careless.calls, message.state, message.code) == (1, "failed", "delivery_failed")
    assert message.detail in (shown, "")
    assert [failed.error for failed in front.failures] == [shown]


def test_an_odd_reason_that_the_host_reports_is_kept_alike(front: Front, message: Message) -> None:
    messages.report_delivery(message, state="failed", detail="bad\0 \ud83d")
    message.refresh_from_db()
    assert message.detail == "bad \ufffd"
    front.run()
    assert [failed.error for failed in front.failures] == ["bad \ufffd"]
