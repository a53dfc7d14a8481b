"""The time and the number of the imports of accepted messages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from .conftest import Caller, Integration, inbound, outbound

INBOUND = "/channels/cha_1/inbound_messages"


def test_a_repeated_external_id_is_imported_once(call: Caller, integration: Integration) -> None:
    first = call("POST", INBOUND, inbound())
    again = call("POST", INBOUND, inbound())
    call.sandbox.run_until_quiet()
    assert call("POST", INBOUND, inbound()).json == first.json == again.json
    assert call.sandbox.run_until_quiet() == 0
    assert len(integration.sent) == 1
    posts = [entry for entry in call.sandbox.journal.since(0) if entry["method"] == "POST"]
    assert [entry["status"] for entry in posts if entry["kind"] == "api"] == [202, 202, 202]


def test_repeats_at_the_same_time_are_imported_once(call: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call("POST", INBOUND, inbound()), range(32)))
    assert len({answer.json["message_uid"] for answer in answers}) == 1
    assert call.sandbox.run_until_quiet() == 1


def test_imports_off(call: Caller, integration: Integration) -> None:
    call.sandbox.configure(imports=False, webhook_before_202=True)
    accepted = call("POST", INBOUND, inbound()).json
    assert call.sandbox.run_until_quiet() == 0
    assert integration.sent == []
    settings = call.sandbox.configure(imports=True)
    assert (settings["imports"], settings["webhook_before_202"], settings["import_delay"]) == (
        True,
        True,
        0.2,
    )
    assert call.sandbox.run_until_quiet() == 1
    assert call("GET", f"/messages/alt:uid:{accepted['message_uid']}").status == 200


def test_webhook_before_202(call: Caller, integration: Integration) -> None:
    call.sandbox.configure(webhook_before_202=True)
    call("POST", INBOUND, inbound())
    request, webhook = call.sandbox.journal.since(0)[-2:]
    assert (request["kind"], webhook["kind"]) == ("api", "webhook")
    assert integration.sent[0].json["type"] == "message_imported"
    assert call.sandbox.run_until_quiet() == 0


def test_import_delay(call: Caller) -> None:
    call.sandbox.configure(import_delay=60)
    call("POST", INBOUND, inbound())
    call.clock.now += 59
    assert call.sandbox.run_due() == 0
    call.clock.now += 1
    assert call.sandbox.run_due() == 1


def test_imports_keep_the_order_of_acceptance(call: Caller, integration: Integration) -> None:
    for number in range(5):
        call("POST", INBOUND, inbound(f"m-{number}"))
    call("POST", "/channels/cha_1/outbound_messages", outbound("m-5"))
    call.sandbox.run_until_quiet()
    assert [each.json["payload"]["metadata"]["external_id"] for each in integration.sent] == [
        f"m-{number}" for number in range(6)
    ]
