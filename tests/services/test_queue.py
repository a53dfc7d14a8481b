"""``services.queue``: the verbs, durable and later."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from django_front_channel import services
from django_front_channel.client import Upload
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel, Conversation, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services.queueing import GROUPS
from django_front_channel.services.verbs import VERBS
from tests.front import MovableClock, calls, receive, tell, work
from tests.services.conversations import imported, row_of

TEMPLATE = {
    "external_id": "welcome",
    "name": "Welcome",
    "blurb": "Hello",
    "is_disabled": False,
    "status_name": "APPROVED",
    "variable_mappings": [],
    "template_preview": "<b>Hello</b>",
}
CALL = {
    "external_call_id": "call-1",
    "direction": "inbound",
    "party": "+33612345678",
    "initial_status": "ringing",
    "parent_external_call_id": "call-0",
    "started_at": datetime(2026, 1, 2, tzinfo=UTC),
}
LINE = {"speaker_name": "Ana", "content": "Hi", "start_time_seconds": 0.5, "speaker_type": "external"}
LATER = datetime(2040, 1, 2, tzinfo=UTC)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "channels.set_status": {"status": "offline"},
    "conversations.assign": {"teammate_id": "tea_1"},
    "conversations.add_tags": {"tag_ids": ["tag_1"]},
    "conversations.remove_tags": {"tag_ids": ["tag_1"]},
    "conversations.replace_tags": {"tag_ids": ["tag_2"]},
    "conversations.add_comment": {"body": "Look"},
    "conversations.add_followers": {"teammate_ids": ["tea_1"]},
    "conversations.remove_followers": {"teammate_ids": ["tea_1"]},
    "conversations.add_links": {"link_external_urls": ["https://shop.example/1"]},
    "conversations.remove_links": {"link_ids": ["top_1"]},
    "conversations.remind": {"teammate_id": "tea_1", "scheduled_at": LATER},
    "conversations.cancel_reminder": {"teammate_id": "tea_1"},
    "conversations.create_draft": {"text": "Hello", "author_id": "tea_1"},
    "conversations.reply": {"text": "Hello", "author_id": "tea_1"},
    "templates.sync": TEMPLATE,
    "templates.update": {"external_id": "welcome", "blurb": "Bye"},
    "calls.create": CALL,
    "calls.update": {"external_call_id": "call-1", "call_status": "connected"},
    "calls.add_summary": {"external_call_id": "call-1", "content": "All well"},
    "calls.add_transcript": {"external_call_id": "call-1", "lines": [LINE]},
}


@pytest.fixture
def conversation(front: Sandbox, channel: Channel) -> Conversation:
    (conversation,) = imported(front, channel, "one")
    return services.conversations.refresh(conversation)


@pytest.fixture
def targets(front: Sandbox, channel: Channel, conversation: Conversation) -> dict[type, Any]:
    """A row for each kind of verb, and in Front what the verbs are about."""
    services.templates.sync(channel, **TEMPLATE)  # type: ignore[arg-type]
    services.calls.create(channel, **CALL)  # type: ignore[arg-type]
    return {Channel: channel, Conversation: conversation, Message: receive(front, channel)}


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"conversations.delete", "conversations.remove_links"}))
def test_every_verb_is_carried_out(front: Sandbox, targets: dict[type, Any], verb: str) -> None:
    before = len(front.journal.since(0))

    entry = services.queue(
        verb, targets[GROUPS[verb.split(".", maxsplit=1)[0]][1]], **ARGUMENTS.get(verb, {})
    )
    assert len(front.journal.since(0)) == before

    work("sync")
    entry.refresh_from_db()
    assert (entry.state, entry.last_error, entry.payload) == ("done", "", {})
    assert len(front.journal.since(0)) > before


def test_the_rows_are_kept_in_step(front: Sandbox, channel: Channel, conversation: Conversation) -> None:
    for verb in ("archive", "reopen"):
        services.queue(f"conversations.{verb}", conversation)
    services.queue("conversations.assign", conversation, teammate_id="tea_2")
    services.queue("conversations.add_tags", conversation, tag_ids=["tag_1", "tag_3"])
    services.queue("channels.set_status", channel, status="offline")

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
    queued = services.queue("conversations.archive", conversation)

    assert queued.lane_key == OutboxEntry.objects.get(message=told, state="new").lane_key
    work("sync")
    methods = [call["method"] for call in front.journal.since(0) if call["kind"] == "api"]
    assert methods[-2:] == ["POST", "PATCH"]


def test_a_conversation_without_a_thread_has_a_lane_of_its_own(
    front: Sandbox, channel: Channel, conversation: Conversation
) -> None:
    queued = services.queue("conversations.archive", conversation)
    conversation.external_conversations.update(conversation=None)
    alone = services.queue("conversations.archive", conversation)

    assert alone.lane_key != queued.lane_key
    work("sync")
    alone.refresh_from_db()
    assert alone.state == "done"


def test_it_is_tried_again(
    front: Sandbox, time: MovableClock, channel: Channel, conversation: Conversation
) -> None:
    entry = services.queue("conversations.archive", conversation)
    front.fail_next(status=503)

    work("sync")
    assert row_of(conversation)["status"] == "unassigned"
    time.advance(3600)
    work("sync")

    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == ("done", 1)
    assert row_of(conversation)["status"] == "archived"


def test_what_front_refuses_changes_nothing(front: Sandbox, conversation: Conversation) -> None:
    entry = services.queue("conversations.assign", conversation, teammate_id="tea_none")
    before = row_of(conversation)

    work("sync")

    entry.refresh_from_db()
    assert entry.state == "failed"
    assert "tea_none" not in row_of(conversation)["assignee_id"]
    assert row_of(conversation) == before


def test_times_are_kept_as_front_wants_them(front: Sandbox, channel: Channel) -> None:
    entry = services.queue("calls.create", channel, **CALL)
    assert entry.payload["arguments"]["started_at"] == 1767312000000

    work("sync")
    (call,) = front.snapshot()["channels"][0]["calls"]
    assert (call["started_at"], call["party"]["handle"]) == (1767312000000, "+33612345678")


def test_a_call_and_its_updates_are_in_order(front: Sandbox, channel: Channel) -> None:
    services.queue("calls.create", channel, **CALL)
    services.queue("calls.update", channel, external_call_id="call-1", call_status="connected")
    services.queue("calls.update", channel, external_call_id="call-1", call_status="hangup")

    work("sync")

    assert front.snapshot()["channels"][0]["calls"][0]["status"] == "hangup"
    assert not OutboxEntry.objects.exclude(state="done").filter(kind="call").exists()


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("conversations.explode", {}),
        ("conversations.comments", {}),
        ("archive", {}),
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
        (
            "conversations.add_comment",
            {"body": "a", "attachments": [Upload("a.txt", "text/plain", lambda: io.BytesIO(b"a"), 1)]},
        ),
    ],
    ids=str,
)
def test_a_mistake_is_refused_at_once(
    front: Sandbox, conversation: Conversation, verb: str, arguments: dict[str, Any]
) -> None:
    before = OutboxEntry.objects.count()
    with pytest.raises(InvalidArgument):
        services.queue(verb, conversation, **arguments)
    assert OutboxEntry.objects.count() == before


def test_a_message_that_front_does_not_know_yet(front: Sandbox, channel: Channel) -> None:
    with pytest.raises(InvalidArgument, match="not accepted"):
        services.queue("messages.mark_seen", tell(channel, "sms-1"))


def test_a_channel_that_is_not_connected_is_no_reason_to_fail(
    front: Sandbox, channel: Channel, conversation: Conversation
) -> None:
    services.channels.disconnect(channel)
    entry = services.queue("conversations.archive", conversation)
    before = len(calls(front, "/conversations/"))

    work("sync")

    entry.refresh_from_db()
    assert entry.state in OutboxEntry.UNSETTLED
    assert len(calls(front, "/conversations/")) == before


def test_the_payload_is_json(conversation: Conversation) -> None:
    moment = timezone.now().replace(year=2040)
    entry = services.queue("conversations.remind", conversation, teammate_id="tea_1", scheduled_at=moment)
    entry.refresh_from_db()
    assert json.loads(json.dumps(entry.payload))["arguments"] == {
        "conversation_id": conversation.front_id,
        "teammate_id": "tea_1",
        "scheduled_at": int(moment.timestamp()),
    }
