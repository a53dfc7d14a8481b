"""Each verb about a conversation that Front has merged into another: it acts there, and the mapping follows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connections
from pytest_django import DjangoCaptureOnCommitCallbacks

from django_front_channel import services, signals
from django_front_channel.client.conversations import Conversations
from django_front_channel.core.log_events import LogEvent
from django_front_channel.exceptions import FrontAPIError, FrontBadRequestError, FrontNotFoundError
from django_front_channel.lifecycle import merges
from django_front_channel.models import Channel, Conversation, ConversationThread, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox import company as front_company
from django_front_channel.sandbox.records import new_id
from django_front_channel.services import conversations
from tests.front import calls, tell, work
from tests.log_records import events
from tests.services.conversations import imported, in_front, row_of
from tests.services.every import ARGUMENTS, PUBLIC, TASKS

Commit = DjangoCaptureOnCommitCallbacks
Heard = Callable[[Any], list[dict[str, Any]]]

# The sandbox takes it that what was merged cannot be deleted; and one link must exist to be removed.
FOLLOWED = sorted(
    {name for group, _, name in (each.partition(".") for each in PUBLIC) if group == "conversations"}
    - {"delete", "remove_links"}
    - {verb.split(".")[1] for verb in TASKS}
)


@pytest.fixture
def merged(front: Sandbox, channel: Channel) -> tuple[Conversation, Conversation]:
    """Two conversations; Front has merged the first into the second, and we do not know."""
    one, two = imported(front, channel, "one", "two")
    front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)
    return one, two


@pytest.mark.fault("F100")
@pytest.mark.parametrize("verb", FOLLOWED)
def test_every_verb_follows(
    front: Sandbox,
    merged: tuple[Conversation, Conversation],
    heard: Heard,
    django_capture_on_commit_callbacks: Commit,
    verb: str,
) -> None:
    one, two = merged
    merges = heard(signals.conversation_merged)

    with django_capture_on_commit_callbacks(execute=True):
        result = getattr(conversations, verb)(one, **ARGUMENTS.get(f"conversations.{verb}", {}))
        if isinstance(result, Iterator):
            list(result)

    assert {thread.conversation for thread in ConversationThread.objects.all()} == {two}
    assert [(each["conversation"], each["absorbed"]) for each in merges] == [(two, one)]
    if isinstance(result, Conversation):
        assert result == two


@pytest.mark.fault("F100")
@pytest.mark.parametrize(
    "made",
    [
        lambda group, front_id: group.get(front_id),
        lambda group, front_id: group.update(front_id, status="archived"),
        lambda group, front_id: list(group.comments(front_id)),
    ],
    ids=["get", "update", "list"],
)
def test_so_does_a_call_of_the_hosts_own_client(
    front: Sandbox,
    merged: tuple[Conversation, Conversation],
    heard: Heard,
    django_capture_on_commit_callbacks: Commit,
    made: Callable[[Conversations, str], object],
) -> None:
    one, two = merged
    merges = heard(signals.conversation_merged)

    with django_capture_on_commit_callbacks(execute=True):
        made(services.client_for(one.channel).conversations, one.front_id)

    assert {thread.conversation for thread in ConversationThread.objects.all()} == {two}
    assert [(each["conversation"], each["absorbed"]) for each in merges] == [(two, one)]


def test_a_refusal_by_the_survivor_tells_of_the_merge(
    front: Sandbox, merged: tuple[Conversation, Conversation]
) -> None:
    one, two = merged
    with pytest.raises(FrontBadRequestError):
        conversations.assign(one, teammate_id="tea_none")

    assert {thread.conversation for thread in ConversationThread.objects.all()} == {two}


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_threads_that_share_a_client_do_not_mix_up_their_merges(front: Sandbox, channel: Channel) -> None:
    one, two, three, four = imported(front, channel, "one", "two", "three", "four")
    front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)
    front.merge(conversation_ids=[three.front_id, four.front_id], survivor=four.front_id)
    client = services.client_for(channel)
    both_redirected = threading.Barrier(2, timeout=60)

    def wait_for_the_other(status_code: int, **_: Any) -> None:
        if status_code == 200:
            both_redirected.wait()

    def ask(conversation: Conversation) -> None:
        try:
            client.conversations.get(conversation.front_id)
        finally:
            connections.close_all()

    signals.api_request_finished.connect(wait_for_the_other)
    try:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(ask, (one, three)))
    finally:
        signals.api_request_finished.disconnect(wait_for_the_other)

    pointed = ConversationThread.objects.values_list("external_conversation_id", "conversation__front_id")
    assert dict(pointed) == {
        "one": two.front_id,
        "two": two.front_id,
        "three": four.front_id,
        "four": four.front_id,
    }


def test_what_changed_is_noted_on_the_survivor(
    front: Sandbox, merged: tuple[Conversation, Conversation]
) -> None:
    one, two = merged
    before = row_of(one)

    survivor = conversations.assign(one, teammate_id="tea_2")

    assert survivor == two
    assert (
        survivor.assignee_id == row_of(two)["assignee_id"] == in_front(front, two)["assignee_id"] == "tea_2"
    )
    assert row_of(one) == before


def test_a_queued_verb_follows(
    front: Sandbox,
    merged: tuple[Conversation, Conversation],
    heard: Heard,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    one, two = merged
    merges = heard(signals.conversation_merged)
    conversations.archive.enqueue(one)

    with django_capture_on_commit_callbacks(execute=True):
        work("sync")

    assert {thread.conversation for thread in ConversationThread.objects.all()} == {two}
    assert row_of(two)["status"] == in_front(front, two)["status"] == "archived"
    assert len(merges) == 1


def test_a_chain_of_merges_is_one_step(
    front: Sandbox, channel: Channel, heard: Heard, django_capture_on_commit_callbacks: Commit
) -> None:
    one, two, three = imported(front, channel, "one", "two", "three")
    front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)
    front.merge(conversation_ids=[two.front_id, three.front_id], survivor=three.front_id)
    merges = heard(signals.conversation_merged)

    with django_capture_on_commit_callbacks(execute=True):
        assert conversations.archive(one) == three

    assert {thread.conversation for thread in ConversationThread.objects.all()} == {three}
    assert {each["absorbed"] for each in merges} >= {one}
    assert {each["conversation"] for each in merges} == {three}


@pytest.mark.fault("F114")
def test_a_loop_of_redirects_proves_nothing(
    front: Sandbox, channel: Channel, heard: Heard, django_capture_on_commit_callbacks: Commit
) -> None:
    (one,) = imported(front, channel, "one")
    merges = heard(signals.conversation_merged)
    there = f"{channel.connected_api_url}/conversations/cnv_elsewhere"
    front.fail_next(status=301, headers={"Location": there}, count=6)

    with pytest.raises(FrontAPIError), django_capture_on_commit_callbacks(execute=True):
        conversations.archive(one)

    assert ConversationThread.objects.get().conversation == one
    assert not merges


def test_a_call_counts_though_its_merge_cannot_be_stored(
    front: Sandbox, merged: tuple[Conversation, Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = merged

    def broken(*_: Any) -> None:
        raise DatabaseError("the connection was lost")

    with monkeypatch.context() as patch:
        patch.setattr(merges, "note_merge", broken)
        conversations.add_comment(one, body="Once")

    assert [each["body"] for each in in_front(front, two)["comments"]] == ["Once"]
    assert len(calls(front, f"{two.front_id}/comments")) == 1
    list(conversations.comments(one))
    assert {thread.conversation for thread in ConversationThread.objects.all()} == {two}


def test_a_redirect_into_what_front_does_not_show_proves_nothing(front: Sandbox, channel: Channel) -> None:
    (one,) = imported(front, channel, "one")
    there = f"{channel.connected_api_url}/conversations/cnv_elsewhere"
    front.fail_next(status=301, headers={"Location": there})

    with pytest.raises(FrontNotFoundError):
        conversations.archive(one)

    assert ConversationThread.objects.get().conversation == one


def test_a_loop_says_nothing_about_the_next_call(front: Sandbox, channel: Channel) -> None:
    one, two = imported(front, channel, "one", "two")
    mapped = ConversationThread.objects.order_by("pk").values_list("pk", "conversation")
    before = list(mapped)
    there = f"{channel.connected_api_url}/conversations/cnv_elsewhere"
    conversations.archive.enqueue(one)
    conversations.archive.enqueue(two)
    front.fail_next(status=301, headers={"Location": there}, count=6)

    work("sync")

    assert list(mapped.all()) == before
    assert sorted(conversation for _, conversation in before) == sorted([one.pk, two.pk])
    # Which of the two lanes met the loop is their own affair.
    assert sorted([row_of(one)["status"], row_of(two)["status"]]) == ["", "archived"]


class TestAnIdThatNoColumnHolds:
    """Front merges a conversation into one with an id of 84 characters, or names one so."""

    LONG = "cnv_" + "x" * 80

    @pytest.fixture
    def one(self, front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Conversation:
        (one,) = imported(front, channel, "one")
        with monkeypatch.context() as patch:
            patch.setattr(
                front_company, "new_id", lambda prefix: self.LONG if prefix == "cnv" else new_id(prefix)
            )
            tell(channel, "in two", "two")
            work("sync")
            front.run_until_quiet()
        front.merge(conversation_ids=[one.front_id, self.LONG], survivor=self.LONG)
        return one

    def test_a_queued_verb_is_done(
        self, front: Sandbox, one: Conversation, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = conversations.archive.enqueue(one)
        work("sync")

        entry.refresh_from_db()
        assert (entry.state, entry.detail) == ("done", "")
        assert LogEvent.CONVERSATION_ID_UNUSABLE in events(caplog.records)
        assert ConversationThread.objects.get(external_conversation_id="one").conversation == one

    @pytest.mark.parametrize("verb", ["archive", "refresh"])
    def test_a_direct_verb_is_done(self, front: Sandbox, one: Conversation, verb: str) -> None:
        assert getattr(conversations, verb)(one) == one

        assert list(Conversation.objects.all()) == [one]
        assert ConversationThread.objects.get(external_conversation_id="one").conversation == one

    def test_a_message_is_imported_all_the_same(self, front: Sandbox, one: Conversation) -> None:
        message = Message.objects.get(external_id="in two")
        Message.objects.filter(pk=message.pk).update(state="accepted")
        message.refresh_from_db()

        assert services.messages.refresh(message).state == "imported"
        assert message.conversation is None
