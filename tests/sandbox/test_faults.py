"""The faults that a test can ask for."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from django_front_channel.sandbox.webhook_sender import sign

from .conftest import APP_SECRET, NOW, Caller, Integration, Sent, inbound
from .test_server import Site, bearer, front, site

__all__ = ["front", "site"]

INBOUND = "/channels/cha_1/inbound_messages"


def is_signed(webhook: Sent) -> bool:
    timestamp = webhook.headers["X-Front-Request-Timestamp"]
    return webhook.headers["X-Front-Signature"] == sign(APP_SECRET, timestamp, webhook.body)


def external_ids(integration: Integration) -> list[str]:
    return [each.json["payload"]["metadata"]["external_id"] for each in integration.sent]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_cut_connection(call: Caller, carried_out: bool) -> None:
    call.sandbox.cut_next(carried_out=carried_out)
    with pytest.raises(ConnectionAbortedError):
        call("POST", INBOUND, inbound())
    assert call.sandbox.run_until_quiet() == carried_out
    entry = next(each for each in call.sandbox.journal.since() if each["url"] == INBOUND)
    assert entry["status"] is None
    assert entry["duration"] is not None
    assert call("POST", INBOUND, inbound()).status == 202


def test_a_cut_connection_on_a_socket(site: Site, front: Sandbox) -> None:
    with serving(front) as address, requests.Session() as session:
        channel = front.connect(token="t")["channel_id"]
        url = f"{address}/channels/{channel}/inbound_messages"
        front.cut_next()
        with pytest.raises(requests.ConnectionError):
            session.post(url, json=inbound(), headers=bearer(channel), timeout=30)
        assert session.post(url, json=inbound(), headers=bearer(channel), timeout=30).status_code == 202


def test_a_webhook_that_comes_twice(call: Caller, integration: Integration) -> None:
    call.sandbox.disturb_next(how="duplicate")
    for name in ("a", "b"):
        call("POST", INBOUND, inbound(name))
    call.sandbox.run_until_quiet()
    assert external_ids(integration) == ["a", "a", "b"]
    assert integration.sent[0].body == integration.sent[1].body


def test_webhooks_in_the_wrong_order(call: Caller, integration: Integration) -> None:
    call.sandbox.disturb_next(how="reordered")
    for name in ("a", "b", "c"):
        call("POST", INBOUND, inbound(name))
    call.sandbox.run_until_quiet()
    assert external_ids(integration) == ["b", "a", "c"]


def test_what_is_held_back_is_sent_at_the_end_of_the_faults(call: Caller, integration: Integration) -> None:
    call.sandbox.disturb_next(how="reordered")
    call("POST", INBOUND, inbound("a"))
    call.sandbox.run_until_quiet()
    assert (external_ids(integration), call.sandbox.snapshot()["faults"]["held_back"]) == ([], 1)
    call.sandbox.clear_faults()
    assert (external_ids(integration), call.sandbox.snapshot()["faults"]["held_back"]) == (["a"], 0)


def test_a_wrong_signature(call: Caller, integration: Integration, conversation: str) -> None:
    call.sandbox.disturb_next(how="wrong_signature")
    for text in ("one", "two"):
        call.sandbox.reply(conversation_id=conversation, text=text)
    assert [is_signed(each) for each in integration.sent] == [False, True]


@pytest.mark.parametrize("skew", [600, -600])
def test_a_wrong_clock(call: Caller, integration: Integration, conversation: str, skew: float) -> None:
    call.sandbox.configure(clock_skew=skew)
    call.sandbox.reply(conversation_id=conversation, text="one")
    assert integration.sent[-1].headers["X-Front-Request-Timestamp"] == str(int((NOW + skew) * 1000))
    # Tokens have run out by this clock, or reach too far ahead.
    assert call("GET", "/messages/msg_1").status == 401


def test_latency(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    call.sandbox.configure(latency=3)
    monkeypatch.setattr(call.sandbox.company.faults, "wait", waits.append)
    assert call("GET", "/messages/msg_1").status == 404
    assert waits == [3]


def test_faults_that_wait_are_told(call: Caller) -> None:
    call.sandbox.fail_next(status=503, count=2)
    call.sandbox.cut_next(carried_out=False)
    call.sandbox.hold(seconds=5)
    call.sandbox.disturb_next(how="duplicate", count=2)
    call.sandbox.connect(token="t")
    assert call("GET", "/_sandbox/state").json["faults"] == {
        "failures": [
            {"status": 503, "is_carried_out": False, "count": 2},
            {"status": None, "is_carried_out": False, "count": 1},
        ],
        "holds": [5],
        "webhooks": {"duplicate": 1},
        "held_back": 0,
    }


def test_clear_faults(call: Caller) -> None:
    fresh = call.sandbox.snapshot()
    call.sandbox.configure(
        latency=1, clock_skew=1, webhook_before_202=True, rate_limit=1, resource_limit=1, imports=False
    )
    call.sandbox.fail_next(status=503)
    call.sandbox.hold(seconds=60)
    call.sandbox.disturb_next(how="reordered")
    cleared = call("POST", "/_sandbox/clear_faults", {}).json
    assert call.sandbox.snapshot() == fresh
    assert cleared == fresh["behaviour"]


def test_faults_end_but_chosen_behaviour_stays(call: Caller) -> None:
    call.sandbox.configure(import_delay=7, templates=False)
    settings = call.sandbox.clear_faults()
    assert (settings["import_delay"], settings["templates"]) == (7, False)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("cut_next", {"count": 0}),
        ("disturb_next", {"how": "duplicate", "count": -1}),
        ("fail_next", {"status": 500, "count": 10**9}),
        ("configure", {"latency": -1}),
        ("configure", {"clock_skew": float("inf")}),
    ],
)
def test_impossible_faults(sandbox: Sandbox, verb: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        getattr(sandbox, verb)(**arguments)
