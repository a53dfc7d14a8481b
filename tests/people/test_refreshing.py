"""What Front still shows of an erased person is not kept again."""

from __future__ import annotations

import pytest

from django_front_channel import services
from django_front_channel.models import Conversation
from django_front_channel.sandbox import Sandbox
from tests.front import channel, courier, front, tell, work  # noqa: F401 - fixtures
from tests.people.story import ANA, MARK, marked_columns

pytestmark = [pytest.mark.django_db, pytest.mark.fault("erasure"), pytest.mark.usefixtures("courier")]


def test_a_conversation_that_is_refreshed_stays_empty(front: Sandbox, channel: object) -> None:  # noqa: F811
    from django_front_channel.models import Channel

    assert isinstance(channel, Channel)
    tell(channel, f"sms-{MARK}", thread=f"sms:{ANA}", sender=ANA, subject=f"About {MARK}", text=MARK)
    work("sync")
    front.run_until_quiet()
    conversation = Conversation.objects.get()
    services.conversations.refresh(conversation)
    assert MARK in conversation.subject
    services.people.erase(services.people.find(channel, handle=ANA))
    services.conversations.refresh(conversation)
    assert conversation.subject == ""
    assert marked_columns() == set()
