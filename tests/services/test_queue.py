"""``enqueue``: the verbs, durable and later."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from django_front_channel import services
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel, Conversation, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services.verbs import CATALOGUE
from tests.front import MovableClock, calls, tell, work
from tests.services.conversations import imported, row_of
from tests.services.every import ARGUMENTS, CALL, VERBS, World, enqueue, function


@pytest.fixture
def conversation(front: Sandbox, channel: Channel) -> Conversation:
    (conversation,) = imported(front, channel, "one")
    return services.conversations.refresh(conversation)


@pytest.mark.usefixtures("media")
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_carried_out(front: Sandbox, channel: Channel, verb: str) -> None:
    world = World(front, channel)
    arguments = world.arguments(verb)
    before = len(front.journal.since(0))

    entry = enqueue(verb, world.row(verb), **arguments)
    assert len(front.journal.since(0)) == before

    work("sync")
    entry.refresh_from_db()
    assert (entry.state, entry.detail, entry.payload) == ("done", "", {})
    assert len(front.journal.since(0)) > before


def test_the_rows_are_kept_in_step(front: Sandbox, channel: Channel, conversation: Conversation) -> None:
    for verb in ("archive", "reopen"):
        enqueue(f"conversations.{verb}", conversation)
    services.conversations.assign.enqueue(conversation, teammate_id="tea_2")
    services.conversations.add_tags.enqueue(conversation, tag_ids=["tag_1", "tag_3"])
    services.channels.set_status.enqueue(channel, status="offline")

    work("sync")

    shown = row_of(conversation)
    assert (shown["status"], shown["assignee_id"]) == ("assigned", "tea_2")
    assert shown["tags"] == ["Urgent", "Delivery"]
    channel.refresh_from_db()
    assert channel.status == front.snapshot()["channels"][0]["status"] == "offline"


def test_they_are_in_the_order_of_the_thread(
    front: Sandbox, channel: Channel, conversation: Conversation
) -> None:
    told = tell(channel, "second", "one")
    queued = services.conversations.archive.enqueue(conversation)

    assert queued.lane_name == OutboxEntry.objects.get(message=told, is_new=True).lane_name
    work("sync")
    methods = [call["method"] for call in front.journal.since(0) if call["kind"] == "api"]
    assert methods[-2:] == ["POST", "PATCH"]


def test_a_conversation_without_a_thread_has_a_lane_of_its_own(
    front: Sandbox, channel: Channel, conversation: Conversation
) -> None:
    queued = services.conversations.archive.enqueue(conversation)
    conversation.threads.update(conversation=None)
    alone = services.conversations.archive.enqueue(conversation)

    assert alone.lane_name != queued.lane_name
    work("sync")
    alone.refresh_from_db()
    assert alone.state == "done"


def test_it_is_tried_again(
    front: Sandbox, time: MovableClock, channel: Channel, conversation: Conversation
) -> None:
    entry = services.conversations.archive.enqueue(conversation)
    front.fail_next(status=503)

    work("sync")
    assert row_of(conversation)["status"] == "unassigned"
    time.advance(3600)
    work("sync")

    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == ("done", 1)
    assert row_of(conversation)["status"] == "archived"


def test_what_front_refuses_changes_nothing(front: Sandbox, conversation: Conversation) -> None:
    entry = services.conversations.assign.enqueue(conversation, teammate_id="tea_none")
    before = row_of(conversation)

    work("sync")

    entry.refresh_from_db()
    assert entry.state == "failed"
    assert "tea_none" not in row_of(conversation)["assignee_id"]
    assert row_of(conversation) == before


def test_times_are_kept_as_front_wants_them(front: Sandbox, channel: Channel) -> None:
    entry = services.calls.create.enqueue(channel, **CALL)
    assert entry.payload["started_at"] == 1767312000000

    work("sync")
    (call,) = front.snapshot()["channels"][0]["calls"]
    assert (call["started_at"], call["party"]["handle"]) == (1767312000000, "+33612345678")


def test_a_call_and_its_updates_are_in_order(front: Sandbox, channel: Channel) -> None:
    services.calls.create.enqueue(channel, **CALL)
    services.calls.update.enqueue(channel, external_call_id="call-1", call_status="connected")
    services.calls.update.enqueue(channel, external_call_id="call-1", call_status="hangup")

    work("sync")

    assert front.snapshot()["channels"][0]["calls"][0]["status"] == "hangup"
    assert not OutboxEntry.objects.exclude(state="done").filter(kind="request").exists()


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("channels.set_status", {"status": "ok"}),
        ("conversations.archive", {"why": "done"}),
        ("conversations.assign", {}),
        ("conversations.assign", {"teammate_id": None}),
        ("conversations.assign", {"teammate_id": ".."}),
        ("conversations.add_tags", {"tag_ids": []}),
        ("conversations.replace_tags", {"tag_ids": None}),
        ("conversations.remind", {"teammate_id": "tea_1", "scheduled_at": datetime(2040, 1, 1)}),  # noqa: DTZ001
        ("conversations.add_comment", {"body": " "}),
        ("conversations.add_comment", {"body": "a\0b"}),
        ("conversations.reply", {"text": "a", "no_such_option": 1}),
        ("conversations.archive", {"wait": 5}),
        ("conversations.add_comment", {"body": "a", "attachments": ["a.txt"]}),
        (
            "conversations.add_comment",
            {"body": "a", "attachments": [services.StoredFile("gone.txt", "shelf")]},
        ),
    ],
    ids=str,
)
def test_a_mistake_is_refused_at_once(
    front: Sandbox, conversation: Conversation, verb: str, arguments: dict[str, Any]
) -> None:
    before = OutboxEntry.objects.count()
    with pytest.raises(InvalidArgument):
        enqueue(verb, conversation, **arguments)
    with pytest.raises(InvalidArgument):
        function(verb)(conversation, **arguments)
    assert OutboxEntry.objects.count() == before


def test_a_row_that_is_not_stored_or_of_another_kind_is_refused_at_once(
    front: Sandbox, channel: Channel, conversation: Conversation
) -> None:
    rows: list[Any] = [channel, conversation, Message.objects.get()]
    before = OutboxEntry.objects.count()

    for verb in VERBS:
        arguments = ARGUMENTS.get(verb, {"link_ids": ["top_1"]} if "links" in verb else {})
        kind = CATALOGUE[verb].row
        for form in (function(verb), CATALOGUE[verb].enqueue):
            for row in [row for row in rows if not isinstance(row, kind)]:
                with pytest.raises(InvalidArgument, match=f"{verb}\\(\\) expects an? {kind.__name__}, got "):
                    form(row, **arguments)
            with pytest.raises(InvalidArgument, match="expects a stored"):
                form(kind(), **arguments)

    assert OutboxEntry.objects.count() == before


def test_a_message_that_front_does_not_know_yet(front: Sandbox, channel: Channel) -> None:
    message = services.messages.sync_outbound(
        channel, to=["ana"], text="Hello", external_id="1", external_conversation_id="ana"
    )
    with pytest.raises(InvalidArgument) as caught:
        services.messages.mark_seen.enqueue(message)
    assert caught.value.code == "not_accepted"


def test_a_channel_that_is_not_connected_is_no_reason_to_fail(
    front: Sandbox, channel: Channel, conversation: Conversation
) -> None:
    services.channels.disconnect(channel)
    entry = services.conversations.archive.enqueue(conversation)
    before = len(calls(front, "/conversations/"))

    work("sync")

    entry.refresh_from_db()
    assert entry.state == OutboxEntry.State.PENDING
    assert len(calls(front, "/conversations/")) == before


def test_the_payload_is_json(conversation: Conversation) -> None:
    moment = timezone.now().replace(year=2040)
    entry = services.conversations.remind.enqueue(conversation, teammate_id="tea_1", scheduled_at=moment)
    entry.refresh_from_db()
    assert json.loads(json.dumps(entry.payload)) == {
        "conversation_id": conversation.front_id,
        "teammate_id": "tea_1",
        "scheduled_at": int(moment.timestamp()),
        "status_id": None,
    }
