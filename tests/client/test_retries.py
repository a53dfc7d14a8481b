from __future__ import annotations

import time

import pytest

from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.client.connections import Deadline
from django_front_channel.exceptions import (
    FrontAmbiguousError,
    FrontAPIError,
    FrontConnectionError,
    FrontRateLimitError,
    FrontServerError,
    FrontUnavailableError,
    InvalidArgument,
)

from .conftest import ACCEPTED, INBOUND, Cut, response
from .every import SAMPLES, perform
from .test_front_client import Journal
from .test_jwts import bearer

FOUND = response("200 OK", '{"id":"msg_1"}')
PASSING = [
    Cut(b""),
    Cut(FOUND[:30]),
    response("502 Bad"),
    response("503 Unavailable"),
    response("504 Timeout"),
]


@pytest.mark.fault("F96")
@pytest.mark.parametrize("stumble", PASSING, ids=range(len(PASSING)))
def test_a_question_is_asked_three_times_and_the_observer_hears_of_each(raw_front, make_client, stumble):
    raw_front.responses = [stumble, stumble, FOUND]
    journal = Journal()
    client = make_client(api_url=raw_front.url, timeout=3, observer=journal)
    assert client.messages.get("msg_1").id == "msg_1"
    assert len({bearer(request) for request in raw_front.requests}) == 3
    assert [outcome.error is None for outcome in journal.outcomes] == [False, False, True]


@pytest.mark.fault("F96")
@pytest.mark.parametrize("stumble", PASSING, ids=range(len(PASSING)))
def test_a_question_is_not_asked_a_fourth_time(raw_front, raw_client, stumble):
    raw_front.responses = [stumble] * 3 + [FOUND]
    with pytest.raises(FrontAPIError):
        raw_client.messages.get("msg_1")
    assert len(raw_front.requests) == 3


@pytest.mark.fault("F96")
@pytest.mark.parametrize("stumble", PASSING, ids=range(len(PASSING)))
@pytest.mark.parametrize(
    "operation_id", sorted(made.id for made in OPERATIONS.values() if made.method != "GET")
)
def test_nothing_but_a_question_is_repeated(raw_front, raw_client, operation_id, stumble):
    raw_front.responses = [stumble, ACCEPTED]
    with pytest.raises((FrontAmbiguousError, FrontServerError)) as caught:
        perform(raw_client, operation_id, SAMPLES[operation_id].arguments)
    assert caught.value.ambiguous == (not isinstance(caught.value, FrontUnavailableError))
    assert len(raw_front.requests) == 1


@pytest.mark.parametrize("status", ["500 Error", "404 Not Found", "400 Bad", "429 Slow", "200 OK"])
def test_a_response_that_would_not_change_is_not_asked_for_again(raw_front, raw_client, status):
    raw_front.responses = [response(status), FOUND]
    with pytest.raises(FrontAPIError):
        raw_client.messages.get("msg_1")
    assert len(raw_front.requests) == 1


def test_repetitions_share_the_deadline(raw_front, make_client):
    raw_front.responses = [response("503 Unavailable"), raw_front.drip(FOUND, every=0.1), FOUND]
    with pytest.raises(FrontConnectionError):
        make_client(api_url=raw_front.url, timeout=0.6).messages.get("msg_1")
    assert len(raw_front.requests) <= 2


def test_no_repetition_that_could_not_end_in_time_is_begun(raw_front, raw_client):
    raw_front.responses = [response("503 Unavailable", "", "Retry-After: 60"), FOUND]
    with pytest.raises(FrontUnavailableError) as caught:
        raw_client.messages.get("msg_1")
    assert caught.value.retry_after == 60
    assert len(raw_front.requests) == 1


SLOW = response("429 Too Many Requests", "", "Retry-After: 0.5", "x-ratelimit-remaining: 3")


@pytest.mark.fault("F94")
@pytest.mark.fault("F95")
def test_by_default_a_limit_is_the_callers_to_wait_for(raw_front, make_client):
    raw_front.responses = [SLOW, ACCEPTED]
    journal = Journal()
    with pytest.raises(FrontRateLimitError) as caught:
        make_client(api_url=raw_front.url, observer=journal).messages.sync_inbound(**INBOUND)
    error = caught.value
    assert (error.retryable, error.ambiguous, error.retry_after) == (True, False, 0.5)
    assert journal.outcomes[0].headers["x-ratelimit-remaining"] == "3"
    assert len(raw_front.requests) == 1


@pytest.mark.fault("F95")
@pytest.mark.fault("F106")
def test_a_patient_client_waits_and_then_signs_anew(raw_front, make_client):
    raw_front.responses = [SLOW, ACCEPTED]
    client = make_client(api_url=raw_front.url, timeout=0.4, patience=2)
    begun = time.monotonic()
    assert client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
    assert time.monotonic() - begun >= 0.5
    first, second = raw_front.requests
    assert bearer(first) != bearer(second)


def test_patience_is_for_waiting_only(raw_front, make_client):
    """Not for what a slow response takes."""

    def slowly(connection):
        time.sleep(0.7)
        connection.sendall(SLOW)

    raw_front.responses = [slowly, ACCEPTED]
    client = make_client(api_url=raw_front.url, patience=0.6)
    assert client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"


class Dawdling(Journal):
    """An observer that takes all the time that is left, before the second request."""

    def __init__(self, monkeypatch):
        super().__init__()
        self._monkeypatch = monkeypatch

    def started(self, request):
        super().started(request)
        if len(self.requests) == 2:
            self._monkeypatch.setattr(Deadline, "remaining", self._over)

    def _over(self):
        raise TimeoutError


@pytest.mark.parametrize("first", ["401 Unauthorized", "301 Moved"])
def test_a_request_for_which_no_time_is_left_was_not_sent(raw_front, make_client, monkeypatch, first):
    raw_front.responses = [response(first, "", "Location: /conversations/cnv_2"), ACCEPTED]
    client = make_client(api_url=raw_front.url, observer=Dawdling(monkeypatch))
    with pytest.raises(FrontConnectionError):
        client.conversations.add_comment("cnv_1", body="Hi")
    assert len(raw_front.requests) == 1


def test_patience_ends(raw_front, make_client):
    raw_front.responses = [SLOW] * 9
    client = make_client(api_url=raw_front.url, patience=1.2)
    with pytest.raises(FrontRateLimitError):
        client.messages.sync_inbound(**INBOUND)
    assert len(raw_front.requests) == 3


class Pausing(Journal):
    """An observer that stops the first request."""

    def started(self, request):
        super().started(request)
        if len(self.requests) == 1:
            raise FrontRateLimitError("Paused")


def test_a_patient_client_waits_for_its_observer_too(raw_front, make_client):
    raw_front.responses = [ACCEPTED]
    client = make_client(api_url=raw_front.url, patience=3, observer=Pausing())
    begun = time.monotonic()
    assert client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
    assert time.monotonic() - begun >= 1
    assert len(raw_front.requests) == 1


@pytest.mark.parametrize("patience", [-1, float("inf"), "5", None])
def test_patience_is_a_number_of_seconds(make_client, patience):
    with pytest.raises(InvalidArgument, match="patience"):
        make_client(patience=patience)
