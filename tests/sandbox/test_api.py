"""The operations of the API, and the import that follows a 202."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from .conftest import (
    APP_SECRET,
    CHANNEL_URL,
    Caller,
    Clock,
    Integration,
    conversation_id,
    import_message,
    inbound,
    outbound,
)

INBOUND = "/channels/cha_1/inbound_messages"
OUTBOUND = "/channels/cha_1/outbound_messages"


def without(document: dict[str, Any], *path: str) -> dict[str, Any]:
    *parents, last = path
    inner = document
    for name in parents:
        inner = inner[name]
    del inner[last]
    return document


def test_inbound_is_accepted_and_imported_later(call: Caller, clock: Clock, integration: Integration) -> None:
    answer = call("POST", INBOUND, inbound(delivered_at=1763999000, subject="Parcel"))
    uid = answer.json["message_uid"]
    assert (answer.status, answer.json["status"]) == (202, "accepted")
    assert call("GET", f"/messages/alt:uid:{uid}").status == 404
    clock.now += 0.1
    assert call.sandbox.run_due() == 0
    clock.now += 0.11
    assert call.sandbox.run_due() == 1

    [webhook] = integration.sent
    assert (webhook.method, webhook.url) == ("POST", CHANNEL_URL)
    assert webhook.json["type"] == "message_imported"
    assert webhook.json["metadata"] == {
        "external_conversation_id": "thr-7",
        "external_conversation_ids": ["thr-7"],
    }
    message = webhook.json["payload"]
    assert message == call("GET", f"/messages/{message['id']}").json
    assert message == call("GET", f"/messages/alt:uid:{uid}").json
    assert message["_links"]["self"] == f"https://acme.api.frontapp.com/messages/{message['id']}"
    assert (message["message_uid"], message["metadata"]) == (uid, {"external_id": "sms-1"})
    assert (message["body"], message["text"]) == ("Bonjour &amp; merci", "Bonjour & merci")
    assert (message["created_at"], message["subject"], message["is_inbound"]) == (1763999000, "Parcel", True)
    assert [(each["role"], each["handle"]) for each in message["recipients"]] == [
        ("from", "+33612345678"),
        ("to", "address-1"),
    ]


def test_the_webhook_is_signed(call: Caller, integration: Integration) -> None:
    import_message(call, inbound(body="Olá ☕ <b>1 < 2</b>"))
    [webhook] = integration.sent
    timestamp = webhook.headers["X-Front-Request-Timestamp"]
    mac = hmac.new(APP_SECRET.encode(), timestamp.encode() + b":" + webhook.body, hashlib.sha256)
    assert webhook.headers["X-Front-Signature"] == base64.b64encode(mac.digest()).decode()
    assert timestamp == "1764000000123"
    assert webhook.headers["Authorization"] == "Bearer token-1"
    assert "Olá ☕".encode() in webhook.body
    assert webhook.body.startswith(b'{"type":"message_imported","payload":{"_links":{"self":"https://')


def test_a_lone_surrogate_stays_an_escape(call: Caller, integration: Integration) -> None:
    import_message(call, inbound(body="\ud83d!"))
    assert b'"body":"\\ud83d!"' in integration.sent[0].body


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a < b & c", "a < b & c"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>one <b>bold</b></p><div>two</div>", "one bold\ntwo"),
        ("<style>p { color: red }</style><table><tr><td>2</td><td>5 EUR</td></tr></table>", "2\t5 EUR"),
        ("Is 1 <![x[ 2?", "Is 1 <![x[ 2?"),
        ('<a href="https://x.y/z">the order</a>', "the order (https://x.y/z)"),
    ],
)
def test_text_of_a_body(call: Caller, body: str, text: str) -> None:
    message = import_message(call, inbound(body=body))
    assert (message["body"], message["text"]) == (body, text)


def test_an_empty_request_changes_nothing(call: Caller) -> None:
    assert call("PATCH", "/channels/cha_1").status == 204
    assert len(call("POST", INBOUND).json["_error"]["details"]) == 3


def test_outbound(call: Caller) -> None:
    document = outbound(
        to=[{"handle": "a"}, {"handle": "b", "name": "B"}], author_id="tea_2", sender_name="Shop"
    )
    message = import_message(call, document)
    assert message["is_inbound"] is False
    assert message["author"]["id"] == "tea_2"
    assert [(each["role"], each["handle"], each["name"]) for each in message["recipients"]] == [
        ("from", "address-1", "Shop"),
        ("to", "a", None),
        ("to", "b", "B"),
    ]
    contacts = [each["_links"]["related"]["contact"] for each in message["recipients"]]
    assert contacts[0] is None
    assert contacts[1].startswith("https://acme.api.frontapp.com/contacts/crd_")
    assert contacts[1] != contacts[2]


def test_external_conversation_id_threads(call: Caller) -> None:
    first = import_message(call, inbound("1", "thr-7"))
    second = import_message(call, outbound("2", "thr-7"))
    third = import_message(call, inbound("3", "THR-7"))
    foreign = import_message(call, inbound("4", "thr-7"), channel="cha_2")
    assert conversation_id(first) == conversation_id(second)
    assert len({conversation_id(each) for each in (first, third, foreign)}) == 3


def test_explicit_reference(call: Caller) -> None:
    first = import_message(call, inbound("1"))
    document = inbound("2")
    document["metadata"]["referenced_message_external_id"] = "1"
    second = import_message(call, document)
    assert second["_links"]["related"]["message_replied_to"] == first["_links"]["self"]


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        (inbound(body=None), "body.body: must be a non-empty string"),
        (inbound(body=""), "body.body: must be a non-empty string"),
        (without(inbound(), "body"), "body.body: must be a non-empty string"),
        (without(inbound(), "sender"), "body.sender: must be an object"),
        (inbound(sender={"name": "x"}), "body.sender.handle: must be a non-empty string"),
        (inbound(sender={"handle": "x", "email": 1}), "body.sender.email: must be a string"),
        (without(inbound(), "metadata"), "body.metadata: must be an object"),
        (
            without(inbound(), "metadata", "external_id"),
            "body.metadata.external_id: must be a non-empty string",
        ),
        (inbound("x" * 201), "body.metadata.external_id: must have at most 200 characters"),
        (
            inbound(thread="x" * 201),
            "body.metadata.external_conversation_id: must have at most 200 characters",
        ),
        (inbound(delivered_at=1.5), "body.delivered_at: must be an integer, in seconds"),
        (inbound(delivered_at=True), "body.delivered_at: must be an integer, in seconds"),
        (inbound(subject=1), "body.subject: must be a string"),
        (inbound(attachments=["x"]), "body.attachments: must be sent as multipart/form-data"),
        ([], "body: must be a JSON object"),
        (b'{"body": NaN}', "body: NaN is not JSON"),
        (b"[" * 100_000, "body: too deeply nested"),
    ],
)
def test_inbound_validation(call: Caller, document: Any, detail: str) -> None:
    answer = call("POST", INBOUND, document)
    assert answer.status == 400
    assert answer.json["_error"] == {
        "status": 400,
        "title": "Bad request",
        "message": "Body did not satisfy requirements",
        "details": [detail],
    }
    assert call.sandbox.run_until_quiet() == 0


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        (outbound(to={"handle": "x"}), "body.to: must be an array with at least one recipient"),
        (outbound(to=[]), "body.to: must be an array with at least one recipient"),
        (outbound(to=["x"]), "body.to[0]: must be an object"),
        (outbound(to=[{"handle": "x"}, {}]), "body.to[1].handle: must be a non-empty string"),
        (outbound(author_id=1), "body.author_id: must be a string"),
        (outbound(author_id="tea_none"), "body.author_id: unknown teammate"),
    ],
)
def test_outbound_validation(call: Caller, document: Any, detail: str) -> None:
    answer = call("POST", OUTBOUND, document)
    assert (answer.status, answer.json["_error"]["details"]) == (400, [detail])


def test_every_wrong_field_is_named(call: Caller) -> None:
    details = call("POST", INBOUND, {}).json["_error"]["details"]
    assert [detail.partition(":")[0] for detail in details] == ["body.sender", "body.body", "body.metadata"]


def test_limits_of_ids_and_unknown_properties_are_accepted(call: Caller) -> None:
    assert call("POST", INBOUND, inbound("x" * 200, "y" * 200, body_format="markdown")).status == 202


def test_content_type_must_be_json(call: Caller) -> None:
    assert call("POST", INBOUND, inbound(), CONTENT_TYPE="text/plain").status == 400


def test_update_channel(call: Caller) -> None:
    answer = call("PATCH", "/channels/cha_1", {"status": "offline"})
    assert (answer.status, answer.body) == (204, b"")
    assert [each["status"] for each in call.sandbox.snapshot()["channels"]] == ["offline", "ok"]
    assert call("PATCH", "/channels/cha_1", {"status": "away"}).status == 400
    assert call("PATCH", "/channels/cha_1", {}).status == 204
    assert call.sandbox.snapshot()["channels"][0]["status"] == "offline"


def test_message_status_failed(call: Caller) -> None:
    sent = import_message(call, outbound("a/b+c", "t ü"))
    path = "/channels/cha_1/conversations/t%20%C3%BC/messages/a%2Fb%2Bc/status"
    call.sandbox.state.conversations[conversation_id(sent)].status = "archived"
    assert call("PUT", path, {"status": "failed", "reason": "Carrier rejected"}).status == 204
    [conversation] = call.sandbox.snapshot()["conversations"]
    [message] = conversation["messages"]
    assert (message["status"], message["error"]) == ("failed", "Carrier rejected")
    assert conversation["status"] == "unassigned"
    assert call("GET", f"/messages/{sent['id']}").json["error_type"] == "channel_error"
    assert sent["error_type"] is None


def test_message_status_refusals(call: Caller) -> None:
    import_message(call, inbound("in"))
    import_message(call, outbound("out"))
    failed = {"status": "failed"}
    root = "/channels/cha_1/conversations"
    assert call("PUT", f"{root}/thr-7/messages/in/status", failed).status == 400
    assert call("PUT", f"{root}/thr-7/messages/out/status", {"status": "delivered"}).status == 400
    assert call("PUT", f"{root}/thr-7/messages/out/status", {"status": "failed", "reason": 1}).status == 400
    assert call("PUT", f"{root}/thr-7/messages/none/status", failed).status == 404
    assert call("PUT", f"{root}/thr-8/messages/out/status", failed).status == 404


def test_objects_of_another_channel_do_not_exist(call: Caller) -> None:
    foreign = import_message(call, inbound(), channel="cha_2")
    for path in (
        f"/messages/{foreign['id']}",
        f"/messages/alt:uid:{foreign['message_uid']}",
        f"/conversations/{conversation_id(foreign)}",
        "/messages/msg_none",
        "/conversations/cnv_none",
    ):
        answer = call("GET", path)
        assert (answer.status, answer.json["_error"]["status"]) == (404, 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "//channels/cha_1/inbound_messages"),
        ("GET", "/channels/cha_1/inbound_messages"),
        ("PUT", "/channels/cha_1/conversations/../messages/m/status/"),
    ],
)
def test_unknown_routes(call: Caller, method: str, path: str) -> None:
    assert call(method, path, inbound()).status == 404


def test_conversation_of_a_channel_token(call: Caller) -> None:
    message = import_message(call, inbound())
    conversation = call("GET", f"/conversations/{conversation_id(message)}").json
    assert conversation["metadata"] == {"external_conversation_ids": ["thr-7"]}
    assert conversation["_links"]["related"]["last_message"] == message["_links"]["self"]
    assert conversation["recipient"]["handle"] == "+33612345678"


def test_rate_limit_headers_are_on_every_answer(call: Caller, clock: Clock) -> None:
    first = call("POST", INBOUND, inbound()).headers
    second = call("GET", "/nowhere", authorization="").headers
    assert int(first["X-RateLimit-Remaining"]) - int(second["X-RateLimit-Remaining"]) == 1
    assert clock.now < int(first["X-RateLimit-Reset"]) <= clock.now + 60
    clock.now += 60
    assert call("GET", "/nowhere").headers["X-RateLimit-Remaining"] == first["X-RateLimit-Remaining"]


def test_path_info_is_enough_without_a_raw_target(call: Caller) -> None:
    message = import_message(call, inbound())
    answer = call("GET", "", PATH_INFO=f"/messages/{message['id']}", QUERY_STRING="a=1")
    assert answer.json["id"] == message["id"]
    assert call.sandbox.journal.since(0)[-1]["url"] == f"/messages/{message['id']}?a=1"
