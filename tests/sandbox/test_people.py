"""Actions of people in Front, and the webhooks that follow."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.sandbox import Sandbox

from .conftest import (
    APP_SECRET,
    CHANNEL_URL,
    STATIC_URL,
    Caller,
    Clock,
    Integration,
    Sent,
    conversation_id,
    import_message,
    inbound,
)


def signature_of(webhook: Sent, body: bytes) -> str:
    base = webhook.headers["X-Front-Request-Timestamp"].encode() + b":" + body
    return base64.b64encode(hmac.new(APP_SECRET.encode(), base, hashlib.sha256).digest()).decode()


def test_connect(sandbox: Sandbox, integration: Integration) -> None:
    integration.will_answer({"type": "success", "webhook_url": "http://localhost:8000/front/k/"})
    result = sandbox.connect(token="tok", name="SMS")
    [webhook] = integration.sent
    assert result == {
        "channel_id": result["channel_id"],
        "webhook_url": "http://localhost:8000/front/k/",
        "error": None,
        "advice": None,
    }
    assert (webhook.method, webhook.url, webhook.headers["Authorization"]) == (
        "POST",
        STATIC_URL,
        "Bearer tok",
    )
    assert webhook.json == {"type": "authorization", "payload": {"channel_id": result["channel_id"]}}
    assert webhook.headers["X-Front-Signature"] == signature_of(webhook, webhook.body)
    assert sandbox.state.channels[result["channel_id"]].name == "SMS"


def test_connect_again_changes_the_channel(sandbox: Sandbox, integration: Integration) -> None:
    sandbox.delete_channel(channel_id="cha_1")
    sandbox.connect(token="new", channel_id="cha_1", name="Renamed")
    channel = sandbox.state.channels["cha_1"]
    assert (channel.token, channel.webhook_url, channel.is_deleted) == ("new", STATIC_URL, False)
    assert (channel.name, channel.address) == ("Renamed", "address-1")


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (401, {"type": "bad_request", "message": "Unknown token."}, "Unknown token."),
        (200, {"type": "bad_request"}, "The channel answered with status 200."),
        (302, b"", "The channel answered with status 302."),
        (
            200,
            {"type": "success", "webhook_url": "/front/1/"},
            "The channel answered with a webhook_url that is not an absolute URL.",
        ),
        (
            200,
            {"type": "success", "webhook_url": "http://[x/"},
            "The channel answered with a webhook_url that is not an absolute URL.",
        ),
        (
            200,
            {"type": "success", "webhook_url": "http://127.0.0.1:80000/"},
            "The channel answered with a webhook_url that is not an absolute URL.",
        ),
    ],
)
def test_a_refused_connection_leaves_nothing(
    sandbox: Sandbox, integration: Integration, status: int, document: Any, error: str
) -> None:
    integration.will_answer(document, status)
    assert sandbox.connect(token="tok")["error"] == error
    assert list(sandbox.state.channels) == ["cha_1", "cha_2"]


def test_reply(sandbox: Sandbox, integration: Integration, conversation: str) -> None:
    integration.will_send_as("r-1", "thr-7")
    result = sandbox.reply(conversation_id=conversation, text="1 < 2\nyes")
    [webhook] = integration.sent
    payload = webhook.json["payload"]
    assert (webhook.url, webhook.json["type"]) == (CHANNEL_URL, "message")
    assert webhook.json["metadata"] == {
        "external_conversation_id": "thr-7",
        "external_conversation_ids": ["thr-7"],
    }
    assert (payload["id"], payload["text"]) == (result["message_id"], "1 < 2\nyes")
    assert payload["body"] == "<p>1 &lt; 2<br>yes</p>"
    assert payload["author"]["id"] == "tea_1"
    assert payload["_links"]["related"]["conversation"].endswith(conversation)
    assert "message_replied_to" in payload["_links"]["related"]
    assert [each["handle"] for each in payload["recipients"] if each["role"] == "to"] == ["+33612345678"]
    assert result == {
        "message_id": payload["id"],
        "conversation_id": conversation,
        "status": "sent",
        "error": None,
        "external_id": "r-1",
        "external_conversation_ids": ["thr-7"],
    }


def test_a_reply_can_be_reported_failed_by_its_external_ids(
    call: Caller, integration: Integration, conversation: str
) -> None:
    integration.will_send_as("r-1", "thr-7")
    call.sandbox.reply(conversation_id=conversation, text="x")
    path = "/channels/cha_1/conversations/thr-7/messages/r-1/status"
    assert call("PUT", path, {"status": "failed", "reason": "No such number"}).status == 204
    [_, reply] = call.sandbox.snapshot()["conversations"][0]["messages"]
    assert (reply["status"], reply["error"]) == ("failed", "No such number")


def test_author_may_be_null(sandbox: Sandbox, integration: Integration, conversation: str) -> None:
    sandbox.reply(conversation_id=conversation, text="x", author_id=None)
    assert integration.sent[0].json["payload"]["author"] is None


def test_autoreply_has_no_id_no_author_and_no_link_to_itself(
    sandbox: Sandbox, integration: Integration, conversation: str
) -> None:
    integration.will_send_as("auto-1", "thr-7")
    assert sandbox.autoreply(conversation_id=conversation, text="We are closed.")["status"] == "sent"
    [webhook] = integration.sent
    assert webhook.json["type"] == "message_autoreply"
    payload = webhook.json["payload"]
    assert payload["type"] == "auto_reply"
    assert set(payload) == {
        "_links",
        "type",
        "is_inbound",
        "created_at",
        "body",
        "text",
        "recipients",
        "attachments",
    }
    assert set(payload["_links"]) == {"related"}
    assert set(payload["_links"]["related"]) == {"conversation", "message_replied_to"}


def test_composed_message_threads_the_answers_of_the_customer(call: Caller, integration: Integration) -> None:
    integration.will_send_as("c-1", "new-thread")
    result = call.sandbox.compose(channel_id="cha_1", to=["h-1", "h-2"], text="Hello", subject="News")
    [webhook] = integration.sent
    assert webhook.json["metadata"] == {"external_conversation_ids": []}
    assert "message_replied_to" not in webhook.json["payload"]["_links"]["related"]
    recipients = webhook.json["payload"]["recipients"]
    assert [each["handle"] for each in recipients if each["role"] == "to"] == ["h-1", "h-2"]
    assert result["external_conversation_ids"] == ["new-thread"]
    answer = import_message(call, inbound("in-1", "new-thread"))
    assert conversation_id(answer) == result["conversation_id"]


def test_composed_message_answered_with_a_known_thread_moves_there(
    call: Caller, integration: Integration, conversation: str
) -> None:
    integration.will_send_as("c-1", "thr-7")
    result = call.sandbox.compose(channel_id="cha_1", to=["+33612345678"], text="Hello")
    assert result["conversation_id"] == conversation
    composed = conversation_id(integration.sent[0].json["payload"])
    redirect = call("GET", f"/conversations/{composed}")
    assert (redirect.status, redirect.headers["Location"].rpartition("/")[2]) == (301, conversation)


@pytest.mark.parametrize(
    ("form", "body", "signed"),
    [
        ("json", b'{"type":"delete","payload":{"channel_id":"cha_1"}}', None),
        ("undefined", b"", b"undefined"),
        ("empty", b"", b""),
    ],
)
def test_delete(call: Caller, integration: Integration, form: Any, body: bytes, signed: bytes | None) -> None:
    call("POST", "/channels/cha_1/inbound_messages", inbound())
    integration.will_answer({}, 200)
    assert call.sandbox.delete_channel(channel_id="cha_1", form=form) == {
        "channel_id": "cha_1",
        "status": 200,
    }
    [webhook] = integration.sent
    assert (webhook.method, webhook.url, webhook.body) == ("DELETE", CHANNEL_URL, body)
    assert webhook.headers["X-Front-Signature"] == signature_of(webhook, body if signed is None else signed)
    assert call("GET", "/messages/msg_1").status == 401
    call.sandbox.run_until_quiet()
    assert len(integration.sent) == 1
    with pytest.raises(InvalidArgument, match="no channel cha_1"):
        call.sandbox.compose(channel_id="cha_1", to=["h"], text="x")


def test_deletion_completes_whatever_the_answer(sandbox: Sandbox, integration: Integration) -> None:
    integration.is_down = True
    assert sandbox.delete_channel(channel_id="cha_1")["status"] is None
    assert sandbox.snapshot()["channels"][0]["is_deleted"] is True


def test_a_reply_answered_with_another_thread_moves_there_alone(
    call: Caller, integration: Integration, conversation: str
) -> None:
    other = conversation_id(import_message(call, inbound("o-1", "thr-8")))
    integration.will_send_as("r-1", "thr-7")
    result = call.sandbox.reply(conversation_id=other, text="x")
    assert result["conversation_id"] == conversation
    assert [len(each["messages"]) for each in call.sandbox.snapshot()["conversations"]] == [2, 1]
    assert call("GET", f"/conversations/{other}").status == 200


def test_resend(sandbox: Sandbox, integration: Integration, clock: Clock, conversation: str) -> None:
    integration.will_send_as("r-1", "thr-7")
    sandbox.reply(conversation_id=conversation, text="x")
    number = sandbox.journal.since(0)[-1]["number"]
    clock.now += 1
    assert sandbox.resend(number=number) == {"number": number + 1, "status": 200}
    first, second = integration.sent
    assert (first.method, first.url, first.body) == (second.method, second.url, second.body)
    assert int(second.headers["X-Front-Request-Timestamp"]) == 1764000001123
    assert second.headers["X-Front-Signature"] == signature_of(second, second.body)
    assert second.headers["Authorization"] == "Bearer token-1"
    with pytest.raises(InvalidArgument, match="Journal entry 99 is not a webhook"):
        sandbox.resend(number=99)


@pytest.mark.parametrize(
    ("verb", "arguments", "sentence"),
    [
        ("connect", {"token": "é"}, "printable ASCII"),
        ("connect", {"token": ""}, "printable ASCII"),
        ("reply", {"conversation_id": "cnv_none", "text": "x"}, "no conversation cnv_none"),
        ("compose", {"channel_id": "cha_none", "to": ["h"], "text": "x"}, "no channel cha_none"),
        ("compose", {"channel_id": "cha_1", "to": [], "text": "x"}, "at least one recipient"),
        ("compose", {"channel_id": "cha_1", "to": ["h"], "text": "x", "author_id": "tea_9"}, "no teammate"),
    ],
)
def test_refused(
    sandbox: Sandbox, integration: Integration, verb: str, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidArgument, match=sentence):
        getattr(sandbox, verb)(**arguments)
    assert integration.sent == []
    assert sandbox.snapshot()["conversations"] == []
