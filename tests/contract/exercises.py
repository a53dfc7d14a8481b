"""The expected result of each operation, or its effect in Front."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

from django_front_channel.client import FrontMessage
from tests.client.every import CONTACT, LINE, PICTURE, TEMPLATE

from .world import LABEL, SHOP_ORDER, World


class Exercise(NamedTuple):
    """``left`` is given the world after the call, and the call's result; ``expected`` is what it shall find.

    ``changes`` are arguments other than the sample's, ``before`` is done first.
    """

    left: Callable[[World, Any], object]
    expected: object
    changes: dict[str, Any] = {}
    before: Callable[[World], object] = lambda _: None


def imported(world: World, accepted: Any) -> tuple[object, ...]:
    """What became of a message that was accepted, and the id of the one that it answers."""
    world.sandbox.run_until_quiet()
    message = world.client.messages.get(f"alt:uid:{accepted.message_uid}")
    related = message.raw["_links"]["related"]  # type: ignore[index]
    first = world.conversation["messages"][0]["id"]
    answers_first = related["message_replied_to"].endswith(f"/{first}")
    return (*written(message), message.external_id, message.created_at, message.author_id, answers_first)


def written(message: FrontMessage) -> tuple[object, ...]:
    recipients: Any = message.raw["recipients"]
    people = [(each["role"], each["name"], each["handle"]) for each in recipients]
    return message.is_inbound, message.subject, message.body, people


def sent(world: World, _: object) -> tuple[object, ...]:
    """What the integration was asked to send."""
    world.integration.will_send_as("m-9", "c-1")
    world.sandbox.run_until_quiet()
    [webhook] = world.integration.sent
    message = FrontMessage.read(webhook.json["payload"])
    kept = world.conversation
    return *written(message), message.text, message.author_id, kept["tag_ids"], kept["status"]


def conversation(*names: str) -> Callable[[World, Any], object]:
    return lambda world, _: tuple(world.conversation[name] for name in names)


def last_call(*names: str) -> Callable[[World, Any], object]:
    return lambda world, _: tuple(world.channel["calls"][-1][name] for name in names)


def recordings(world: World, _: object) -> object:
    files = world.sandbox.state.channels["cha_1"].calls["call-1"].recordings
    return [(each.filename, each.content_type, each.content) for each in files]


def template(world: World, result: Any) -> object:
    kept = world.channel["templates"][-1]
    return {name: value for name, value in kept.items() if name != "id"}, result.template_id == str(
        kept["id"]
    )


def reminders(world: World, _: object) -> object:
    return {name: each["scheduled_at"] for name, each in world.conversation["reminders"].items()}


def downloaded(world: World, result: Any) -> object:
    again = io.BytesIO()
    world.client.messages.download(world.ids["message_id"], world.ids["attachment_id"], to=again)
    return again.getvalue(), result.content_type, result.size


ANA = CONTACT["handle"]
DRAFTED = (
    False,
    "Colis",
    "<p>Hi</p>",
    [("from", None, "shop"), ("to", None, "ana"), ("cc", None, "bob"), ("bcc", None, "eve")],
)
PARTY = {"handle": ANA, "name": "Ana"}

EXERCISES: dict[str, Exercise] = {
    "update-channel": Exercise(lambda world, _: world.channel["status"], "offline"),
    "sync-inbound-message": Exercise(
        imported,
        (True, "Colis", "Hi", [("from", "Ana", ANA), ("to", None, "shop")], "m-1", 1764000000, None, True),
    ),
    "sync-outbound-message": Exercise(
        imported,
        (
            False,
            "Colis",
            "Hi",
            [("from", "Leela", "shop"), ("to", "Ana", ANA), ("to", None, "bob")],
            "m-1",
            1764000000,
            "tea_1",
            True,
        ),
    ),
    "update-external-message-status": Exercise(
        lambda world, _: [(each["status"], each["error"]) for each in world.conversation["messages"]],
        [("imported", None), ("failed", "Carrier rejected")],
        changes={"external_id": "m-2"},
    ),
    "sync-application-message-template": Exercise(
        template, ({"external_id": "parcel", **TEMPLATE}, True), changes={"external_id": "parcel"}
    ),
    "update-application-message-template": Exercise(
        template,
        ({"external_id": "welcome", **TEMPLATE, "status_name": "REJECTED"}, True),
        changes={"status_name": "REJECTED"},
    ),
    "create-call": Exercise(
        last_call(
            "external_call_id",
            "parent_external_call_id",
            "direction",
            "party",
            "status",
            "started_at",
            "agent_email_address",
        ),
        ("call-2", "call-0", "outbound", PARTY, "ringing", 1764000000123, "leela@example.com"),
        changes={"external_call_id": "call-2", "direction": "outbound"},
    ),
    "update-call": Exercise(
        last_call("status", "updated_at", "agent_email_address"),
        ("connected", 1764000000123, "amy@example.com"),
        changes={"agent_email_address": "amy@example.com"},
    ),
    "add-call-recording": Exercise(recordings, [("call.mp3", "audio/mpeg", PICTURE)]),
    "add-call-summary": Exercise(last_call("summary"), ("All well",)),
    "add-call-transcript": Exercise(last_call("transcript"), ([LINE, LINE | {"speaker_type": "internal"}],)),
    "get-conversation-by-id": Exercise(
        lambda world, found: (
            found.id == world.ids["conversation_id"],
            found.subject,
            found.status,
            found.tag_ids,
            found.tag_names,
            found.external_conversation_ids,
        ),
        (True, "Parcel", "unassigned", ("tag_1",), ("Urgent",), ("c-1",)),
    ),
    "update-conversation": Exercise(
        conversation("assignee_id", "inbox_id", "status", "tag_ids", "custom_fields"),
        ("tea_1", "inb_2", "archived", ["tag_1", "tag_2"], {"City": "Paris", "VIP": True}),
        # What is of tasks alone may be said of a conversation only as none.
        changes={"inbox_id": "inb_2", "description": None, "due_at": None},
    ),
    "delete-conversation": Exercise(
        lambda world, _: world.sandbox.snapshot()["conversations"],
        [],
        before=lambda world: world.client.conversations.update(
            world.ids["conversation_id"], status="deleted"
        ),
    ),
    "update-conversation-assignee": Exercise(conversation("assignee_id"), ("tea_1",)),
    "list-conversation-comments": Exercise(
        lambda _, found: [(each.body, each.author_id, len(each.attachments)) for each in found],
        [("First", "tea_1", 1)],
    ),
    "add-comment": Exercise(
        lambda world, made: (
            (made.body, made.author_id, made.is_pinned),
            [each["id"] == made.id for each in world.conversation["comments"]],
        ),
        (("Look", "tea_1", True), [False, True]),
    ),
    "list-conversation-drafts": Exercise(
        lambda _, found: [(each.body, each.draft_mode) for each in found], [("Soon", "private")]
    ),
    "create-draft-reply": Exercise(
        lambda world, made: (
            (*written(made), made.draft_mode, made.author_id),
            [each["id"] == made.id for each in world.conversation["drafts"]],
        ),
        ((*DRAFTED, "shared", "tea_1"), [False, True]),
    ),
    "list-conversation-events": Exercise(
        lambda _, found: [each.type for each in found],
        ["comment", "link_added", "tag", "outbound", "inbound"],
    ),
    "list-conversation-followers": Exercise(
        lambda _, found: [(each.id, each.email) for each in found], [("tea_1", "teammate.one@example.com")]
    ),
    "add-conversation-followers": Exercise(conversation("follower_ids"), (["tea_1", "tea_2"],)),
    "delete-conversation-followers": Exercise(conversation("follower_ids"), ([],)),
    "list-conversation-inboxes": Exercise(
        lambda _, found: [(each.id, each.name) for each in found], [("inb_1", "Customers")]
    ),
    "add-conversation-link": Exercise(
        lambda world, _: [each.external_url for each in world.sandbox.state.links.values()],
        [SHOP_ORDER, "https://shop.example/1"],
    ),
    "remove-conversation-links": Exercise(conversation("link_ids"), ([],)),
    "list-conversation-messages": Exercise(
        lambda _, found: [(each.external_id, each.is_inbound) for each in found],
        [("m-0", True), ("m-2", False)],
    ),
    "create-message-reply": Exercise(
        sent,
        (
            False,
            "Colis",
            "<p>Hi</p>",
            [("from", "Leela", "shop"), *DRAFTED[3][1:]],
            "Hi",
            "tea_1",
            ["tag_1"],
            "unassigned",
        ),
    ),
    "update-conversation-reminders": Exercise(reminders, {"tea_1": 1864000000}),
    "add-conversation-tag": Exercise(
        conversation("tag_ids"), (["tag_1", "tag_2"],), changes={"tag_ids": ["tag_2"]}
    ),
    "remove-conversation-tag": Exercise(conversation("tag_ids"), ([],)),
    "get-message": Exercise(
        lambda world, found: (
            (found.external_id, found.text, found.message_uid)
            == ("m-2", "Look", world.conversation["messages"][1]["message_uid"])
        ),
        True,
    ),
    "get-message-seen-status": Exercise(
        lambda world, found: (
            [each.first_seen_at for each in found]
            == [int(at * 1000) for at in world.conversation["messages"][1]["seen_at"]]
        ),
        True,
    ),
    "mark-message-seen": Exercise(lambda world, _: len(world.conversation["messages"][1]["seen_at"]), 2),
    "download-attachment-for-a-message": Exercise(downloaded, (LABEL, "application/pdf", len(LABEL))),
}
