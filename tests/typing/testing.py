"""What a type checker says of the test kit: mypy reads this module, nothing calls it."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from django.core.files.base import ContentFile
from django.test import TestCase

from django_front_channel.models import Channel, Conversation, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.testing import FrontMixin
from django_front_channel.testing.front import Front
from django_front_channel.testing.inbox import Exchange, InboxConversation, InboxMessage


def people(front: Front, message: Message, conversation: Conversation) -> None:
    channel = front.connect(name="SMS", app="default")
    assert_type(channel, Channel)
    label = ContentFile(b"%PDF", name="label.pdf")
    assert_type(front.compose(channel, "Hello", to="+33612345678", attachments=[label]), InboxMessage)
    assert_type(front.reply(message, "Hello"), InboxMessage)
    assert_type(front.autoreply(conversation, "Hello"), InboxMessage)
    assert_type(front.merge("thread-1", "thread-2"), InboxConversation)


def seen(front: Front) -> None:
    assert_type(front.inbox, list[InboxConversation])
    assert_type(front.inbox[0].texts, list[str])
    assert_type(front.inbox[0].messages[0].attachments[0].content, bytes)
    assert_type(front.failures, list[InboxMessage])
    assert_type(front.failures[0].error, str | None)
    assert_type(front.journal, list[Exchange])
    assert_type(front.clock.advance(minutes=1), datetime)
    assert_type(front.sandbox(), Sandbox)


class Stories(FrontMixin, TestCase):
    def test_a_story(self) -> None:
        assert_type(self.front, Front)
