"""What Front still shows of an erased person is not kept again."""

from __future__ import annotations

import pytest

from django_front_channel import services
from django_front_channel.models import Channel, Conversation
from django_front_channel.sandbox import Sandbox
from tests.front import channel, courier, front, tell, work  # noqa: F401 - fixtures
from tests.people.story import ANA, BEN, MARK, marked_columns

pytestmark = [pytest.mark.django_db, pytest.mark.fault("erasure"), pytest.mark.usefixtures("courier")]


def test_a_conversation_that_is_refreshed_stays_empty(front: Sandbox, channel: Channel) -> None:  # noqa: F811
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


@pytest.mark.parametrize("thread", ["ben", "group"], ids=["of another thread", "of the same thread"])
def test_nor_does_one_that_others_take_part_in_show_what_it_showed(
    front: Sandbox,  # noqa: F811
    channel: Channel,  # noqa: F811
    thread: str,
) -> None:
    hers = "group" if thread == "group" else f"sms:{ANA}"
    tell(channel, f"sms-{MARK}", thread=hers, sender=ANA, subject=f"About {MARK}", text=MARK)
    tell(channel, "ben-1", thread=thread, sender=BEN, text="I am Ben")
    work("sync")
    front.run_until_quiet()
    conversation = Conversation.objects.get(threads__external_conversation_id=hers)
    both = [each["id"] for each in front.snapshot()["conversations"]]
    if len(both) > 1:
        front.merge(conversation_ids=both, survivor=conversation.front_id)
    services.conversations.refresh(conversation)
    assert MARK in conversation.subject
    services.people.erase(services.people.find(channel, handle=ANA))
    services.conversations.refresh(conversation)
    assert marked_columns() == set()


def test_a_conversation_of_others_shows_its_subject(front: Sandbox, channel: Channel) -> None:  # noqa: F811
    tell(channel, f"sms-{MARK}", thread=f"sms:{ANA}", sender=ANA)
    tell(channel, "ben-1", thread="ben", sender=BEN, subject="About Ben")
    work("sync")
    front.run_until_quiet()
    services.people.erase(services.people.find(channel, handle=ANA))
    conversation = Conversation.objects.get(threads__external_conversation_id="ben")
    services.conversations.refresh(conversation)
    assert conversation.subject == "About Ben"
