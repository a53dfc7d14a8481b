"""The tests that ``bench.stories`` runs: 500 stories, and 500 tests that only have a database."""

from __future__ import annotations

from typing import ClassVar

import pytest

from django_front_channel import services
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Message
from django_front_channel.testing.front import Front

TESTS = 500


class Courier(ChannelHandler):
    sent: ClassVar[list[str]] = []

    def deliver(self, message: Message) -> None:
        self.sent.append(message.text)


@pytest.mark.parametrize("number", range(TESTS))
def test_story(front: Front, number: int) -> None:
    """A customer asks, Front imports the message, a teammate replies, and the handler delivers the reply."""
    Courier.sent.clear()
    question = services.messages.sync_inbound(
        front.connect(),
        sender="+33612345678",
        text="Where is my parcel?",
        external_id=f"sms-{number}",
        external_conversation_id="thread-1",
    )
    front.run()
    front.reply(question, "It left this morning.")
    front.run()

    assert Courier.sent == ["It left this morning."]
    assert front.inbox[0].texts == ["Where is my parcel?", "It left this morning."]


@pytest.mark.parametrize("number", range(TESTS))
def test_nothing(db: None, number: int) -> None:
    pass
