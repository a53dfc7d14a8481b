"""For each assumption, a story that ends in another way once it is switched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django_front_channel.sandbox import Sandbox

from .conftest import Caller, Integration, conversation_id, form, import_message, inbound

INBOUND = "/channels/cha_1/inbound_messages"
CALLS = "/channels/cha_1/calls"
TEMPLATES = "/channels/cha_1/application_message_templates"
TEMPLATE = {
    "external_id": "t",
    "name": "n",
    "blurb": "b",
    "is_disabled": False,
    "status_name": "APPROVED",
    "variable_mappings": [],
    "template_preview": "p",
}
PHONE_CALL = {
    "direction": "inbound",
    "external_call_id": "1",
    "initial_status": "ringing",
    "parent_external_call_id": "",
    "from": {"handle": "h"},
}


@dataclass
class World:
    """A Front with one conversation, and the other side."""

    call: Caller
    integration: Integration

    def __post_init__(self) -> None:
        self.conversation = conversation_id(import_message(self.call, inbound()))
        self.integration.sent.clear()

    @property
    def sandbox(self) -> Sandbox:
        return self.call.sandbox

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.call(method, path, body).status

    def another(self, thread: str, external_id: str = "") -> str:
        return conversation_id(import_message(self.call, inbound(external_id or f"in-{thread}", thread)))

    def refused(self, **answer: Any) -> str:
        self.integration.will_answer({"type": "bad_request", **answer}, 400)
        return str(self.sandbox.reply(conversation_id=self.conversation, text="x")["error"])

    def error(self, path: str, **how: Any) -> str:
        return str(self.call("GET", path, **how).json["_error"]["message"])

    def of_channel_2(self, method: str, path: str, body: Any = None) -> int:
        return self.call(method, path, body, authorization=f"Bearer {self.call.token(sub='cha_2')}").status


Story = Callable[[World], Any]


def unanswered(world: World) -> Any:
    world.integration.is_down = True
    return world.sandbox.reply(conversation_id=world.conversation, text="x")["error"]


def tier(world: World) -> Any:
    world.sandbox.configure(resource_limit=1)
    path = f"/conversations/{world.conversation}"
    return [world.call("GET", path) for _ in range(2)][1].headers["X-Front-Tier"]


def seen_twice(world: World) -> Any:
    world.integration.will_send_as("r", "thr-7")
    message = world.sandbox.reply(conversation_id=world.conversation, text="x")["message_id"]
    return [world.status("POST", f"/messages/{message}/seen", {}) for _ in range(2)]


def seen_at(world: World) -> Any:
    seen_twice(world)
    message = world.sandbox.snapshot()["conversations"][0]["messages"][-1]["id"]
    return type(world.call("GET", f"/messages/{message}/seen").json["_results"][0]["first_seen_at"])


def file(world: World) -> Any:
    message = {"sender[handle]": "h", "body": "x", "metadata[external_id]": "1"}
    body = form(
        {**message, "metadata[external_conversation_id]": "t"}, ("attachments[]", "a", "text/plain", b"ab")
    )
    return world.call("POST", INBOUND, **body).status


def failed(world: World) -> Any:
    world.refused(message="No.")
    path = f"/conversations/{world.conversation}/messages"
    return world.call("GET", path).json["_results"][0]["error_type"]


def repeated(world: World) -> Any:
    world.another("thr-7", "sms-1")
    return len(world.sandbox.snapshot()["conversations"][0]["messages"])


def repeated_elsewhere(world: World) -> Any:
    path = INBOUND.replace("1", "2")
    assert world.of_channel_2("POST", path, inbound()) == 202
    return world.sandbox.run_until_quiet()


def deleted(world: World) -> Any:
    world.status("POST", INBOUND, inbound("late"))
    world.sandbox.delete_channel(channel_id="cha_1")
    world.sandbox.run_until_quiet()
    return world.status("GET", f"/conversations/{world.conversation}"), len(world.integration.sent)


def foreign(world: World) -> Any:
    return world.of_channel_2("GET", f"/conversations/{world.conversation}")


def merged_metadata(world: World) -> Any:
    ids = [world.conversation, world.another("new")]
    world.sandbox.merge(conversation_ids=ids, survivor=world.conversation)
    world.sandbox.reply(conversation_id=world.conversation, text="x")
    return world.integration.sent[-1].json["metadata"]["external_conversation_id"]


def composed(world: World) -> Any:
    world.sandbox.compose(channel_id="cha_1", to=["h"], text="x")
    return world.integration.sent[-1].json["metadata"]


def autoreplied(world: World) -> Any:
    world.sandbox.autoreply(conversation_id=world.conversation, text="x")
    return world.integration.sent[-1].json.get("metadata", {}).get("external_conversation_id")


def answered_elsewhere(world: World) -> Any:
    world.another("other")
    world.integration.will_send_as("r", "other")
    return (
        world.sandbox.reply(conversation_id=world.conversation, text="x")["conversation_id"]
        == world.conversation
    )


def long_id(world: World) -> Any:
    world.integration.will_send_as("r" * 201, "thr-7")
    return world.sandbox.reply(conversation_id=world.conversation, text="x")["status"]


def two_merges(world: World) -> Any:
    second, third = world.another("b"), world.another("c")
    world.sandbox.merge(conversation_ids=[world.conversation, second], survivor=second)
    world.sandbox.merge(conversation_ids=[second, third], survivor=third)
    place = world.call("GET", f"/conversations/{world.conversation}").headers["Location"]
    return place.endswith(second), place.endswith(third)


def survivor(world: World) -> Any:
    world.call.clock.now += 10
    busy = world.another("b")
    world.another("b", "again")
    return world.sandbox.merge(conversation_ids=[world.conversation, busy])["conversation_id"] == busy


def merged_delete(world: World) -> Any:
    second = world.another("b")
    world.sandbox.merge(conversation_ids=[world.conversation, second], survivor=second)
    return world.status("DELETE", f"/conversations/{world.conversation}")


def split(world: World) -> Any:
    world.another("thr-7", "second")
    [first, _] = world.sandbox.snapshot()["conversations"][0]["messages"]
    world.sandbox.split(conversation_id=world.conversation, message_ids=[first["id"]])
    return world.another("thr-7", "third") == world.conversation


def unknown_tag(world: World) -> Any:
    return world.status("POST", f"/conversations/{world.conversation}/tags", {"tag_ids": ["tag_9"]})


def imported(world: World) -> Any:
    world.another("thr-7", "second")
    payload = world.integration.sent[-1].json["payload"]
    return "message_uid" in payload, payload["metadata"]


def spam(world: World) -> Any:
    path = f"/conversations/{world.conversation}"
    world.status("PATCH", path, {"status": "spam"})
    return world.call("GET", path).json["status"], world.status("DELETE", path)


def status_id(world: World) -> Any:
    return world.status("PATCH", f"/conversations/{world.conversation}", {"status_id": "sts_1"})


def reply_by_api(world: World) -> Any:
    world.status("POST", f"/conversations/{world.conversation}/messages", {"body": "x"})
    return world.sandbox.run_due()


def template(world: World) -> Any:
    return [world.status("PUT", TEMPLATES, TEMPLATE) for _ in range(2)]


def phone_call(world: World) -> Any:
    return [world.status("POST", CALLS, PHONE_CALL) for _ in range(2)]


def resumed(world: World) -> Any:
    world.status("POST", CALLS, PHONE_CALL)
    changes = ("connected", "hold", "connected")
    return [world.status("PATCH", f"{CALLS}/1", {"call_status": each}) for each in changes]


def unknown_template_and_call(world: World) -> Any:
    recording = form({"recording_type": "call"}, ("attachments[]", "a.mp3", "audio/mpeg", b"a"))
    line = {"speaker_name": "A", "content": "B", "start_time_seconds": 1, "speaker_type": "external"}
    return [
        world.status("PATCH", f"{TEMPLATES}/none", {"name": "n"}),
        world.status("PATCH", f"{CALLS}/none", {"call_status": "connected"}),
        world.call("POST", f"{CALLS}/none/recording", **recording).status,
        world.status("POST", f"{CALLS}/none/summary", {"content": "x"}),
        world.status("POST", f"{CALLS}/none/transcript", {"lines": [line]}),
    ]


def empty(world: World) -> Any:
    return world.status("POST", INBOUND, inbound("empty", body=""))


def shown(world: World) -> Any:
    return world.refused(message="No such number.")


def retried(world: World) -> Any:
    world.refused(message="No.")
    return len(world.integration.sent)


STATUS_400 = "The channel answered with status 400."
# By name: the other value, the story, and how it ends by default and by the other value.
STORIES: dict[str, tuple[Any, Story, Any, Any]] = {
    "told_rate_limit": (
        50,
        lambda w: w.call("GET", "/messages/x").headers["X-RateLimit-Limit"],
        "6000",
        "50",
    ),
    "resource_tier": ("1", tier, "2", "1"),
    "attachments_limit": (1, file, 202, 400),
    "error_type": ("other", failed, "channel_error", "other"),
    "unresponsive": ("Gone.", unanswered, "The channel servers are unresponsive.", "Gone."),
    "not_a_jwt": ("No", lambda w: w.error("/messages/x", authorization="x"), "JSON Web Token error", "No"),
    "invalid_jwt": (
        "No",
        lambda w: w.error("/messages/x", authorization="Bearer a.b.c"),
        "Invalid token",
        "No",
    ),
    "repeated_external_id": (False, repeated, 1, 2),
    "external_id_scope": (False, repeated_elsewhere, 1, 0),
    "deleted_channel": (False, deleted, (401, 1), (200, 2)),
    "foreign_object": (False, foreign, 404, 403),
    "singular_conversation_id": (False, merged_metadata, "thr-7", "new"),
    "composed_metadata": (False, composed, {"external_conversation_ids": []}, {}),
    "bare_autoreply": (False, autoreplied, None, "thr-7"),
    "answered_elsewhere": (False, answered_elsewhere, False, True),
    "answered_id_limit": (False, long_id, "failed", "sent"),
    "merge_hops": (False, two_merges, (True, False), (False, True)),
    "merge_survivor": (False, survivor, True, False),
    "merged_delete": (False, merged_delete, 404, 301),
    "split_threads": (False, split, False, True),
    "unknown_reference": (False, unknown_tag, 400, 404),
    "imported_ids": (False, imported, (True, {"external_id": "second"}), (False, {})),
    "spam": (False, spam, ("deleted", 400), ("archived", 204)),
    "status_id": (False, status_id, 204, 400),
    "reply_later": (False, reply_by_api, 0, 1),
    "seen_text": (False, seen_at, str, int),
    "template_upsert": (False, template, [200, 200], [200, 409]),
    "repeated_call": (False, phone_call, [202, 202], [202, 409]),
    "resumed_call": (False, resumed, [202, 202, 202], [202, 202, 400]),
    "unknown_template_or_call": (False, unknown_template_and_call, [404] * 5, [400] * 5),
    "empty_strings": (False, empty, 400, 202),
    "refusal_is_shown": (False, shown, "No such number.", STATUS_400),
    "no_retry": (False, retried, 1, 2),
}
