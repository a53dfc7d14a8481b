"""What can be configured, the rate limits, and reports that a message was seen."""

from __future__ import annotations

import pytest

from django_front_channel.sandbox import journal

from .conftest import Caller, Clock, import_message, inbound, outbound


def test_the_company_has_a_limit_per_minute(call: Caller, clock: Clock) -> None:
    clock.now += 60
    call.sandbox.configure(rate_limit=3)
    answers = [call("GET", "/messages/none") for _ in range(6)]
    assert [answer.status for answer in answers] == [404, 404, 404, 404, 429, 429]
    remaining = [answer.headers["X-RateLimit-Remaining"] for answer in answers]
    assert remaining == ["2", "1", "0", "0", "0", "0"]
    refused = answers[-1]
    seconds = int(refused.headers["Retry-After"])
    assert clock.now + seconds >= int(refused.headers["X-RateLimit-Reset"])
    assert refused.json["_error"]["message"].startswith("Rate limit exceeded. Please retry in ")
    assert "X-Front-Tier" not in refused.headers
    clock.now += seconds
    assert call("GET", "/messages/none").status == 404


def test_a_burst_goes_beyond_the_limit_and_is_replenished(call: Caller, clock: Clock) -> None:
    def burst() -> list[tuple[int, str]]:
        answers = [call("GET", "/messages/none") for _ in range(7)]
        assert {answer.headers["X-RateLimit-Burst-Limit"] for answer in answers} == {"2"}
        return [(answer.status, answer.headers["X-RateLimit-Burst-Remaining"]) for answer in answers]

    clock.now += 60
    call.sandbox.configure(rate_limit=4)
    full = [(404, "2")] * 4
    assert burst() == [*full, (404, "1"), (404, "0"), (429, "0")]
    clock.now += 300
    assert burst() == [(404, "1")] * 4 + [(404, "0"), (429, "0"), (429, "0")]
    clock.now += 600
    assert burst() == [*full, (404, "1"), (404, "0"), (429, "0")]


def test_without_a_limit_nothing_is_taken_from_the_burst(call: Caller) -> None:
    headers = call("GET", "/messages/none").headers
    assert (headers["X-RateLimit-Burst-Limit"], headers["X-RateLimit-Burst-Remaining"]) == ("3000", "3000")


def test_a_resource_has_a_limit_per_second(call: Caller, clock: Clock) -> None:
    call.sandbox.configure(resource_limit=2)
    first = [call("POST", "/channels/cha_1/inbound_messages", inbound(str(n))) for n in range(3)]
    assert [answer.status for answer in first] == [202, 202, 429]
    refused = first[-1]
    assert (refused.headers["Retry-After"], refused.headers["X-Front-Tier"]) == ("1", "2")
    assert refused.json["_error"]["message"] == "Rate limit exceeded. Please retry in 1000 milliseconds."
    assert int(refused.headers["X-RateLimit-Remaining"]) > 0
    assert call("GET", "/messages/none").status == 404
    clock.now += 1
    assert call("POST", "/channels/cha_1/inbound_messages", inbound("3")).status == 202


def test_a_refused_request_is_not_carried_out(call: Caller) -> None:
    call.sandbox.configure(resource_limit=1)
    for number in range(3):
        call("POST", "/channels/cha_1/inbound_messages", inbound(str(number)))
    assert call.sandbox.run_until_quiet() == 1


def test_seen(call: Caller, clock: Clock) -> None:
    path = f"/messages/{import_message(call, outbound())['id']}/seen"
    assert call("GET", path).json["_results"] == []
    first = clock.now
    for _ in range(10):
        assert call("POST", path, {}).status == 204
        clock.now += 1
    refused = call("POST", path, {})
    assert (refused.status, refused.headers["Retry-After"]) == (429, "3590")
    [receipt] = call("GET", path).json["_results"]
    assert (receipt["first_seen_at"], receipt["seen_by"]) == (str(int(first * 1000)), None)
    clock.now = first + 3600
    assert call("POST", path, {}).status == 204


def test_what_the_customer_wrote_is_not_marked_as_seen(call: Caller) -> None:
    path = f"/messages/{import_message(call, inbound())['id']}/seen"
    assert call("POST", path, {}).status == 400
    assert call("GET", path).json["_results"] == []


@pytest.mark.parametrize("name", ["rate_limit", "resource_limit"])
def test_a_limit_is_not_negative(call: Caller, name: str) -> None:
    answer = call("POST", "/_sandbox/configure", {name: -1})
    assert answer.json == {"error": f"{name} must be a number of requests, or 0 for no limit."}


def test_a_body_that_no_parser_likes(call: Caller) -> None:
    message = import_message(call, inbound(body="<![x["))
    assert message["text"] == "<![x["


def test_the_journal_forgets_the_oldest(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ENTRIES", 5)
    for _ in range(10):
        call("GET", "/messages/none")
    last = call.sandbox.journal.since(0)[-1]["number"]
    assert [each["number"] for each in call.sandbox.journal.since(0)] == list(range(last - 4, last + 1))
    assert [each["number"] for each in call.sandbox.journal.since(last - 2)] == [last - 1, last]


def test_the_journal_keeps_a_little_of_large_bodies(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SHOWN_BYTES", 100)
    monkeypatch.setattr(journal, "KEPT_CHARACTERS", 1000)
    for _ in range(30):
        call("POST", "/channels/cha_1/inbound_messages", b"x" * 5000)
    assert {len(each["body"]) for each in call.sandbox.journal.since(0)} == {100}
    assert len(call.sandbox.journal.since(0)) == 10
