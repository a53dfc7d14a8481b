"""``/conversations/{conversation_id}``: a conversation, who has it, and when it comes back."""

from __future__ import annotations

from django_front_channel.sandbox.body_rules import ASSIGNEE, CONVERSATION, REMINDER
from django_front_channel.sandbox.http_messages import (
    ApiError,
    Json,
    Moved,
    Response,
    invalid_body,
    json_response,
    not_found,
)
from django_front_channel.sandbox.records import Conversation, Reminder

from .call import NO_CONTENT, ApiCall

FIFTY_YEARS = 50 * 365.25 * 24 * 3600


def get_conversation(call: ApiCall) -> Response:
    return json_response(200, call.front.documents.conversation(call.conversation()))


def update_conversation(call: ApiCall) -> Response:
    """Everything is checked before anything is changed."""
    conversation = call.conversation()
    body = call.body(CONVERSATION)
    if "status" in body and "status_id" in body:
        raise invalid_body(["body.status_id: must not be given together with status"])
    if "status_id" in body and not call.assumptions.status_id:
        raise invalid_body(["body.status_id: unknown status"])
    if "assignee_id" in body:
        body["assignee_id"] = call.teammate_id(body["assignee_id"], "body.assignee_id")
    call.check_known(body.get("tag_ids", ()), call.state.tags, "body.tag_ids", "tag")
    if body.get("inbox_id") not in (None, *call.state.inboxes):
        raise call.unknown(["body.inbox_id: unknown inbox"])
    _apply(call, conversation, body)
    return NO_CONTENT


def delete_conversation(call: ApiCall) -> Response:
    """For good, and only out of the trash (assumptions spam, merged_delete)."""
    try:
        conversation = call.conversation()
    except Moved as moved:
        raise not_found() if call.assumptions.merged_delete else moved from None
    trash = {"deleted"} if call.assumptions.spam else {"deleted", "spam"}
    if conversation.status not in trash:
        raise ApiError(400, "The conversation must be in the trash")
    call.state.delete_conversation(conversation)
    return NO_CONTENT


def update_conversation_assignee(call: ApiCall) -> Response:
    conversation = call.conversation()
    body = call.body(ASSIGNEE)
    call.front.give(conversation, call.teammate_id(body["assignee_id"], "body.assignee_id"))
    return NO_CONTENT


def update_conversation_reminders(call: ApiCall) -> Response:
    conversation = call.conversation()
    body = call.body(REMINDER)
    teammate_id = call.teammate_id(body["teammate_id"], "body.teammate_id")
    assert teammate_id is not None
    now, scheduled_at = call.front.now(), body["scheduled_at"]
    if scheduled_at is None:
        conversation.reminders.pop(teammate_id, None)
        return NO_CONTENT
    if not now < scheduled_at <= now + FIFTY_YEARS:
        raise invalid_body(["body.scheduled_at: must be in the future, within 50 years"])
    conversation.reminders[teammate_id] = Reminder(now, scheduled_at)
    call.front.note(conversation, "reminder")
    return NO_CONTENT


def _apply(call: ApiCall, conversation: Conversation, body: Json) -> None:
    if "status" in body:
        call.front.put(conversation, body["status"])
    if "assignee_id" in body:
        call.front.give(conversation, body["assignee_id"])
    if "tag_ids" in body:
        call.front.label(conversation, body["tag_ids"])
    if body.get("inbox_id", conversation.inbox_id) != conversation.inbox_id:
        conversation.inbox_id = body["inbox_id"]
        call.front.note(conversation, "move", ("inboxes", conversation.inbox_id))
    conversation.status_id = body.get("status_id", conversation.status_id)
    if "custom_fields" in body:
        conversation.custom_fields = body["custom_fields"]
        call.front.note(conversation, "custom_field_updated")
