"""Verbs that call Front from inside the caller's transaction, as under ATOMIC_REQUESTS, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from django_front_channel.exceptions import FrontAPIError, InvalidArgument
from django_front_channel.lifecycle import threads as register
from django_front_channel.models import Channel, Conversation, ConversationThread, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import conversations
from tests.front import work
from tests.services.conversations import imported, in_front, row_of


class Regret(Exception):
    pass


@pytest.fixture
def conversation(front: Sandbox, channel: Channel) -> Conversation:
    (conversation,) = imported(front, channel, "one")
    return conversations.refresh(conversation)


def statements(act: Callable[[], Any]) -> list[str]:
    """What is said to the database, but for where transactions begin and end."""
    with CaptureQueriesContext(connection) as captured:
        act()
    frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [query["sql"] for query in captured if not query["sql"].startswith(frame)]


def test_a_rollback_takes_back_our_rows_and_not_what_front_was_told(
    front: Sandbox, conversation: Conversation
) -> None:
    before = row_of(conversation)
    with suppress(Regret), transaction.atomic():
        conversations.archive(conversation)
        raise Regret

    assert in_front(front, conversation)["status"] == "archived"
    assert row_of(conversation) == before
    conversations.refresh(conversation)
    assert row_of(conversation)["status"] == "archived"


def test_a_rollback_takes_back_what_was_queued(front: Sandbox, conversation: Conversation) -> None:
    entries = OutboxEntry.objects.count()
    with suppress(Regret), transaction.atomic():
        conversations.archive.enqueue(conversation)
        raise Regret

    assert OutboxEntry.objects.count() == entries
    work("sync")
    assert in_front(front, conversation)["status"] == "unassigned"


@pytest.mark.parametrize("teammate_id", ["tea_none", ".."])
def test_a_refusal_leaves_the_transaction_usable(
    front: Sandbox, conversation: Conversation, teammate_id: str
) -> None:
    with transaction.atomic():
        with pytest.raises((FrontAPIError, InvalidArgument)):
            conversations.assign(conversation, teammate_id=teammate_id)
        Conversation.objects.filter(pk=conversation.pk).update(host_data={"tried": True})

    conversation.refresh_from_db()
    assert conversation.host_data == {"tried": True}


def test_a_merge_that_cannot_be_noted_leaves_the_transaction_usable(
    front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = imported(front, channel, "one", "two")
    front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)

    def conflict(*_: Any) -> Conversation:
        return Conversation.objects.create(channel=channel, front_id=two.front_id)

    monkeypatch.setattr(register, "_conversation", conflict)
    with transaction.atomic():
        assert conversations.archive(one) == two
        Conversation.objects.filter(pk=one.pk).update(host_data={"tried": True})

    assert row_of(two)["status"] == "archived"


def test_the_statements_of_a_verb_do_not_depend_on_the_threads(
    front: Sandbox, channel: Channel, conversation: Conversation
) -> None:
    def change() -> None:
        conversations.reopen(Conversation.objects.get(pk=conversation.pk))
        conversations.add_tags(Conversation.objects.get(pk=conversation.pk), tag_ids=["tag_1"])
        conversations.archive.enqueue(Conversation.objects.get(pk=conversation.pk))

    before = statements(change)
    for number in range(20):
        ConversationThread(
            channel=channel, external_conversation_id=f"thread-{number}", conversation=conversation
        ).save()

    assert len(statements(change)) == len(before)


@pytest.mark.parametrize("threads", [0, 20])
def test_the_statements_of_a_merge_do_not_depend_on_the_threads(
    front: Sandbox, channel: Channel, threads: int
) -> None:
    one, two = imported(front, channel, "one", "two")
    front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)
    for number in range(threads):
        ConversationThread(
            channel=channel, external_conversation_id=f"thread-{number}", conversation=one
        ).save()

    said = statements(lambda: list(conversations.comments(one)))

    assert not one.threads.exists()
    assert len(said) <= 14, said
