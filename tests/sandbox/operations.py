"""Each of the 35 operations with a request that succeeds."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from .conftest import (
    Answer,
    Caller,
    Clock,
    Integration,
    connected_sandbox,
    conversation_id,
    form,
    import_message,
    inbound,
    outbound,
)

CHANNEL = "/channels/{channel_id}"
CALL = CHANNEL + "/calls/{external_call_id}"
TEMPLATES = CHANNEL + "/application_message_templates"
CONVERSATION = "/conversations/{conversation_id}"
MESSAGE = "/messages/{message_id}"
NEW_CALL = {
    "external_call_id": "call-2",
    "initial_status": "ringing",
    "direction": "inbound",
    "from": {"handle": "+33612345678", "name": "Customer"},
    "started_at": 1764000000123,
    "parent_external_call_id": "call-1",
    "agent_email_address": "teammate.one@example.com",
}
TEMPLATE = {
    "external_id": "tpl-1",
    "name": "Parcel",
    "blurb": "Your parcel {{1}}",
    "is_disabled": False,
    "status_name": "APPROVED",
    "variable_mappings": [{"uid": "{{1}}", "type": "text", "name": "number"}],
    "template_preview": "<p>Your parcel {{1}}</p>",
}
LINE = {
    "speaker_name": "Customer",
    "content": "Hello",
    "start_time_seconds": 1.5,
    "speaker_type": "external",
}
WRITTEN: dict[str, Any] = {
    "body": "<p>Hello</p>",
    "to": ["+33612345678"],
    "cc": ["+33699999999"],
    "bcc": [],
    "subject": "Parcel",
    "author_id": "tea_1",
    "channel_id": "cha_1",
    "quote_body": "",
    "signature_id": "sig_1",
    "should_add_default_signature": False,
}


class Operation(NamedTuple):
    """``body`` is None where there is none, ``recording`` stands for a form."""

    method: str
    path: str
    status: int
    body: Any = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


OPERATIONS = (
    Operation(
        "POST",
        CHANNEL + "/inbound_messages",
        202,
        inbound(subject="Parcel", delivered_at=1764000000, attachments=[]),
    ),
    Operation(
        "POST",
        CHANNEL + "/outbound_messages",
        202,
        outbound(
            subject="Parcel", delivered_at=1764000000, sender_name="Shop", author_id="tea_1", attachments=[]
        ),
    ),
    Operation("PATCH", CHANNEL, 204, {"status": "offline"}),
    Operation(
        "PUT",
        CHANNEL + "/conversations/{conv_ext_id}/messages/{message_ext_id}/status",
        204,
        {"status": "failed", "reason": "Carrier rejected"},
    ),
    Operation("PUT", TEMPLATES, 200, TEMPLATE),
    Operation(
        "PATCH", TEMPLATES + "/{external_id}", 200, {k: v for k, v in TEMPLATE.items() if k != "external_id"}
    ),
    Operation("POST", CHANNEL + "/calls", 202, NEW_CALL),
    Operation(
        "PATCH",
        CALL,
        202,
        {
            "call_status": "connected",
            "occurred_at": 1764000000123,
            "agent_email_address": "teammate.one@example.com",
        },
    ),
    Operation("POST", CALL + "/recording", 202, "recording"),
    Operation("POST", CALL + "/summary", 202, {"content": "They talked."}),
    Operation("POST", CALL + "/transcript", 202, {"lines": [LINE]}),
    Operation("GET", CONVERSATION, 200),
    Operation(
        "PATCH",
        CONVERSATION,
        204,
        {
            "assignee_id": "tea_1",
            "inbox_id": "inb_2",
            "status": "deleted",
            "tag_ids": ["tag_1"],
            "custom_fields": {"City": "Paris"},
        },
    ),
    Operation("PUT", CONVERSATION + "/assignee", 204, {"assignee_id": "tea_2"}),
    Operation(
        "PATCH",
        CONVERSATION + "/reminders",
        204,
        {"teammate_id": "tea_1", "scheduled_at": 1764100000, "status_id": "sts_1"},
    ),
    Operation("GET", CONVERSATION + "/events", 200),
    Operation("GET", CONVERSATION + "/inboxes", 200),
    Operation("GET", CONVERSATION + "/followers", 200),
    Operation("POST", CONVERSATION + "/followers", 204, {"teammate_ids": ["tea_1"]}),
    Operation("DELETE", CONVERSATION + "/followers", 204, {"teammate_ids": ["tea_1"]}),
    Operation(
        "POST", CONVERSATION + "/links", 204, {"link_external_urls": ["https://shop.example/orders/1"]}
    ),
    Operation("DELETE", CONVERSATION + "/links", 204, {"link_ids": []}),
    Operation("POST", CONVERSATION + "/tags", 204, {"tag_ids": ["tag_1", "tag_2"]}),
    Operation("DELETE", CONVERSATION + "/tags", 204, {"tag_ids": ["tag_1"]}),
    Operation("GET", CONVERSATION + "/messages", 200),
    Operation(
        "POST",
        CONVERSATION + "/messages",
        202,
        {
            **WRITTEN,
            "text": "Hello",
            "sender_name": "Shop",
            "options": {"tag_ids": ["tag_1"], "archive": False},
        },
    ),
    Operation("POST", CONVERSATION + "/drafts", 200, {**WRITTEN, "mode": "shared"}),
    Operation("GET", CONVERSATION + "/drafts", 200),
    Operation(
        "POST", CONVERSATION + "/comments", 201, {"body": "Seen?", "author_id": "tea_1", "is_pinned": True}
    ),
    Operation("GET", CONVERSATION + "/comments", 200),
    Operation("GET", MESSAGE, 200),
    Operation("POST", MESSAGE + "/seen", 204, {}),
    Operation("GET", MESSAGE + "/seen", 200),
    Operation("GET", MESSAGE + "/download/{attachment_link_id}", 200),
    Operation("DELETE", CONVERSATION, 204),
)


@dataclass
class World:
    """A Front in which every operation finds what it is about, and its ids for the paths."""

    clock: Clock = field(default_factory=Clock)
    integration: Integration = field(default_factory=Integration)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.call = Caller(connected_sandbox(self.clock, self.integration), self.clock)
        import_message(self.call, inbound("in-1"))
        sent = import_message(self.call, outbound("out-1"))
        conversation = conversation_id(sent)
        self.integration.will_send_as("out-2", "thr-7")
        label = {"filename": "label.png", "content": base64.b64encode(b"\x89PNG").decode()}
        reply = self.call.sandbox.reply(conversation_id=conversation, text="Look", attachments=[label])
        message = self.call("GET", f"/messages/{reply['message_id']}").json
        self.call("POST", "/channels/cha_1/calls", {**NEW_CALL, "external_call_id": "call-1"})
        self.call("PUT", "/channels/cha_1/application_message_templates", TEMPLATE)
        self.ids = {
            "channel_id": "cha_1",
            "conv_ext_id": "thr-7",
            "message_ext_id": "out-2",
            "external_id": "tpl-1",
            "external_call_id": "call-1",
            "conversation_id": conversation,
            "message_id": message["id"],
            "attachment_link_id": message["attachments"][0]["id"],
        }

    def send(self, operation: Operation, body: Any = ..., **changes: str) -> Answer:
        """Carry an operation out, with its own body or another one."""
        ids = {name: quote(value, safe="") for name, value in self.ids.items()}
        path = operation.path.format(**ids)
        content = operation.body if body is ... else body
        if content == "recording":
            sound = ("attachments", "call.mp3", "audio/mpeg", b"sound")
            return self.call(operation.method, path, **form({"recording_type": "call"}, sound), **changes)
        return self.call(operation.method, path, content, **changes)
