"""Replies by API: the team's messages that an integration writes itself."""

from __future__ import annotations

from .conftest import Caller, Integration
from .test_conversations import events, path

__all__ = ["path"]


def test_a_reply_goes_out_by_the_channel(call: Caller, path: str, integration: Integration) -> None:
    integration.will_send_as("r-1", "thr-7")
    body = {"body": "<p>1 &lt; 2</p>", "author_id": "tea_2", "options": {"tag_ids": ["tag_1"]}}
    accepted = call("POST", path + "/messages", body)
    assert accepted.status == 202
    assert call("GET", path).json["status"] == "archived"
    assert integration.sent == []
    call.sandbox.run_until_quiet()
    [webhook] = integration.sent
    assert (webhook.json["type"], webhook.json["payload"]["text"]) == ("message", "1 < 2")
    assert webhook.json["payload"]["author"]["id"] == "tea_2"
    message = call("GET", f"/messages/alt:uid:{accepted.json['message_uid']}").json
    assert message["metadata"] == {"external_id": "r-1"}
    assert message["id"] == webhook.json["payload"]["id"]
    assert [tag["id"] for tag in call("GET", path).json["tags"]] == ["tag_1"]
    assert events(call, path)[:2] == ["outbound", "archive"]


def test_a_refused_reply_shows_its_error(call: Caller, path: str, integration: Integration) -> None:
    integration.will_answer({"type": "bad_request", "message": "No such number"}, 400)
    body = {"body": "x", "to": ["a"], "cc": ["b"], "options": {"archive": False}}
    uid = call("POST", path + "/messages", body).json["message_uid"]
    call.sandbox.run_until_quiet()
    message = call("GET", f"/messages/alt:uid:{uid}").json
    assert message["error_type"] == "channel_error"
    assert [(each["role"], each["handle"]) for each in message["recipients"]] == [
        ("from", "address-1"),
        ("to", "a"),
        ("cc", "b"),
    ]
    assert call("GET", path).json["status"] == "unassigned"
    assert events(call, path)[0] == "sending_error"


def test_an_autoreply_is_of_a_type_that_the_api_has(
    call: Caller, integration: Integration, conversation: str
) -> None:
    """Front's file lists no auto_reply; only its webhook says so."""
    autoreply = call.sandbox.autoreply(conversation_id=conversation, text="We are closed.")

    assert integration.sent[-1].json["payload"]["type"] == "auto_reply"
    assert call("GET", f"/messages/{autoreply['message_id']}").json["type"] == "custom"
    [newest, _] = call("GET", f"/conversations/{conversation}/messages").json["_results"]
    assert newest["type"] == "custom"
    outbound = call("GET", f"/conversations/{conversation}/events").json["_results"][0]
    assert outbound["target"]["data"]["type"] == "custom"


def test_an_autoreply_comes_without_metadata(
    call: Caller, integration: Integration, conversation: str
) -> None:
    """As Front's changelog shows it."""
    call.sandbox.autoreply(conversation_id=conversation, text="We are closed.")

    assert "metadata" not in integration.sent[-1].json
