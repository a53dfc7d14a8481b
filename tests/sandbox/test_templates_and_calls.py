"""Message templates and phone calls."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from django_front_channel.sandbox.body_rules import CALL_STATUSES

from .conftest import Answer, Caller, form
from .operations import LINE, NEW_CALL, TEMPLATE

TEMPLATES = "/channels/cha_1/application_message_templates"
CALLS = "/channels/cha_1/calls"


def test_templates_are_kept(call: Caller) -> None:
    first = call("PUT", TEMPLATES, TEMPLATE).json
    second = call("PUT", TEMPLATES, {**TEMPLATE, "external_id": "a/b"}).json
    assert call("PUT", TEMPLATES, {**TEMPLATE, "name": "Replaced"}).json == first
    changes = {"status_name": "REJECTED", "external_id": "ignored"}
    assert call("PATCH", TEMPLATES + "/a%2Fb", changes).json == second != first
    kept = call.sandbox.snapshot()["channels"][0]["templates"]
    assert kept == [
        {**TEMPLATE, "id": first["template_id"], "name": "Replaced"},
        {**TEMPLATE, "id": second["template_id"], "external_id": "a/b", "status_name": "REJECTED"},
    ]
    assert call("PATCH", TEMPLATES + "/none", {}).status == 404


def test_templates_may_be_off(call: Caller) -> None:
    call.sandbox.configure(templates=False)
    assert call("PUT", TEMPLATES, TEMPLATE).status == 400
    assert call.sandbox.snapshot()["channels"][0]["templates"] == []


def calls(call: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call.sandbox.snapshot()["channels"][0]["calls"]
    return found


def test_a_call_from_beginning_to_end(call: Caller) -> None:
    assert call("POST", CALLS, NEW_CALL).status == 202
    assert call("POST", CALLS, {**NEW_CALL, "initial_status": "queued"}).status == 202
    for status, at in (("connected", 1764000000200), ("hold", 1764000000300), ("connected", 1764000000400)):
        assert call("PATCH", CALLS + "/call-2", {"call_status": status, "occurred_at": at}).status == 202
    update = {"call_status": "hangup", "occurred_at": 1764000000500, "agent_email_address": "a@example.com"}
    assert call("PATCH", CALLS + "/call-2", update).status == 202
    assert call("POST", CALLS + "/call-2/summary", {"content": "They talked."}).status == 202
    assert call("POST", CALLS + "/call-2/transcript", {"lines": [LINE]}).status == 202
    sound = ("attachments", "a.mp3", "audio/mpeg", b"sound")
    assert call("POST", CALLS + "/call-2/recording", **form({"recording_type": "call"}, sound)).status == 202
    [kept] = calls(call)
    [recording] = kept.pop("recordings")
    assert kept == {
        "external_call_id": "call-2",
        "parent_external_call_id": "call-1",
        "direction": "inbound",
        "party": {"handle": "+33612345678", "name": "Customer"},
        "status": "hangup",
        "started_at": 1764000000123,
        "updated_at": 1764000000500,
        "agent_email_address": "a@example.com",
        "summary": "They talked.",
        "transcript": [LINE],
    }
    assert (recording["filename"], recording["content_type"], recording["size"]) == ("a.mp3", "audio/mpeg", 5)


# https://dev.frontapp.com/docs/voice-channels; "resumed" is said by "connected".
ALLOWED = {
    "queued": {"connected", "hangup", "missed", "abandoned"},
    "ringing": {"queued", "connected", "missed", "abandoned", "transferred"},
    "connected": {"hold", "transferred", "hangup"},
    "hold": {"connected", "transferred", "hangup"},
}
WAYS = {
    "queued": ("queued",),
    "ringing": ("ringing",),
    "connected": ("queued", "connected"),
    "hold": ("queued", "connected", "hold"),
    "hangup": ("queued", "hangup"),
    "abandoned": ("queued", "abandoned"),
    "missed": ("queued", "missed"),
    "transferred": ("ringing", "transferred"),
}


@pytest.mark.parametrize(("before", "after"), [*itertools.permutations(CALL_STATUSES, 2)])
def test_states_of_a_call(call: Caller, before: str, after: str) -> None:
    initial, *way = WAYS[before]
    call("POST", CALLS, {**NEW_CALL, "initial_status": initial})
    for status in way:
        assert call("PATCH", CALLS + "/call-2", {"call_status": status}).status == 202
    is_allowed = after in ALLOWED.get(before, set())
    assert call("PATCH", CALLS + "/call-2", {"call_status": after}).status == (202 if is_allowed else 400)
    assert call("PATCH", CALLS + "/call-2", {"call_status": calls(call)[0]["status"]}).status == 202
    assert calls(call)[0]["status"] == (after if is_allowed else before)


def test_each_direction_names_the_other_side(call: Caller) -> None:
    outbound = {**NEW_CALL, "direction": "outbound", "to": {"handle": "+33611111111"}}
    assert call("POST", CALLS, outbound).status == 202
    assert calls(call)[0]["party"] == {"handle": "+33611111111"}
    for body, detail in (
        ({**NEW_CALL, "direction": "outbound"}, "body.to: must be an object"),
        ({**NEW_CALL, "direction": "sideways"}, "body.direction: must be one of inbound, outbound"),
    ):
        assert call("POST", CALLS, body).json["_error"]["details"] == [detail]


def test_unknown_calls(call: Caller) -> None:
    def refused(method: str, path: str, body: Any) -> Answer:
        return call(method, f"{CALLS}/none{path}", body)

    assert refused("PATCH", "", {"call_status": "hangup"}).status == 404
    assert refused("POST", "/summary", {"content": "x"}).status == 404
    assert refused("POST", "/transcript", {"lines": [LINE]}).status == 404


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("attachments", "a.txt", "text/plain", b"x")],
        [("attachments", "a.mp3", "audio/mpeg", b"x"), ("attachments", "b.mp3", "audio/mpeg", b"x")],
    ],
)
def test_a_recording_is_one_sound(call: Caller, files: list[tuple[str, str, str, bytes]]) -> None:
    call("POST", CALLS, NEW_CALL)
    answer = call("POST", CALLS + "/call-2/recording", **form({"recording_type": "call"}, *files))
    assert answer.json["_error"]["details"] == ["body.attachments: must be exactly one audio file"]
    assert calls(call)[0]["recordings"] == []
