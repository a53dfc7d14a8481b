"""``/conversations/{conversation_id}``: a conversation, its assignee, tags, followers and links."""

from __future__ import annotations

from collections.abc import Iterable

from django_front_channel.sandbox.body_rules import (
    ASSIGNEE,
    CONVERSATION,
    FOLLOWERS,
    LINKS,
    NEW_LINKS,
    REMINDER,
    TAGS,
)
from django_front_channel.sandbox.http_messages import (
    ApiError,
    Json,
    Moved,
    Response,
    invalid_body,
    json_response,
    not_found,
)
from django_front_channel.sandbox.records import Conversation, Reminder, add_missing

from .api_request import NO_CONTENT, ApiRequest, list_response, page_response

FIFTY_YEARS = 50 * 365.25 * 24 * 3600


def get_conversation(request: ApiRequest) -> Response:
    return json_response(200, request.documents.conversation(request.conversation()))


def update_conversation(request: ApiRequest) -> Response:
    """Change a conversation. Everything is checked before anything is changed."""
    conversation = request.conversation()
    body = request.body(CONVERSATION)
    if "status" in body and "status_id" in body:
        raise invalid_body(["body.status_id: must not be given together with status"])
    if "status_id" in body and not request.assumptions.status_id:
        raise invalid_body(["body.status_id: unknown status"])
    if "assignee_id" in body:
        body["assignee_id"] = request.teammate_id(body["assignee_id"], "body.assignee_id")
    request.check_known(body.get("tag_ids", ()), request.state.tags, "body.tag_ids", "tag")
    if body.get("inbox_id") not in (None, *request.state.inboxes):
        raise request.unknown(["body.inbox_id: unknown inbox"])
    _apply_changes(request, conversation, body)
    return NO_CONTENT


def delete_conversation(request: ApiRequest) -> Response:
    """Delete a conversation for good. It must be in the trash (assumptions spam, merged_delete)."""
    try:
        conversation = request.conversation()
    except Moved as moved:
        raise not_found() if request.assumptions.merged_delete else moved from None
    trash = {"deleted"} if request.assumptions.spam else {"deleted", "spam"}
    if conversation.status not in trash:
        raise ApiError(400, "The conversation must be in the trash")
    request.state.delete_conversation(conversation)
    return NO_CONTENT


def update_conversation_assignee(request: ApiRequest) -> Response:
    conversation = request.conversation()
    body = request.body(ASSIGNEE)
    request.company.assign(conversation, request.teammate_id(body["assignee_id"], "body.assignee_id"))
    return NO_CONTENT


def update_conversation_reminders(request: ApiRequest) -> Response:
    conversation = request.conversation()
    body = request.body(REMINDER)
    teammate_id = request.teammate_id(body["teammate_id"], "body.teammate_id")
    assert teammate_id is not None
    now, scheduled_at = request.company.now(), body["scheduled_at"]
    if scheduled_at is None:
        conversation.reminders.pop(teammate_id, None)
        return NO_CONTENT
    if not now < scheduled_at <= now + FIFTY_YEARS:
        raise invalid_body(["body.scheduled_at: must be in the future, within 50 years"])
    conversation.reminders[teammate_id] = Reminder(now, scheduled_at)
    request.company.add_event(conversation, "reminder")
    return NO_CONTENT


def list_conversation_events(request: ApiRequest) -> Response:
    """Return a page of events, newest first."""
    conversation = request.conversation()
    events = conversation.events[::-1]
    return page_response(request, events, lambda event: request.documents.event(conversation, event))


def list_conversation_inboxes(request: ApiRequest) -> Response:
    inbox = request.state.inboxes[request.conversation().inbox_id]
    return list_response(request, [request.documents.inbox(inbox)])


def list_conversation_followers(request: ApiRequest) -> Response:
    followers = [request.state.teammates[each] for each in request.conversation().follower_ids]
    return list_response(request, [request.documents.teammate(each) for each in followers])


def add_conversation_followers(request: ApiRequest) -> Response:
    conversation = request.conversation()
    add_missing(conversation.follower_ids, _teammate_ids(request))
    return NO_CONTENT


def delete_conversation_followers(request: ApiRequest) -> Response:
    conversation = request.conversation()
    _remove(conversation.follower_ids, _teammate_ids(request))
    return NO_CONTENT


def add_conversation_tag(request: ApiRequest) -> Response:
    conversation = request.conversation()
    tag_ids = _tag_ids(request)
    request.company.set_tags(conversation, [*conversation.tag_ids, *tag_ids])
    return NO_CONTENT


def remove_conversation_tag(request: ApiRequest) -> Response:
    conversation = request.conversation()
    tag_ids = _tag_ids(request)
    request.company.set_tags(conversation, [each for each in conversation.tag_ids if each not in tag_ids])
    return NO_CONTENT


def add_conversation_link(request: ApiRequest) -> Response:
    """Add links by ``link_ids`` or by ``link_external_urls``. An unknown URL becomes a new link."""
    conversation = request.conversation()
    body = request.body(NEW_LINKS)
    if ("link_ids" in body) == ("link_external_urls" in body):
        raise invalid_body(["body: must have either link_ids or link_external_urls"])
    request.check_known(body.get("link_ids", ()), request.state.links, "body.link_ids", "link")
    named = [request.state.link_to(each).id for each in body.get("link_external_urls", ())]
    for link_id in add_missing(conversation.link_ids, [*named, *body.get("link_ids", ())]):
        request.company.add_event(conversation, "link_added", ("link", link_id))
    return NO_CONTENT


def remove_conversation_links(request: ApiRequest) -> Response:
    conversation = request.conversation()
    link_ids = request.body(LINKS)["link_ids"]
    request.check_known(link_ids, request.state.links, "body.link_ids", "link")
    for link_id in _remove(conversation.link_ids, link_ids):
        request.company.add_event(conversation, "link_removed", ("link", link_id))
    return NO_CONTENT


def _tag_ids(request: ApiRequest) -> list[str]:
    tag_ids: list[str] = request.body(TAGS)["tag_ids"]
    request.check_known(tag_ids, request.state.tags, "body.tag_ids", "tag")
    return tag_ids


def _teammate_ids(request: ApiRequest) -> list[str]:
    found = []
    for index, name in enumerate(request.body(FOLLOWERS)["teammate_ids"]):
        try:
            found.append(request.teammate_id(name, f"body.teammate_ids[{index}]"))
        except ApiError:
            if request.http.query.get("ignore_errors") != "true":
                raise
    return [each for each in found if each]


def _remove(ids: list[str], gone: Iterable[str]) -> list[str]:
    removed = [each for each in dict.fromkeys(gone) if each in ids]
    ids[:] = [each for each in ids if each not in removed]
    return removed


def _apply_changes(request: ApiRequest, conversation: Conversation, body: Json) -> None:
    if "status" in body:
        request.company.set_status(conversation, body["status"])
    if "assignee_id" in body:
        request.company.assign(conversation, body["assignee_id"])
    if "tag_ids" in body:
        request.company.set_tags(conversation, body["tag_ids"])
    if body.get("inbox_id", conversation.inbox_id) != conversation.inbox_id:
        conversation.inbox_id = body["inbox_id"]
        request.company.add_event(conversation, "move", ("inboxes", conversation.inbox_id))
    conversation.status_id = body.get("status_id", conversation.status_id)
    if "custom_fields" in body:
        conversation.custom_fields = body["custom_fields"]
        request.company.add_event(conversation, "custom_field_updated")
