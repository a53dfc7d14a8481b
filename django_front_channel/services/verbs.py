"""The verbs that change something in Front: what each of them calls, at once or from the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django_front_channel import gateway
from django_front_channel.client.arguments import validate_id
from django_front_channel.core import clock, database
from django_front_channel.exceptions import FrontAPIError, InvalidArgument
from django_front_channel.lifecycle.attachments import FETCH
from django_front_channel.lifecycle.conversations import ASK, SHOWN, UPDATE, ask_later, keep_in_step
from django_front_channel.lifecycle.merges import Follower
from django_front_channel.models import Attachment, Channel, Conversation, Message
from django_front_channel.services.content import as_html, body_fields, contact_of
from django_front_channel.services.rows import check_row, reread

if TYPE_CHECKING:
    from django_front_channel.client import FrontClient
    from django_front_channel.client.conversations import Conversations
    from django_front_channel.client.file_streams import BinaryWriter


Target = Attachment | Channel | Conversation | Message
# What the verbs of each group are about.
ROWS: dict[str, type[Target]] = {
    "attachments": Attachment,
    "calls": Channel,
    "channels": Channel,
    "conversations": Conversation,
    "messages": Message,
    "templates": Channel,
}


def _as_given(target: Target, /, **given: Any) -> dict[str, Any]:
    return given


class Verb(NamedTuple):
    """``said`` makes, of the row and the verb's arguments, those of the client's method for Front's ``operation``."""

    operation: str
    said: Callable[..., dict[str, Any]] = _as_given


class Done(NamedTuple):
    """What a request came to: the conversation that it was carried out in, and what the client returned."""

    conversation: Conversation
    result: Any


def client_for(channel: Channel, *, wait: float = 0.0) -> FrontClient:
    """A client that makes requests to Front as this channel, for what no verb covers. Python's threads may share it.

    While a pause that Front asked for is in force, each of its requests waits up to ``wait`` seconds for its end, and
    else raises ``FrontRateLimitError`` at once, with ``retry_after`` in seconds. A response of 429 begins such a
    pause for all processes. When Front redirects a request because conversations were merged, our threads then belong
    to the one that is left, and ``conversation_merged`` is sent; nothing else is noted.

    Raises ``ChannelUnavailable`` when the channel, as it is given, is not connected or is held, or was connected
    with another App UID or API URL than the settings name now; ``ImproperlyConfigured`` when the settings lack its
    app.
    """
    check_row("client_for", Channel, channel)
    return gateway.client_for(channel, wait=wait, observer=Follower(channel))


def carry_out(verb: str, conversation: Conversation, /, *, wait: float, **given: Any) -> Done:
    """Call Front now about a conversation, and keep our rows in step with what that changed."""
    arguments = arguments_of(verb, conversation, given)
    operation, channel = VERBS[verb].operation, conversation.channel
    observer = Follower(channel)
    with closing(gateway.client_for(channel, wait=wait, observer=observer)) as client:
        result = client.perform(operation, **arguments)
    with database.atomic():
        kept, is_untold = keep_in_step(channel, operation, arguments, result, observer.answered)
    if is_untold:
        kept = _ask(kept)
    if kept.pk == conversation.pk:
        for name in SHOWN:
            setattr(conversation, name, getattr(kept, name))
    return Done(conversation if kept.pk == conversation.pk else kept, result)


def lists_for(verb: str, conversation: Conversation, /, *, wait: float) -> Conversations:
    """What lists, page after page, what Front knows of the conversation. Raises ``InvalidArgument``."""
    check_target(verb, conversation)
    return client_for(conversation.channel, wait=wait).conversations


def call_now(verb: str, target: Attachment | Channel | Message, /, *, wait: float, **given: Any) -> Any:
    """Call Front now about something that no row of ours shows."""
    arguments = arguments_of(verb, target, given)
    with closing(client_for(channel_of(target), wait=wait)) as client:
        return client.perform(VERBS[verb].operation, **arguments)


def arguments_of(verb: str, target: Target, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the client's method, the row's id included. Raises ``InvalidArgument``."""
    check_target(verb, target)
    said = VERBS[verb].said(target, **given)
    if isinstance(target, Conversation):
        return {"conversation_id": target.front_id, **said}
    return {"message_id": front_name(target), **said} if isinstance(target, Message) else said


def check_target(verb: str, target: object) -> None:
    """Raise ``InvalidArgument`` unless this is a stored row of those that the verb is about."""
    check_row(verb, ROWS[verb.partition(".")[0]], target)


def front_name(message: Message) -> str:
    """What Front knows the message by: its id, or that of its acceptance. Raises ``InvalidArgument``."""
    reread(message, "front_id", "message_uid")
    if not message.front_id and not message.message_uid:
        raise InvalidArgument(
            "Front has not accepted this message yet, so there is nothing to ask for.",
            code="not_accepted",
            argument="message",
        )
    return message.front_id or f"alt:uid:{message.message_uid}"


def channel_of(target: Target) -> Channel:
    """The channel that Front is called as."""
    if isinstance(target, Channel):
        return target
    return target.message.channel if isinstance(target, Attachment) else target.channel


def _ask(conversation: Conversation) -> Conversation:
    """Ask Front what it shows now. The request before has succeeded, so this one must not fail it."""
    try:
        return carry_out("conversations.refresh", conversation, wait=0.0).conversation
    except FrontAPIError:
        ask_later(conversation)
        return conversation


def _fetched(attachment: Attachment, *, to: BinaryWriter | None = None) -> dict[str, Any]:
    """``to`` is the open file; a worker opens one for the row that is named instead."""
    if not attachment.front_id:
        raise InvalidArgument(
            "Front has named no file for this attachment, so there is nothing to fetch.",
            code="file_not_named",
            argument="attachment",
        )
    named = {"message_id": front_name(attachment.message), "attachment_id": attachment.front_id}
    return {**named, "to": to or attachment.pk}


def _assigned(_: Conversation, *, teammate_id: str) -> dict[str, Any]:
    # The client takes None for "nobody", which a form's missing field must not mean here.
    return {"assignee_id": validate_id(teammate_id, "teammate_id")}


def _retagged(_: Conversation, *, tag_ids: Any) -> dict[str, Any]:
    if tag_ids is None:
        raise InvalidArgument(
            "tag_ids must be a list; an empty one removes every tag.", code="wrong_type", argument="tag_ids"
        )
    return {"replace_tag_ids": tag_ids}


def _refilled(_: Conversation, *, custom_fields: Any) -> dict[str, Any]:
    is_mapping = isinstance(custom_fields, Mapping)
    if not is_mapping or any(not isinstance(name, str) or not name.strip() for name in custom_fields):
        raise InvalidArgument(
            "custom_fields must be a mapping of the fields' names in Front to their values.",
            code="wrong_type",
            argument="custom_fields",
        )
    return {"replace_custom_fields": dict(custom_fields)}


def _moved(_: Conversation, *, inbox_id: str) -> dict[str, Any]:
    return {"inbox_id": validate_id(inbox_id, "inbox_id")}


def _given_status(_: Conversation, *, status_id: str) -> dict[str, Any]:
    return {"status_id": validate_id(status_id, "status_id")}


def _described(_: Conversation, *, description: Any) -> dict[str, Any]:
    if description is None:
        raise InvalidArgument(
            "description must be a str. To take it away, use clear_description.",
            code="wrong_type",
            argument="description",
        )
    return {"description": description}


def _due(_: Conversation, *, due_at: datetime) -> dict[str, Any]:
    return {"due_at": _seconds(due_at, "due_at")}


def _reminded(_: Conversation, *, scheduled_at: datetime, **given: Any) -> dict[str, Any]:
    return {"scheduled_at": _seconds(scheduled_at, "scheduled_at"), **given}


def _written(
    _: Conversation, *, text: str | None = None, html: str | None = None, **given: Any
) -> dict[str, Any]:
    body = body_fields(text, html)
    return {"body": body["html"] or as_html(body["text"]), **given}


def _replied(conversation: Conversation, *, text_version: str | None = None, **given: Any) -> dict[str, Any]:
    return {"text": text_version, **_written(conversation, **given)}


def _begun(
    channel: Channel, *, party: Any, started_at: datetime | None = None, **given: Any
) -> dict[str, Any]:
    other = contact_of(channel, party, "party")
    return {"party": other, "started_at": _milliseconds(started_at, "started_at"), **given}


def _changed(_: Channel, *, occurred_at: datetime | None = None, **given: Any) -> dict[str, Any]:
    return {"occurred_at": _milliseconds(occurred_at, "occurred_at"), **given}


def _seconds(moment: object, name: str) -> int:
    return int(clock.aware(moment, name).timestamp())


def _milliseconds(moment: datetime | None, name: str) -> int | None:
    """Calls have times in milliseconds, unlike messages and reminders."""
    return None if moment is None else int(clock.aware(moment, name).timestamp() * 1000)


VERBS = {
    "attachments.fetch": Verb(FETCH, _fetched),
    "channels.set_status": Verb("update-channel"),
    "conversations.refresh": Verb(ASK),
    "conversations.archive": Verb(UPDATE, lambda _: {"status": "archived"}),
    "conversations.reopen": Verb(UPDATE, lambda _: {"status": "open"}),
    "conversations.trash": Verb(UPDATE, lambda _: {"status": "deleted"}),
    "conversations.spam": Verb(UPDATE, lambda _: {"status": "spam"}),
    "conversations.move": Verb(UPDATE, _moved),
    "conversations.set_status": Verb(UPDATE, _given_status),
    "conversations.replace_custom_fields": Verb(UPDATE, _refilled),
    "conversations.set_description": Verb(UPDATE, _described),
    "conversations.clear_description": Verb(UPDATE, lambda _: {"description": None}),
    "conversations.set_due_date": Verb(UPDATE, _due),
    "conversations.clear_due_date": Verb(UPDATE, lambda _: {"due_at": None}),
    "conversations.delete": Verb("delete-conversation"),
    "conversations.assign": Verb("update-conversation-assignee", _assigned),
    "conversations.unassign": Verb("update-conversation-assignee", lambda _: {"assignee_id": None}),
    "conversations.add_tags": Verb("add-conversation-tag"),
    "conversations.remove_tags": Verb("remove-conversation-tag"),
    "conversations.replace_tags": Verb(UPDATE, _retagged),
    "conversations.add_comment": Verb("add-comment"),
    "conversations.add_followers": Verb("add-conversation-followers"),
    "conversations.remove_followers": Verb("delete-conversation-followers"),
    "conversations.add_links": Verb("add-conversation-link"),
    "conversations.remove_links": Verb("remove-conversation-links"),
    "conversations.remind": Verb("update-conversation-reminders", _reminded),
    "conversations.cancel_reminder": Verb(
        "update-conversation-reminders",
        lambda _, *, teammate_id: {"teammate_id": teammate_id, "scheduled_at": None},
    ),
    "conversations.create_draft": Verb("create-draft-reply", _written),
    "conversations.reply": Verb("create-message-reply", _replied),
    "messages.mark_seen": Verb("mark-message-seen"),
    "templates.sync": Verb("sync-application-message-template"),
    "templates.update": Verb("update-application-message-template"),
    "calls.create": Verb("create-call", _begun),
    "calls.update": Verb("update-call", _changed),
    "calls.add_summary": Verb("add-call-summary"),
    "calls.add_transcript": Verb("add-call-transcript"),
}
