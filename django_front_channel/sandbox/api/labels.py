"""What a conversation is labelled with: tags, links and followers; its inboxes and its events."""

from __future__ import annotations

from collections.abc import Iterable

from django_front_channel.sandbox.body_rules import FOLLOWERS, LINKS, NEW_LINKS, TAGS
from django_front_channel.sandbox.http_messages import ApiError, Response, invalid_body
from django_front_channel.sandbox.records import add_missing

from .call import NO_CONTENT, ApiCall
from .pages import page, whole


def list_conversation_events(call: ApiCall) -> Response:
    """Newest first."""
    conversation = call.conversation()
    events = conversation.events[::-1]
    return page(call, events, lambda event: call.front.documents.event(conversation, event))


def list_conversation_inboxes(call: ApiCall) -> Response:
    inbox = call.state.inboxes[call.conversation().inbox_id]
    return whole(call, [call.front.documents.inbox(inbox)])


def list_conversation_followers(call: ApiCall) -> Response:
    followers = [call.state.teammates[each] for each in call.conversation().follower_ids]
    return whole(call, [call.front.documents.teammate(each) for each in followers])


def add_conversation_followers(call: ApiCall) -> Response:
    conversation = call.conversation()
    add_missing(conversation.follower_ids, _teammate_ids(call))
    return NO_CONTENT


def delete_conversation_followers(call: ApiCall) -> Response:
    conversation = call.conversation()
    _remove(conversation.follower_ids, _teammate_ids(call))
    return NO_CONTENT


def add_conversation_tag(call: ApiCall) -> Response:
    conversation = call.conversation()
    tag_ids = _tag_ids(call)
    call.front.label(conversation, [*conversation.tag_ids, *tag_ids])
    return NO_CONTENT


def remove_conversation_tag(call: ApiCall) -> Response:
    conversation = call.conversation()
    tag_ids = _tag_ids(call)
    call.front.label(conversation, [each for each in conversation.tag_ids if each not in tag_ids])
    return NO_CONTENT


def add_conversation_link(call: ApiCall) -> Response:
    """By ``link_ids`` or by ``link_external_urls``; an address that is new becomes a link."""
    conversation = call.conversation()
    body = call.body(NEW_LINKS)
    if ("link_ids" in body) == ("link_external_urls" in body):
        raise invalid_body(["body: must have either link_ids or link_external_urls"])
    call.check_known(body.get("link_ids", ()), call.state.links, "body.link_ids", "link")
    named = [call.state.link_to(each).id for each in body.get("link_external_urls", ())]
    for link_id in add_missing(conversation.link_ids, [*named, *body.get("link_ids", ())]):
        call.front.note(conversation, "link_added", ("link", link_id))
    return NO_CONTENT


def remove_conversation_links(call: ApiCall) -> Response:
    conversation = call.conversation()
    link_ids = call.body(LINKS)["link_ids"]
    call.check_known(link_ids, call.state.links, "body.link_ids", "link")
    for link_id in _remove(conversation.link_ids, link_ids):
        call.front.note(conversation, "link_removed", ("link", link_id))
    return NO_CONTENT


def _tag_ids(call: ApiCall) -> list[str]:
    tag_ids: list[str] = call.body(TAGS)["tag_ids"]
    call.check_known(tag_ids, call.state.tags, "body.tag_ids", "tag")
    return tag_ids


def _teammate_ids(call: ApiCall) -> list[str]:
    found = []
    for index, name in enumerate(call.body(FOLLOWERS)["teammate_ids"]):
        try:
            found.append(call.teammate_id(name, f"body.teammate_ids[{index}]"))
        except ApiError:
            if call.request.query.get("ignore_errors") != "true":
                raise
    return [each for each in found if each]


def _remove(ids: list[str], gone: Iterable[str]) -> list[str]:
    removed = [each for each in dict.fromkeys(gone) if each in ids]
    ids[:] = [each for each in ids if each not in removed]
    return removed
