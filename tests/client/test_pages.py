from __future__ import annotations

import json

import pytest

from django_front_channel.client import (
    FrontComment,
    FrontEvent,
    FrontInbox,
    FrontMessage,
    FrontTeammate,
    SeenReceipt,
)
from django_front_channel.client.hosts import page_token
from django_front_channel.exceptions import FrontAmbiguousError, FrontConnectionError, FrontNotFoundError

from .conftest import response
from .every import SAMPLES, perform


def page(*ids: str, following: object = None) -> bytes:
    document = {"_pagination": {"next": following}, "_results": [{"id": id_} for id_ in ids]}
    return response("200 OK", json.dumps(document))


def link(token: str, host: str = "https://acme.api.frontapp.com") -> str:
    return f"{host}/conversations/cnv_1/messages?limit=50&page_token={token}"


def test_pages_are_asked_for_as_their_items_are_read(raw_front, raw_client):
    raw_front.responses = [
        page("msg_1", "msg_2", following=link("p%2B2")),
        page(following=link("p3")),
        page("msg_3"),
    ]
    messages = raw_client.conversations.messages("cnv_1", limit=2, sort_order="asc")
    assert raw_front.requests == []
    assert [next(messages).id, next(messages).id] == ["msg_1", "msg_2"]
    assert len(raw_front.requests) == 1
    assert [message.id for message in messages] == ["msg_3"]
    path = "/conversations/cnv_1/messages?limit=2&sort_by=created_at&sort_order=asc"
    assert raw_front.request_lines() == [
        f"GET {path} HTTP/1.1",
        f"GET {path}&page_token=p%2B2 HTTP/1.1",
        f"GET {path}&page_token=p3 HTTP/1.1",
    ]


def test_bad_arguments_are_refused_before_the_first_item(raw_client):
    with pytest.raises(ValueError, match="limit"):
        raw_client.conversations.messages("cnv_1", limit=0)


def test_an_error_comes_with_the_page_that_has_it(raw_front, raw_client):
    raw_front.responses = [page("evt_1", following=link("p2")), response("404 Not Found")]
    events = raw_client.conversations.events("cnv_1")
    assert next(events).id == "evt_1"
    with pytest.raises(FrontNotFoundError):
        next(events)


def test_a_page_that_leads_back_ends_the_collection(raw_front, raw_client):
    raw_front.responses = [page("msg_1", following=link("p2")), page("msg_2", following=link("p2"))]
    assert [message.id for message in raw_client.conversations.messages("cnv_1")] == ["msg_1", "msg_2"]
    assert len(raw_front.requests) == 2


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        '{"_results": {}}',
        '{"_results": [{"id": 7}]}',
        '{"_results": [], "_pagination": {"next": 7}}',
        '{"_results": [], "_pagination": {"next": "https://evil.example/x?page_token=p2"}}',
    ],
)
def test_an_unreadable_page_is_no_end(raw_front, raw_client, document):
    raw_front.responses = [response("200 OK", document)]
    with pytest.raises(FrontConnectionError, match="cannot be read"):
        list(raw_client.conversations.messages("cnv_1"))
    assert len(raw_front.requests) == 1


@pytest.mark.parametrize(
    "host", ["https://api2.frontapp.com", "https://acme.api.frontapp.com", "http://127.0.0.1:8090"]
)
def test_the_token_is_read_from_links_of_front(host):
    assert page_token(link("p2", host), "http://127.0.0.1:8090/conversations/cnv_1/messages") == "p2"


@pytest.mark.parametrize(
    "wrong",
    [
        link("p2", "https://evil.example"),
        link("p2", "https://acme.api.frontapp.com@evil.example"),
        link("p2", "https://api.frontapp.com.evil.example"),
        link("", "https://acme.api.frontapp.com"),
        link("x" * 2001, "https://acme.api.frontapp.com"),
        "https://acme.api.frontapp.com/conversations/cnv_1/messages",
        "/conversations/cnv_1/messages?page_token=p2",
        "http://[/?page_token=p2",
        7,
    ],
)
def test_no_other_link_is_believed(wrong):
    with pytest.raises(ValueError, match=r"."):
        page_token(wrong, "https://api2.frontapp.com/conversations/cnv_1/messages")


COMMENT = {
    "id": "com_1",
    "author": {"id": "tea_1"},
    "body": "Look",
    "posted_at": 1764000000.5,
    "is_pinned": True,
    "attachments": [],
}
TEAMMATE = {"id": "tea_1", "email": "leela@example.com", "first_name": "Leela", "last_name": "Turanga"}
EVENT = {"id": "evt_1", "type": "assign", "emitted_at": 1764000000.5}
INBOX = {"id": "inb_1", "name": "Support", "is_private": False}
SEEN = {"first_seen_at": "1764000000123", "seen_by": {"handle": "ana", "source": "custom"}}


@pytest.mark.parametrize(
    ("operation_id", "raw", "item"),
    [
        (
            "list-conversation-comments",
            COMMENT,
            FrontComment("com_1", "tea_1", "Look", 1764000000.5, True, (), COMMENT),
        ),
        ("list-conversation-events", EVENT, FrontEvent("evt_1", "assign", 1764000000.5, EVENT)),
        (
            "list-conversation-followers",
            TEAMMATE,
            FrontTeammate("tea_1", "leela@example.com", "Leela", "Turanga", TEAMMATE),
        ),
        ("list-conversation-inboxes", INBOX, FrontInbox("inb_1", "Support", False, INBOX)),
        ("get-message-seen-status", SEEN, SeenReceipt(1764000000123, "ana", SEEN)),
        (
            "get-message-seen-status",
            {"first_seen_at": 1764000000123, "seen_by": None},
            SeenReceipt(1764000000123, None, {"first_seen_at": 1764000000123, "seen_by": None}),
        ),
        (
            "get-message-seen-status",
            {"first_seen_at": "soon"},
            SeenReceipt(None, None, {"first_seen_at": "soon"}),
        ),
    ],
)
def test_what_is_in_a_collection(raw_front, raw_client, operation_id, raw, item):
    raw_front.responses = [response("200 OK", json.dumps({"_results": [raw, None]}))]
    assert perform(raw_client, operation_id, SAMPLES[operation_id].arguments) == [item]


def test_drafts_are_messages(raw_front, raw_client):
    raw_front.responses = [response("200 OK", '{"_results":[{"id":"msg_1","draft_mode":"private"}]}')]
    [draft] = raw_client.conversations.drafts("cnv_1")
    assert isinstance(draft, FrontMessage)
    assert draft.draft_mode == "private"


@pytest.mark.parametrize("template_id", [True, None, "", 1.5])
def test_a_template_without_a_usable_id_is_ambiguous(raw_front, raw_client, template_id):
    raw_front.responses = [response("200 OK", json.dumps({"template_id": template_id}))]
    with pytest.raises(FrontAmbiguousError, match="template_id"):
        raw_client.templates.update("welcome", is_disabled=True)
