"""The body of each operation, as the API reference (https://dev.frontapp.com/reference) documents it."""

from __future__ import annotations

from .rules import (
    Rule,
    array,
    chosen_by,
    flag,
    integer,
    never,
    no_files,
    nullable,
    number,
    one_of,
    record,
    text,
)

# Characters. Source: github.com/frontapp/front-api-specs, channel-api/channel-api.json
EXTERNAL_ID_LIMIT = 200

_WORDS = text(empty=False)
_EXTERNAL_ID = text(empty=False, limit=EXTERNAL_ID_LIMIT)
_CONTACT = record({"handle": _WORDS}, {"name": text(), "email": text()})
_METADATA = record(
    {"external_id": _EXTERNAL_ID, "external_conversation_id": _EXTERNAL_ID},
    {"referenced_message_external_id": text(limit=EXTERNAL_ID_LIMIT)},
)
_MESSAGE = {"subject": text(), "delivered_at": integer("seconds"), "attachments": no_files}
_HANDLES = array(_WORDS, of="handle")
_IDS = array(text(), of="id")
_NOT_A_TASK = nullable(never("is for tasks only"))

INBOUND = record({"sender": _CONTACT, "body": _WORDS, "metadata": _METADATA}, _MESSAGE)
OUTBOUND = record(
    {"to": array(_CONTACT, of="recipient", least=1), "body": _WORDS, "metadata": _METADATA},
    {**_MESSAGE, "sender_name": text(), "author_id": text()},
)
CHANNEL = record({}, {"status": one_of("offline", "ok")})
STATUS = record({"status": one_of("failed")}, {"reason": text()})

# https://dev.frontapp.com/docs/application-channel-message-templates names the statuses and types.
_VARIABLE = record({"uid": text(), "type": one_of("text", "file", "image", "video"), "name": text()})
_TEMPLATE = {
    "name": text(),
    "blurb": text(),
    "is_disabled": flag,
    "status_name": one_of("PENDING", "APPROVED", "REJECTED"),
    "variable_mappings": array(_VARIABLE, of="variable"),
    "template_preview": text(),
}
TEMPLATE = record({"external_id": _WORDS, **_TEMPLATE})
TEMPLATE_EDIT = record({}, _TEMPLATE)

_PARTY = record({"handle": _WORDS}, {"name": text()})
_NEW_CALL = {
    "external_call_id": _WORDS,
    "initial_status": one_of("queued", "ringing"),
    "parent_external_call_id": text(),
}
_CALL_DETAILS = {"started_at": number("milliseconds"), "agent_email_address": text()}
CALL = chosen_by(
    "direction",
    {
        "inbound": record({**_NEW_CALL, "from": _PARTY}, _CALL_DETAILS),
        "outbound": record({**_NEW_CALL, "to": _PARTY}, _CALL_DETAILS),
    },
)
CALL_STATUSES = ("queued", "ringing", "connected", "hold", "hangup", "abandoned", "missed", "transferred")
CALL_UPDATE = record(
    {"call_status": one_of(*CALL_STATUSES)},
    {"occurred_at": number("milliseconds"), "agent_email_address": text()},
)
RECORDING = record({"recording_type": one_of("call", "voicemail")})
SUMMARY = record({"content": _WORDS})
_LINE = record(
    {
        "speaker_name": text(),
        "content": text(),
        "start_time_seconds": number("seconds"),
        "speaker_type": one_of("internal", "external"),
    }
)
TRANSCRIPT = record({"lines": array(_LINE, of="line", least=1)})

CONVERSATION = record(
    {},
    {
        "assignee_id": nullable(text()),
        "inbox_id": text(),
        "status": one_of("archived", "open", "deleted", "spam"),
        "status_id": text(),
        "tag_ids": _IDS,
        "custom_fields": record({}),
        "description": _NOT_A_TASK,
        "due_at": _NOT_A_TASK,
    },
)
ASSIGNEE = record({"assignee_id": nullable(text())})
FOLLOWERS = record({"teammate_ids": array(text(), of="id", most=50)})
TAGS = record({"tag_ids": _IDS})
LINKS = record({"link_ids": array(text(), of="id", most=10)})
NEW_LINKS = record(
    {},
    {
        "link_ids": array(text(), of="id", most=10),
        "link_external_urls": array(_WORDS, of="link", most=10),
    },
)
REMINDER = record({"teammate_id": text(), "scheduled_at": nullable(number("seconds"))}, {"status_id": text()})
COMMENT = record({"body": _WORDS}, {"author_id": text(), "is_pinned": flag, "attachments": no_files})

_WRITING: dict[str, Rule] = {
    "to": _HANDLES,
    "cc": _HANDLES,
    "bcc": _HANDLES,
    "subject": text(),
    "author_id": text(),
    "quote_body": text(),
    "should_add_default_signature": flag,
    "attachments": no_files,
}
DRAFT = record(
    {"body": _WORDS, "channel_id": text()},
    {**_WRITING, "signature_id": nullable(text()), "mode": one_of("private", "shared")},
)
REPLY = record(
    {"body": _WORDS},
    {
        **_WRITING,
        "channel_id": text(),
        "sender_name": text(),
        "signature_id": text(),
        "text": text(),
        "options": record({}, {"tag_ids": _IDS, "archive": flag}),
    },
)
SEEN = record({})
