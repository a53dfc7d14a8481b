"""The whole state as JSON, for tests and people who want to look inside."""

from __future__ import annotations

from typing import Any

from .http_messages import Json
from .records import Attachment, Call, Channel, Comment, Conversation, Event, Message, State


def snapshot(state: State) -> Json:
    """Teammates, tags and inboxes; channels with their templates and calls, and conversations with their
    messages; the token of a channel and the content of files are left out."""
    return {
        "teammates": [dict(vars(teammate)) for teammate in state.teammates.values()],
        "tags": [dict(vars(tag)) for tag in state.tags.values()],
        "inboxes": [dict(vars(inbox)) for inbox in state.inboxes.values()],
        "channels": [_channel(channel) for channel in state.channels.values()],
        "conversations": [_conversation(state, each) for each in state.conversations.values()],
    }


def _channel(channel: Channel) -> Json:
    return {
        **_plain(channel, "id", "name", "address", "webhook_url", "inbox_id", "status", "is_deleted"),
        "templates": [dict(vars(template)) for template in channel.templates.values()],
        "calls": [_call(call) for call in channel.calls.values()],
    }


def _call(call: Call) -> Json:
    return {**vars(call), "recordings": [_file(each) for each in call.recordings]}


def _conversation(state: State, conversation: Conversation) -> Json:
    names = (
        "id",
        "channel_id",
        "inbox_id",
        "subject",
        "status",
        "assignee_id",
        "created_at",
        "is_unread",
        "merged_into",
        "custom_fields",
    )
    lists = ("tag_ids", "link_ids", "follower_ids")
    return {
        **_plain(conversation, *names),
        **{name: list(getattr(conversation, name)) for name in lists},
        "recipient": conversation.recipient.handle,
        "recipient_name": conversation.recipient.name,
        "external_conversation_ids": list(conversation.external_ids),
        "reminders": {name: dict(vars(each)) for name, each in conversation.reminders.items()},
        "events": [_event(event) for event in conversation.events],
        "comments": [_comment(comment) for comment in conversation.comments],
        "drafts": [_message(message) for message in state.drafts_in(conversation.id)],
        "messages": [_message(message) for message in state.messages_in(conversation.id)],
    }


def _comment(comment: Comment) -> Json:
    return {**vars(comment), "attachments": [_file(each) for each in comment.attachments]}


def _event(event: Event) -> Json:
    return dict(vars(event))


def _message(message: Message) -> Json:
    names = ("id", "type", "is_inbound", "author_id", "body", "text", "created_at", "external_id", "status")
    return {
        **_plain(message, *names, "error"),
        "message_uid": message.uid,
        "recipients": [dict(vars(recipient)) for recipient in message.recipients],
        "attachments": [_file(each) for each in message.attachments],
        "seen_at": list(message.seen_at),
    }


def _file(attachment: Attachment) -> Json:
    return {**_plain(attachment, "id", "filename", "content_type"), "size": len(attachment.content)}


def _plain(record: Any, *names: str) -> Json:
    return {name: getattr(record, name) for name in names}
