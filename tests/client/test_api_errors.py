from __future__ import annotations

import pickle
import time
from email.utils import formatdate
from typing import Any

import pytest
import responses

from django_front_channel import exceptions
from django_front_channel.client.api_errors import retry_after

from .conftest import INBOUND

URL = "https://api2.frontapp.com/channels/cha_1/inbound_messages"
NOW = 1_764_000_000.0


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "ambiguous"),
    [
        (200, exceptions.FrontAmbiguousError, True, True),
        (204, exceptions.FrontAmbiguousError, True, True),
        (299, exceptions.FrontAmbiguousError, True, True),
        (300, exceptions.FrontRedirectError, False, False),
        (400, exceptions.FrontBadRequestError, False, False),
        (401, exceptions.FrontAuthenticationError, False, False),
        (403, exceptions.FrontPermissionError, False, False),
        (404, exceptions.FrontNotFoundError, False, False),
        (409, exceptions.FrontBadRequestError, False, False),
        (413, exceptions.FrontBadRequestError, False, False),
        (408, exceptions.FrontUnavailableError, True, False),
        (418, exceptions.FrontBadRequestError, False, False),
        (422, exceptions.FrontBadRequestError, False, False),
        (425, exceptions.FrontUnavailableError, True, False),
        (429, exceptions.FrontRateLimitError, True, False),
        (500, exceptions.FrontServerError, True, True),
        (502, exceptions.FrontServerError, True, True),
        (503, exceptions.FrontUnavailableError, True, False),
        (504, exceptions.FrontServerError, True, True),
        (599, exceptions.FrontServerError, True, True),
        (999, exceptions.FrontAmbiguousError, True, True),
    ],
)
@responses.activate
def test_each_status_is_one_error(client, status, kind, retryable, ambiguous):
    responses.post(URL, status=status, body="" if status == 204 else '{"message_uid": "uid-1"}')
    with pytest.raises(exceptions.FrontAPIError) as caught:
        client.messages.sync_inbound(**INBOUND)
    error = caught.value
    assert type(error) is kind
    assert (error.operation, error.status_code) == ("sync-inbound-message", status)
    assert (error.retryable, error.ambiguous) == (retryable, ambiguous)


@responses.activate
def test_the_error_says_what_front_said_without_control_characters_and_tokens(client):
    words: dict[str, Any] = {
        "title": "Bad request",
        "message": "Body did not\nsatisfy",
        "details": ["body.body: missing", 7],
    }
    words["message"] += " eyJ0eXAiOiJKV1QifQ.eyJpc3MiOiJhIn0.c2ln"
    responses.post(URL, status=400, json={"_error": words})
    with pytest.raises(exceptions.FrontBadRequestError) as caught:
        client.messages.sync_inbound(**INBOUND)
    assert caught.value.title == "Bad request"
    assert caught.value.detail == "Body did not satisfy [JWT] body.body: missing"
    assert caught.value.words == "Bad request: Body did not satisfy [JWT] body.body: missing"
    assert str(caught.value).endswith(f"{caught.value.detail} {caught.value.advice}")


@pytest.mark.parametrize(
    ("body", "is_fronts"),
    [
        ('{"_error": {"status": 403, "title": "Forbidden", "message": "No"}}', True),
        ('{"_error": {"message": "No"}}', True),
        ('{"_error": {"status": 404, "title": "Not found"}}', False),
        ('{"_error": {"status": 403}}', False),
        ('{"_error": "Forbidden"}', False),
        ('{"error": {"status": 403, "title": "Forbidden"}}', False),
        ("<html><title>Forbidden</title></html>", False),
        ("", False),
    ],
)
@pytest.mark.fault("refusals")
@responses.activate
def test_the_error_tells_front_from_what_stands_before_it(client, body, is_fronts):
    responses.post(URL, status=403, body=body)
    with pytest.raises(exceptions.FrontPermissionError) as caught:
        client.messages.sync_inbound(**INBOUND)
    assert caught.value.is_fronts is is_fronts
    assert pickle.loads(pickle.dumps(caught.value)).is_fronts is is_fronts


@pytest.mark.parametrize(
    "body", ["", "<p>", "[]", '{"_error": 5}', '{"_error": {"details": {}}}', "[" * 9000]
)
@responses.activate
def test_an_error_without_words_of_front_has_those_of_http(client, body):
    responses.post(URL, status=403, body=body)
    with pytest.raises(exceptions.FrontPermissionError) as caught:
        client.messages.sync_inbound(**INBOUND)
    assert caught.value.title == "Forbidden"


@responses.activate
def test_a_401_is_tried_once_more(client):
    responses.post(URL, status=401)
    responses.post(URL, status=202, json={"message_uid": "uid-1"})
    assert client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
    first, second = (call.request.headers["Authorization"] for call in responses.calls)
    assert first != second


@responses.activate
def test_a_second_401_is_final(client):
    responses.post(URL, status=401)
    with pytest.raises(exceptions.FrontAuthenticationError, match="App secret"):
        client.messages.sync_inbound(**INBOUND)
    assert len(responses.calls) == 2


@pytest.mark.parametrize("status", [429, 503])
@responses.activate
def test_the_longer_of_both_waits_counts(client, status):
    message = "Rate limit exceeded. Please retry in 7500 milliseconds."
    responses.post(URL, status=status, headers={"Retry-After": "3"}, json={"_error": {"message": message}})
    with pytest.raises(exceptions.FrontAPIError) as caught:
        client.messages.sync_inbound(**INBOUND)
    assert caught.value.retry_after == 7.5


@pytest.fixture
def elsewhere(monkeypatch):
    """A machine that is not in UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("0", 0.5),
        ("-0", 0.5),
        ("-30", 0.5),
        ("1000000000000", 3600.0),
        ("9" * 5000, 3600.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.5),
        # The two older forms of a date in HTTP; neither they nor "-0000" are of this machine's zone.
        ("Mon Nov 24 16:01:30 2025", 90.0),
        ("Monday, 24-Nov-25 16:01:30 GMT", 90.0),
        ("Mon, 24 Nov 2025 16:01:30 -0000", 90.0),
        ("Mon, 24 Nov 2025 17:01:30 +0100", 90.0),
        ("Mon, 01 Jan 9999 00:00:00 GMT", 3600.0),
        ("Fri, 99 Foo 2025 99:99:99 GMT", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e3", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_every_spelling(header, expected, elsewhere):
    assert retry_after(header, "", NOW) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Please retry in 1234 milliseconds.", 1.234),
        ("please RETRY IN 20 MILLISECONDS", 0.5),
        ("Please retry in 99999999999 milliseconds.", 3600.0),
        ("Please retry in -5 milliseconds.", None),
        ("Please retry later.", None),
    ],
)
def test_the_wait_in_fronts_words(message, expected):
    assert retry_after(None, message) == expected


def test_a_date_is_measured_against_the_clock():
    wait = retry_after(formatdate(time.time() + 120, usegmt=True), "")
    assert wait is not None
    assert 115 < wait <= 120


def test_an_error_survives_pickling():
    error = exceptions.FrontRateLimitError("Wait", operation="get-message", status_code=429, retry_after=2.0)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.retry_after) == (str(error), 2.0)
