"""The verbs that change something in Front: what each of them calls, at once or from the outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone

from django_front_channel.client.ids import validate_id
from django_front_channel.exceptions import FrontAPIError, InvalidArgument
from django_front_channel.gateway import client_for
from django_front_channel.models import Channel, Conversation, Message, database
from django_front_channel.outbox.conversations import ASK, SHOWN, UPDATE, Follower, ask_later, keep_in_step
from django_front_channel.services.content import as_html, body_fields, contact_of

if TYPE_CHECKING:
    from django_front_channel.client import FrontClient


Target = Channel | Conversation | Message


def _as_given(target: Target, /, **given: Any) -> dict[str, Any]:
    return given


class Verb(NamedTuple):
    """``said`` makes, of the row and the verb's arguments, those of the client's method for Front's ``operation``."""

    operation: str
    said: Callable[..., dict[str, Any]] = _as_given

    def arguments(self, target: Target, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments of the client's method, the row's id included. Raises ``InvalidArgument``."""
        said = self.said(target, **given)
        if isinstance(target, Conversation):
            return {"conversation_id": target.front_id, **said}
        return {"message_id": front_name(target), **said} if isinstance(target, Message) else said


class Done(NamedTuple):
    """What a call came to: the conversation that it was carried out in, and what the client returned."""

    conversation: Conversation
    result: Any


def carry_out(verb: str, conversation: Conversation, **given: Any) -> Done:
    """Call Front now about a conversation, and keep our rows in step with what that changed."""
    arguments = VERBS[verb].arguments(conversation, given)
    operation, channel = VERBS[verb].operation, conversation.channel
    observer = Follower(channel)
    result = client_for(channel, observer=observer).call(operation, **arguments)
    with database.atomic():
        kept, is_untold = keep_in_step(channel, operation, arguments, result, observer.answered)
    if is_untold:
        kept = _ask(kept)
    if kept.pk == conversation.pk:
        for name in SHOWN:
            setattr(conversation, name, getattr(kept, name))
    return Done(conversation if kept.pk == conversation.pk else kept, result)


def following(channel: Channel) -> FrontClient:
    """A client whose calls note the merges that Front tells of."""
    return client_for(channel, observer=Follower(channel))


def call_now(verb: str, target: Channel | Message, **given: Any) -> Any:
    """Call Front now about something that no row of ours shows."""
    channel = target if isinstance(target, Channel) else target.channel
    arguments = VERBS[verb].arguments(target, given)
    return client_for(channel).call(VERBS[verb].operation, **arguments)


def front_name(message: Message) -> str:
    """What Front knows the message by: its id, or that of its acceptance. Raises ``InvalidArgument``."""
    message.refresh_from_db(fields=["front_id", "message_uid"])
    if not message.front_id and not message.message_uid:
        raise InvalidArgument("Front has not accepted this message yet, so there is nothing to ask for.")
    return message.front_id or f"alt:uid:{message.message_uid}"


def _ask(conversation: Conversation) -> Conversation:
    """Ask Front what it shows now. The call before has succeeded, so this one must not fail it."""
    try:
        return carry_out("conversations.refresh", conversation).conversation
    except FrontAPIError:
        ask_later(conversation)
        return conversation


def _assigned(_: Conversation, *, teammate_id: str) -> dict[str, Any]:
    # The client takes None for "nobody", which a form's missing field must not mean here.
    return {"assignee_id": validate_id(teammate_id, "teammate_id")}


def _reminded(_: Conversation, *, scheduled_at: datetime, **given: Any) -> dict[str, Any]:
    return {"scheduled_at": int(_aware(scheduled_at, "scheduled_at").timestamp()), **given}


def _written(
    _: Conversation, *, text: str | None = None, html: str | None = None, **given: Any
) -> dict[str, Any]:
    body = body_fields(text, html)
    return {"body": body["html"] or as_html(body["text"]), **given}


def _begun(
    channel: Channel, *, party: Any, started_at: datetime | None = None, **given: Any
) -> dict[str, Any]:
    other = contact_of(channel, party, "party")
    return {"party": other, "started_at": _milliseconds(started_at, "started_at"), **given}


def _changed(_: Channel, *, occurred_at: datetime | None = None, **given: Any) -> dict[str, Any]:
    return {"occurred_at": _milliseconds(occurred_at, "occurred_at"), **given}


def _milliseconds(moment: datetime | None, name: str) -> int | None:
    """Calls have times in milliseconds, unlike messages and reminders."""
    return None if moment is None else int(_aware(moment, name).timestamp() * 1000)


def _aware(moment: object, name: str) -> datetime:
    if not isinstance(moment, datetime) or timezone.is_naive(moment):
        raise InvalidArgument(f"{name} must be an aware datetime: pass timezone.now(), or add a tzinfo.")
    return moment


VERBS = {
    "channels.set_status": Verb("update-channel"),
    "conversations.refresh": Verb(ASK),
    "conversations.archive": Verb(UPDATE, lambda _: {"status": "archived"}),
    "conversations.reopen": Verb(UPDATE, lambda _: {"status": "open"}),
    "conversations.trash": Verb(UPDATE, lambda _: {"status": "deleted"}),
    "conversations.spam": Verb(UPDATE, lambda _: {"status": "spam"}),
    "conversations.delete": Verb("delete-conversation"),
    "conversations.assign": Verb("update-conversation-assignee", _assigned),
    "conversations.unassign": Verb("update-conversation-assignee", lambda _: {"assignee_id": None}),
    "conversations.add_tags": Verb("add-conversation-tag"),
    "conversations.remove_tags": Verb("remove-conversation-tag"),
    "conversations.replace_tags": Verb(UPDATE, lambda _, *, tag_ids: {"replace_tag_ids": tag_ids}),
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
    "conversations.reply": Verb("create-message-reply", _written),
    "messages.mark_seen": Verb("mark-message-seen"),
    "templates.sync": Verb("sync-application-message-template"),
    "templates.update": Verb("update-application-message-template"),
    "calls.create": Verb("create-call", _begun),
    "calls.update": Verb("update-call", _changed),
    "calls.add_summary": Verb("add-call-summary"),
    "calls.add_transcript": Verb("add-call-transcript"),
}
