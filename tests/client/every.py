"""One use of every operation, with every optional argument, and a response that means success."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django_front_channel.client import FrontClient, Upload
from django_front_channel.client.all_operations import OPERATIONS

PICTURE = b"\x89PNG\r\n--not a boundary--\r\n"


def upload(filename: str = "a.png", content_type: str = "image/png", content: bytes = PICTURE) -> Upload:
    return Upload(filename, content_type, lambda: io.BytesIO(content), len(content))


@dataclass(frozen=True)
class Sample:
    """``document`` is the response's; a response without one has no body."""

    arguments: dict[str, Any]
    document: dict[str, Any] | None = None
    attachments: bool = False

    def with_attachments(self) -> dict[str, Any]:
        return self.arguments | {"attachments": [upload(), upload("b.txt", "text/plain", b"two")]}


CONVERSATION = {"conversation_id": "cnv_1"}
MESSAGE = {"message_id": "msg_1"}
CALL = {"external_call_id": "call-1"}
ACCEPTED = {"status": "accepted", "message_uid": "uid-1"}
METADATA = {
    "external_id": "m-1",
    "external_conversation_id": "c-1",
    "referenced_message_external_id": "m-0",
}
CONTACT = {"handle": "+33612345678", "name": "Ana", "email": "ana@example.com"}
DRAFT = {
    "body": "<p>Hi</p>",
    "channel_id": "cha_1",
    "author_id": "tea_1",
    "to": ["ana"],
    "cc": ["bob"],
    "bcc": ["eve"],
    "subject": "Colis",
    "quote_body": "Before",
    "signature_id": "sig_1",
    "should_add_default_signature": False,
}
TEMPLATE = {
    "name": "Welcome",
    "blurb": "Hello",
    "is_disabled": False,
    "status_name": "APPROVED",
    "variable_mappings": [{"uid": "{{1}}", "type": "text", "name": "First name"}],
    "template_preview": "<b>Hello</b>",
}
LINE = {"speaker_name": "Ana", "content": "Hi", "start_time_seconds": 0.5, "speaker_type": "external"}


def page(*results: dict[str, Any]) -> dict[str, Any]:
    return {"_pagination": {"next": None}, "_links": {}, "_results": list(results)}


SAMPLES = {
    "update-channel": Sample({"status": "offline"}),
    "sync-inbound-message": Sample(
        {"sender": CONTACT, "subject": "Colis", "body": "Hi", "delivered_at": 1764000000, **METADATA},
        ACCEPTED,
        attachments=True,
    ),
    "sync-outbound-message": Sample(
        {
            "to": [CONTACT, {"handle": "bob"}],
            "sender_name": "Leela",
            "author_id": "tea_1",
            "subject": "Colis",
            "body": "Hi",
            "delivered_at": 1764000000,
            **METADATA,
        },
        ACCEPTED,
        attachments=True,
    ),
    "update-external-message-status": Sample(
        {"external_conversation_id": "c-1", "external_id": "m-1", "reason": "Carrier rejected"}
    ),
    "sync-application-message-template": Sample(
        {"external_id": "welcome", **TEMPLATE}, {"template_id": "msg_777"}
    ),
    "update-application-message-template": Sample(
        {"external_id": "welcome", **TEMPLATE}, {"template_id": 777}
    ),
    "create-call": Sample(
        {
            **CALL,
            "direction": "inbound",
            "party": {"handle": "+33612345678", "name": "Ana"},
            "initial_status": "ringing",
            "parent_external_call_id": "call-0",
            "started_at": 1764000000123,
            "agent_email_address": "leela@example.com",
        }
    ),
    "update-call": Sample(
        {
            **CALL,
            "call_status": "connected",
            "occurred_at": 1764000000123,
            "agent_email_address": "leela@example.com",
        }
    ),
    "add-call-recording": Sample(
        {**CALL, "recording": upload("call.mp3", "audio/mpeg"), "recording_type": "voicemail"}
    ),
    "add-call-summary": Sample({**CALL, "content": "All well"}),
    "add-call-transcript": Sample({**CALL, "lines": [LINE, LINE | {"speaker_type": "internal"}]}),
    "get-conversation-by-id": Sample(CONVERSATION, {"id": "cnv_1"}),
    "update-conversation": Sample(
        {
            **CONVERSATION,
            "assignee_id": "tea_1",
            "inbox_id": "inb_1",
            "status": "archived",
            "replace_tag_ids": ["tag_1", "tag_2"],
            "replace_custom_fields": {"City": "Paris", "VIP": True},
            "description": "Call back",
            "due_at": 1864000000,
        }
    ),
    "delete-conversation": Sample(CONVERSATION),
    "update-conversation-assignee": Sample({**CONVERSATION, "assignee_id": "tea_1"}),
    "list-conversation-comments": Sample(CONVERSATION, page({"id": "com_1"})),
    "add-comment": Sample(
        {**CONVERSATION, "body": "Look", "author_id": "tea_1", "is_pinned": True},
        {"id": "com_1", "body": "Look"},
        attachments=True,
    ),
    "list-conversation-drafts": Sample(CONVERSATION, page({"id": "msg_1"})),
    "create-draft-reply": Sample(
        {**CONVERSATION, **DRAFT, "mode": "shared"}, {"id": "msg_1", "draft_mode": "shared"}, attachments=True
    ),
    "list-conversation-events": Sample({**CONVERSATION, "limit": 100}, page({"id": "evt_1"})),
    "list-conversation-followers": Sample(CONVERSATION, page({"id": "tea_1"})),
    "add-conversation-followers": Sample(
        {**CONVERSATION, "teammate_ids": ["tea_1", "tea_2"], "ignore_errors": True}
    ),
    "delete-conversation-followers": Sample({**CONVERSATION, "teammate_ids": ["tea_1"]}),
    "list-conversation-inboxes": Sample(CONVERSATION, page({"id": "inb_1"})),
    "add-conversation-link": Sample({**CONVERSATION, "link_external_urls": ["https://shop.example/1"]}),
    "remove-conversation-links": Sample({**CONVERSATION, "link_ids": ["top_1"]}),
    "list-conversation-messages": Sample(
        {**CONVERSATION, "limit": 10, "sort_order": "asc"}, page({"id": "msg_1"})
    ),
    "create-message-reply": Sample(
        {
            **CONVERSATION,
            **DRAFT,
            "sender_name": "Leela",
            "text": "Hi",
            "tag_ids": ["tag_1"],
            "archive": False,
        },
        ACCEPTED,
        attachments=True,
    ),
    "update-conversation-reminders": Sample(
        {**CONVERSATION, "teammate_id": "tea_1", "scheduled_at": 1864000000, "status_id": "sts_1"}
    ),
    "add-conversation-tag": Sample({**CONVERSATION, "tag_ids": ["tag_1"]}),
    "remove-conversation-tag": Sample({**CONVERSATION, "tag_ids": ["tag_1"]}),
    "get-message": Sample(MESSAGE, {"id": "msg_1"}),
    "get-message-seen-status": Sample(MESSAGE, page({"first_seen_at": "1764000000123"})),
    "mark-message-seen": Sample(MESSAGE),
    "download-attachment-for-a-message": Sample({**MESSAGE, "attachment_id": "fil_1", "to": io.BytesIO()}),
}


def perform(client: FrontClient, operation_id: str, arguments: dict[str, Any]) -> object:
    """Make a call, and read a collection to its end."""
    result = client.perform(operation_id, **arguments)
    return list(result) if isinstance(result, Iterator) else result


def success(operation_id: str) -> str:
    """The status that means success, as in a status line."""
    return f"{OPERATIONS[operation_id].status} Fine"
