"""Every external conversation id in a response of Front updates our mapping, whichever request asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from django_front_channel import services, signals
from django_front_channel.client import ApiRequest, FrontConversation, Outcome
from django_front_channel.lifecycle.merges import MergeObserver
from django_front_channel.models import Channel, Conversation, ConversationThread
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import conversations
from tests.front import work
from tests.services.conversations import imported

pytestmark = pytest.mark.fault("listed-threads")

Commit = DjangoCaptureOnCommitCallbacks


def now(conversation: Conversation) -> None:
    conversations.refresh(conversation)


def later(conversation: Conversation) -> None:
    conversations.refresh.enqueue(conversation)
    work("sync")


def after_another_verb(conversation: Conversation) -> None:
    """Only Front knows whose id that is, so it is asked afterwards."""
    conversations.assign(conversation, teammate_id="alt:email:teammate.two@example.com")


def by_the_client(conversation: Conversation) -> None:
    with closing(services.client_for(conversation.channel)) as client:
        client.conversations.get(conversation.front_id)


@pytest.mark.parametrize("ask", [now, later, after_another_verb, by_the_client])
def test_an_answer_about_the_survivor_of_a_merge_moves_every_thread(
    front: Sandbox,
    channel: Channel,
    heard: Callable[[Any], list[dict[str, Any]]],
    django_capture_on_commit_callbacks: Commit,
    *,
    ask: Callable[[Conversation], None],
) -> None:
    """Nobody asks about the absorbed one, so no redirect tells of the merge."""
    one, two = imported(front, channel, "one", "two")
    front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)
    merges = heard(signals.conversation_merged)

    with django_capture_on_commit_callbacks(execute=True):
        ask(two)

    assert {thread.conversation for thread in ConversationThread.objects.all()} == {two}
    assert [(each["conversation"], each["absorbed"]) for each in merges] == [(two, one)]
    with django_capture_on_commit_callbacks(execute=True):
        ask(two)
    assert len(merges) == 1


def test_a_thread_that_is_unknown_here_is_noted_too(front: Sandbox, channel: Channel) -> None:
    one, two = imported(front, channel, "one", "two")
    front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)
    thread = ConversationThread.objects.get(conversation=one)
    name, thread.external_conversation_id = thread.external_conversation_id, "another"
    thread.save()

    conversations.refresh(two)

    assert ConversationThread.objects.get(external_conversation_id=name).conversation == two


@pytest.mark.parametrize("odd", ["", "x" * 201, "a\0b", "\ud800"])
def test_what_cannot_be_an_id_of_ours_is_passed_over(front: Sandbox, channel: Channel, odd: str) -> None:
    (one,) = imported(front, channel, "one")
    name = ConversationThread.objects.get().external_conversation_id
    raw = {"id": "cnv_9", "metadata": {"external_conversation_ids": [odd, name]}}
    outcome = Outcome(200, 0.1, None, {}, result=FrontConversation.read(raw))

    MergeObserver(channel).finished(ApiRequest("get-conversation-by-id", "GET", "/", ("", "")), outcome)

    assert ConversationThread.objects.get().conversation != one
