from __future__ import annotations

import json

import pytest
import responses
from requests import PreparedRequest

from django_front_channel.client import AcceptedMessage, FrontAttachment, FrontConversation, FrontMessage
from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.exceptions import (
    FrontAmbiguousError,
    FrontConnectionError,
    FrontNotFoundError,
    InvalidArgument,
)

from .conftest import INBOUND

API = "https://api2.frontapp.com"
IDS = {"external_id": "m-1", "external_conversation_id": "c-1"}
FILE = {"id": "fil_1", "filename": "a.png", "content_type": "image/png", "size": 7}
UID = {"status": "accepted", "message_uid": "uid-1"}


def body_of(request: PreparedRequest) -> bytes:
    assert isinstance(request.body, bytes)
    return request.body


@responses.activate
def test_sync_inbound_says_everything_it_was_given(client):
    responses.post(f"{API}/channels/cha_1/inbound_messages", status=202, json=UID)
    accepted = client.messages.sync_inbound(
        sender={"handle": "+33612345678", "name": "Ana", "email": "ana@example.com"},
        body="Olá ☕",
        subject="Colis",
        delivered_at=1764000000,
        referenced_message_external_id="m-0",
        **IDS,
    )
    assert accepted == AcceptedMessage(message_uid="uid-1", raw=UID)
    request = responses.calls[0].request
    assert request.headers["Content-Type"] == "application/json"
    assert body_of(request).decode() == (
        '{"sender":{"handle":"+33612345678","name":"Ana","email":"ana@example.com"},"subject":"Colis",'
        '"body":"Olá ☕","delivered_at":1764000000,"metadata":{"external_id":"m-1",'
        '"external_conversation_id":"c-1","referenced_message_external_id":"m-0"}}'
    )


@responses.activate
def test_sync_inbound_leaves_out_what_it_was_not_given(client):
    responses.post(f"{API}/channels/cha_1/inbound_messages", status=202, json=UID)
    client.messages.sync_inbound(sender={"handle": "ana", "name": "", "email": None}, body="Hi", **IDS)
    assert json.loads(body_of(responses.calls[0].request)) == {
        "sender": {"handle": "ana"},
        "body": "Hi",
        "metadata": IDS,
    }


@responses.activate
def test_sync_outbound(client):
    responses.post(f"{API}/channels/cha_1/outbound_messages", status=202, json=UID)
    accepted = client.messages.sync_outbound(
        to=[{"handle": "ana"}, {"handle": "bob", "name": "Bob"}],
        body="Hi",
        sender_name="Leela",
        author_id="tea_1",
        **IDS,
    )
    assert accepted.message_uid == "uid-1"
    assert json.loads(body_of(responses.calls[0].request)) == {
        "to": [{"handle": "ana"}, {"handle": "bob", "name": "Bob"}],
        "sender_name": "Leela",
        "author_id": "tea_1",
        "body": "Hi",
        "metadata": IDS,
    }


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "<html>",
        '{"message_uid":null}',
        '{"message_uid":7}',
        '{"message_uid":""}',
        '{"message_uid":"a\\u0000"}',
        '["message_uid"]',
        '{"message_uid":"uid-1"',
        '{"message_uid":"%s"}' % ("x" * 501),
        '{"message_uid":"uid-1","padding":"%s"}' % ("x" * 65536),
    ],
    ids=range(11),
)
@responses.activate
def test_a_202_without_a_usable_uid_is_ambiguous(client, body):
    responses.post(f"{API}/channels/cha_1/inbound_messages", status=202, body=body)
    with pytest.raises(FrontAmbiguousError):
        client.messages.sync_inbound(**INBOUND)


@responses.activate
def test_report_failure(client):
    path = "/channels/cha_1/conversations/c-1/messages/m-1/status"
    responses.put(API + path, status=204)
    assert client.messages.report_failure(reason="Carrier rejected", **IDS) is None
    assert json.loads(body_of(responses.calls[0].request)) == {
        "status": "failed",
        "reason": "Carrier rejected",
    }


@pytest.mark.parametrize("status", ["ok", "offline"])
@responses.activate
def test_update_the_channel(client, status):
    responses.patch(f"{API}/channels/cha_1", status=204)
    assert client.channels.update(status=status) is None
    assert json.loads(body_of(responses.calls[0].request)) == {"status": status}


@responses.activate
def test_get_a_message(client):
    raw = {
        "id": "msg_1",
        "message_uid": "uid-1",
        "is_inbound": True,
        "error_type": None,
        "created_at": 1764000000.5,
        "author": {"id": "tea_1"},
        "subject": "Colis",
        "body": "<p>Hi</p>",
        "text": "Hi",
        "attachments": [
            FILE,
            {"filename": "without an id"},
        ],
        "metadata": {"external_id": "m-1"},
        "_links": {"related": {"conversation": "https://acme.api.frontapp.com/conversations/cnv_1?a=b"}},
    }
    responses.get(f"{API}/messages/alt%3Auid%3Auid-1", json=raw)
    assert client.messages.get("alt:uid:uid-1") == FrontMessage(
        id="msg_1",
        message_uid="uid-1",
        external_id="m-1",
        conversation_id="cnv_1",
        is_inbound=True,
        error_type=None,
        draft_mode=None,
        created_at=1764000000.5,
        author_id="tea_1",
        subject="Colis",
        body="<p>Hi</p>",
        text="Hi",
        attachments=(FrontAttachment("fil_1", "a.png", "image/png", 7, raw=FILE),),
        raw=raw,
    )


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"metadata": None, "_links": None, "is_inbound": "yes"},
        {"metadata": [], "_links": {"related": None}},
        {"_links": {"related": {"conversation": "http://[/conversations/cnv_1"}}},
        {"_links": {"related": {"conversation": ""}}},
        {"created_at": True, "attachments": [{"filename": "without an id"}]},
    ],
)
@responses.activate
def test_a_message_may_lack_everything_but_its_id(client, odd):
    responses.get(f"{API}/messages/msg_1", json={"id": "msg_1", **odd})
    message = client.messages.get("msg_1")
    known = (message.external_id, message.conversation_id, message.is_inbound, message.created_at)
    assert (message.id, *known, message.attachments) == ("msg_1", None, None, None, None, ())


@responses.activate
def test_get_a_conversation(client):
    raw = {
        "id": "cnv_1",
        "subject": "Colis",
        "status": "assigned",
        "status_category": "open",
        "assignee": {"id": "tea_1"},
        "tags": [{"id": "tag_1", "name": "VIP"}, None],
        "metadata": {"external_conversation_ids": ["c-1", "c-2", 3]},
    }
    responses.get(f"{API}/conversations/cnv_1", json=raw)
    assert client.conversations.get("cnv_1") == FrontConversation(
        id="cnv_1",
        subject="Colis",
        status="assigned",
        status_category="open",
        assignee_id="tea_1",
        tag_ids=("tag_1",),
        tag_names=("VIP",),
        external_conversation_ids=("c-1", "c-2"),
        raw=raw,
    )


@responses.activate
def test_a_response_may_be_larger_when_it_is_a_document(client):
    responses.get(f"{API}/messages/msg_1", json={"id": "msg_1", "body": "x" * 1_000_000})
    assert client.messages.get("msg_1").body == "x" * 1_000_000


@pytest.mark.parametrize(
    "body",
    ["", "<p>", "{}", '{"id": 1}', '{"id":"msg_1","x":NaN}', '{"id":"%s"}' % ("x" * 4_200_000)],
    ids=range(6),
)
@responses.activate
def test_a_question_without_a_readable_response_may_be_asked_again(client, body):
    responses.get(f"{API}/messages/msg_1", body=body)
    with pytest.raises(FrontConnectionError) as caught:
        client.messages.get("msg_1")
    assert not caught.value.ambiguous


@responses.activate
def test_an_unknown_message(client):
    responses.get(f"{API}/messages/msg_1", status=404)
    with pytest.raises(FrontNotFoundError):
        client.messages.get("msg_1")


@responses.activate
def test_every_operation_is_callable_by_fronts_name(client):
    responses.post(f"{API}/channels/cha_1/inbound_messages", status=202, json=UID)
    responses.get(f"{API}/conversations/cnv_1", json={"id": "cnv_1"})
    assert client.perform("sync-inbound-message", **INBOUND).message_uid == "uid-1"
    assert client.perform("get-conversation-by-id", conversation_id="cnv_1").id == "cnv_1"
    assert all(callable(getattr(getattr(client, made.group), made.name)) for made in OPERATIONS.values())


def test_an_unknown_operation_is_refused(client):
    with pytest.raises(InvalidArgument, match="sync-inbound-message"):
        client.perform("drop-everything")


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": {}},
        {"sender": {"handle": ""}},
        {"sender": {"handle": None}},
        {"sender": {"handle": 33612345678}},
        {"sender": {"handle": "ana", "phone": "1"}},
        {"sender": {"handle": "ana", "name": 5}},
        {"sender": "ana"},
        {"body": ""},
        {"body": "  \n"},
        {"body": None},
        {"body": "\ud83d"},
        {"subject": 5},
        {"external_id": ".."},
        {"external_id": "x" * 201},
        {"external_conversation_id": ""},
        {"referenced_message_external_id": ""},
        {"delivered_at": 1764000000.5},
        {"delivered_at": "1764000000"},
        {"delivered_at": True},
        {"delivered_at": 0},
        {"delivered_at": 1764000000000},
    ],
)
@responses.activate
def test_bad_arguments_are_refused_before_any_request(client, wrong):
    [name] = wrong
    with pytest.raises(InvalidArgument, match=name):
        client.messages.sync_inbound(**INBOUND | wrong)
    assert not responses.calls


@pytest.mark.parametrize("to", [[], "ana", {"handle": "ana"}, [{"handle": "ana"}, {}], None])
@responses.activate
def test_bad_recipients_are_refused(client, to):
    with pytest.raises(InvalidArgument, match="to"):
        client.messages.sync_outbound(to=to, body="Hi", **IDS)


@responses.activate
def test_other_bad_arguments_are_refused(client):
    with pytest.raises(InvalidArgument, match="status"):
        client.channels.update(status="away")
    with pytest.raises(InvalidArgument, match="reason"):
        client.messages.report_failure(reason="", **IDS)
    with pytest.raises(InvalidArgument, match="message_id"):
        client.messages.get("..")
    with pytest.raises(InvalidArgument, match="conversation_id"):
        client.conversations.get("")
    assert not responses.calls
