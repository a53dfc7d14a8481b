"""The state of a company as JSON: one form for people and tests, another for a file that a later sandbox can load."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from .company import Company
from .http_messages import Json, compact_json
from .records import Attachment, Call, Channel, Comment, Conversation, Event, Message, State

# Seconds to wait for more changes before the file is written. Changes come in bursts, and each write is a whole file.
GATHERING = 0.5


def snapshot(company: Company) -> Json:
    """Return the state of a company, its settings and its waiting faults, without tokens and contents of files.

    Templates and calls are in their channels. Messages, comments, events and drafts are in their conversations.
    """
    with company.lock:
        known = _state(company.state)
    return {**known, "behaviour": company.describe_behaviour(), "faults": company.describe_faults()}


def load(path: Path) -> State:
    """Return the state in the file at ``path``, or an empty state if there is no file.

    Raises OSError, and ValueError for a file that the sandbox did not write.
    """
    try:
        document = json.loads(path.read_bytes())
        state: State = _revived(State, document)
    except FileNotFoundError:
        return State()
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError("it was not written by the sandbox") from error
    return state


def save(state: State, path: Path) -> None:
    """Write the state to the file atomically. Only its owner may read it, because it holds the channels' tokens."""
    content = compact_json(_plain(state))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def saved_in(company: Company, path: Path) -> Iterator[None]:
    """Save the state soon after every change, and at the end of the ``with`` block.

    Raises OSError at the beginning if the file cannot be written.
    """
    stop = threading.Event()

    def save_now() -> None:
        company.changed.clear()
        with company.lock:
            save(company.state, path)

    def keep() -> None:
        while not stop.wait(GATHERING):
            if company.changed.is_set():
                save_now()

    save_now()
    thread = threading.Thread(target=keep, name="sandbox-data", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        save_now()


def _state(state: State) -> Json:
    return {
        "teammates": [dict(vars(teammate)) for teammate in state.teammates.values()],
        "tags": [dict(vars(tag)) for tag in state.tags.values()],
        "inboxes": [dict(vars(inbox)) for inbox in state.inboxes.values()],
        "channels": [_channel(channel) for channel in state.channels.values()],
        "conversations": [_conversation(state, each) for each in state.conversations.values()],
    }


def _channel(channel: Channel) -> Json:
    return {
        **_pick(channel, "id", "name", "address", "webhook_url", "inbox_id", "status", "is_deleted"),
        "templates": [dict(vars(template)) for template in channel.templates.values()],
        "calls": [_phone_call(call) for call in channel.calls.values()],
    }


def _phone_call(call: Call) -> Json:
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
        **_pick(conversation, *names),
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
        **_pick(message, *names, "error"),
        "message_uid": message.uid,
        "recipients": [dict(vars(recipient)) for recipient in message.recipients],
        "attachments": [_file(each) for each in message.attachments],
        "seen_at": list(message.seen_at),
    }


def _file(attachment: Attachment) -> Json:
    return {**_pick(attachment, "id", "filename", "content_type"), "size": len(attachment.content)}


def _pick(record: Any, *names: str) -> Json:
    return {name: getattr(record, name) for name in names}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


def _revived(hint: Any, value: Any) -> Any:
    """Return the value of type ``hint`` that ``_plain`` turned into ``value``."""
    origin, args = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{name: _revived(hints[name], each) for name, each in value.items()})  # type: ignore[operator]
    if origin in (Union, types.UnionType) and value is not None:
        return _revived(args[0], value)
    if origin is dict:
        return {name: _revived(args[1], each) for name, each in value.items()}
    if origin is list:
        return [_revived(args[0], each) for each in value]
    return base64.b64decode(value) if hint is bytes else value
