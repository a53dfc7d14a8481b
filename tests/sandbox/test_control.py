"""Control of the sandbox over HTTP, and its faults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.sandbox import control
from django_front_channel.sandbox.fault_verbs import FaultVerbs
from django_front_channel.sandbox.front_admin import FrontAdmin
from django_front_channel.sandbox.teammates import Teammates

from .conftest import (
    APP_SECRET,
    CHANNEL_URL,
    Caller,
    Integration,
    conversation_id,
    import_message,
    inbound,
)

INBOUND = "/channels/cha_1/inbound_messages"


def test_a_whole_story_over_http(call: Caller, integration: Integration) -> None:
    def do(verb: str, **arguments: Any) -> dict[str, Any]:
        answer = call("POST", f"/_sandbox/{verb}", arguments, authorization="")
        assert answer.status == 200, answer.body
        return answer.json

    integration.will_answer({"type": "success", "webhook_url": CHANNEL_URL})
    assert do("connect", token="tok", name="SMS", address="+331", channel_id="cha_1")["error"] is None
    assert call("POST", INBOUND, inbound()).status == 202
    assert call("GET", "/_sandbox/").json["scheduled"] == 1
    assert do("run_due") == {"count": 0}
    assert do("run_until_quiet") == {"count": 1}
    first = conversation_id(integration.sent[-1].json["payload"])
    integration.will_send_as("r-1", "thr-7")
    assert do("reply", conversation_id=first, text="Hello", author_id=None)["status"] == "sent"
    integration.will_answer({"type": "bad_request", "message": "No."}, 400)
    assert do("autoreply", conversation_id=first, text="Closed")["error"] == "No."
    integration.will_send_as("c-1", "new")
    second = do("compose", channel_id="cha_1", to=["h"], text="News")["conversation_id"]
    assert do("merge", conversation_ids=[first, second], survivor=first)["absorbed"] == [second]
    assert do("delete_channel", channel_id="cha_1", form="undefined")["status"] == 200

    state = call("GET", "/_sandbox/state").json
    kept, absorbed = state["conversations"]
    assert (absorbed["merged_into"], absorbed["messages"]) == (first, [])
    assert kept["external_conversation_ids"] == ["thr-7", "new"]
    assert [(m["type"], m["status"], m["error"], m["external_id"]) for m in kept["messages"]] == [
        ("custom", "imported", None, "sms-1"),
        ("custom", "sent", None, "r-1"),
        ("auto_reply", "failed", "No.", None),
        ("custom", "sent", None, "c-1"),
    ]
    assert [(c["id"], c["address"], c["is_deleted"]) for c in state["channels"]] == [
        ("cha_1", "+331", True),
        ("cha_2", "address-2", False),
    ]


def test_journal(call: Caller) -> None:
    start = len(call.sandbox.journal.since(0))
    call("POST", INBOUND, inbound(body="Olá"))
    call.sandbox.run_until_quiet()
    answer = call("GET", f"/_sandbox/journal?since={start}", authorization="")
    request, webhook = answer.json["entries"]
    assert (request["number"], request["kind"], request["method"]) == (start + 1, "api", "POST")
    assert (request["url"], request["status"], request["at"]) == (INBOUND, 202, call.clock.now)
    assert json.loads(request["body"])["body"] == "Olá"
    assert json.loads(request["answer"])["status"] == "accepted"
    assert request["duration"] >= 0
    assert (webhook["number"], webhook["kind"], webhook["url"]) == (start + 2, "webhook", CHANNEL_URL)
    assert (webhook["status"], json.loads(webhook["answer"])) == (200, {"type": "success"})
    assert {each["headers"]["Authorization"] for each in (request, webhook)} == {"[hidden]"}


def test_no_secret_is_shown(call: Caller) -> None:
    import_message(call, inbound())
    shown = b"".join(call("GET", f"/_sandbox/{view}").body for view in ("", "state", "journal"))
    for secret in (APP_SECRET, call.token(), "token-1"):
        assert secret.encode() not in shown


def test_assumptions_are_served(call: Caller) -> None:
    assumptions = call("GET", "/_sandbox/assumptions").json
    assert "repeated_external_id" in assumptions
    assert all(each["statement"] and each["source"] for each in assumptions.values())
    assert all(bool(each["otherwise"]) == (each["value"] is True) for each in assumptions.values())


@pytest.mark.parametrize("group", [FrontAdmin, Teammates, FaultVerbs])
def test_each_public_method_of_a_group_is_a_verb(call: Caller, group: type) -> None:
    methods = {name for name in dir(group) if not name.startswith("_")}

    assert methods <= {*control.VERBS}
    for name in methods:
        assert call("POST", f"/_sandbox/{name}", {"unknown": 1}).json["error"].startswith("Unknown argument")


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("reply", {"conversation_id": "cnv_1"}, "Missing: text."),
        ("run_due", {"x": 1}, "Unknown argument x; known are: none."),
        ("hold", {"x": 1}, "Unknown argument x; known are: seconds."),
        ("hold", {"seconds": "1"}, "The argument seconds must be float."),
        ("hold", {"seconds": True}, "The argument seconds must be float."),
        ("hold", {"seconds": -1}, "seconds must be a number of seconds, not negative."),
        ("configure", {"import_delay": -1}, "import_delay must be a number of seconds, not negative."),
        ("configure", {"imports": 1}, "The argument imports must be bool | None."),
        ("merge", {"conversation_ids": [1]}, "The argument conversation_ids must be list[str]."),
        (
            "delete_channel",
            {"channel_id": "cha_1", "form": "xml"},
            "The argument form must be Literal['json', 'undefined', 'empty'].",
        ),
        ("fail_next", {"status": 99}, "The status must be between 200 and 599."),
        (
            "fail_next",
            {"status": 500, "headers": {"a": 1}},
            "The argument headers must be dict[str, str] | None.",
        ),
        ("fail_next", {"status": 500, "headers": {"a": "b\r\nc"}}, "Headers must be printable text."),
        ("reply", {"conversation_id": "cnv_1", "text": "x"}, "There is no conversation cnv_1."),
        ("reply", [], "The body is not a JSON object: must be a JSON object."),
        ("reply", b"{", None),
    ],
)
def test_errors_are_sentences(call: Caller, path: str, body: Any, sentence: str | None) -> None:
    answer = call("POST", f"/_sandbox/{path}", body)
    assert answer.status == 400
    assert set(answer.json) == {"error"}
    assert sentence is None or answer.json["error"] == sentence


def test_a_web_page_cannot_control_it(call: Caller) -> None:
    answer = call("POST", "/_sandbox/hold", {"seconds": 1}, CONTENT_TYPE="text/plain")
    assert answer.status == 400
    assert "application/json" in answer.json["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_sandbox/nothing", 404),
        ("GET", "/_sandbox/reply", 404),
        ("POST", "/_sandbox/__init__", 404),
        ("POST", "/_sandbox/state", 404),
        ("DELETE", "/_sandbox/", 404),
        ("GET", "/_sandbox/journal?since=x", 400),
    ],
)
def test_unknown_control(call: Caller, method: str, path: str, status: int) -> None:
    assert call(method, path).status == status


def test_fail_next(call: Caller) -> None:
    arguments = {"status": 429, "headers": {"Retry-After": "7"}, "count": 2}
    assert call("POST", "/_sandbox/fail_next", arguments).json == {"count": 2}
    first, second = call("POST", INBOUND, inbound()), call("GET", "/messages/msg_1", authorization="")
    assert first.status == second.status == 429
    assert first.headers["Retry-After"] == "7"
    assert first.json["_error"]["title"] == "Too Many Requests"
    assert call.sandbox.run_until_quiet() == 0
    assert call("POST", INBOUND, inbound()).status == 202
    assert [entry["status"] for entry in call.sandbox.journal.since(0)[-3:]] == [429, 429, 202]


def test_fail_next_with_a_body(call: Caller) -> None:
    call.sandbox.fail_next(status=599, body="<h1>é</h1>", headers={"Content-Type": "text/html"})
    answer = call("GET", "/messages/msg_1")
    assert (answer.status, answer.body) == (599, "<h1>é</h1>".encode())
    assert answer.headers["Content-Type"] == "text/html"


def test_python_callers_get_exceptions(call: Caller) -> None:
    with pytest.raises(InvalidArgument):
        call.sandbox.fail_next(status=500, count=0)
    with pytest.raises(InvalidArgument):
        call.sandbox.hold(seconds=float("nan"))
