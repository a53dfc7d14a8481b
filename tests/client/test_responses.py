"""Known responses of Front, as bytes on a socket."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from django_front_channel import exceptions

from .conftest import ACCEPTED, INBOUND, response


def refusal(status: str, message: str, *details: str) -> bytes:
    number, _, title = status.partition(" ")
    error = {"status": int(number), "title": title, "message": message, "details": details}
    return response(status, json.dumps({"_error": error}))


REFUSALS = [
    pytest.param(
        refusal("400 Bad request", "Body did not satisfy requirements", "body.body: missing"),
        exceptions.FrontBadRequestError,
        "Bad request: Body did not satisfy requirements body.body: missing",
        marks=pytest.mark.fault("F99"),
    ),
    pytest.param(
        refusal("413 Too large", "25 MB"),
        exceptions.FrontBadRequestError,
        "Too large: 25 MB",
        marks=pytest.mark.fault("F99"),
    ),
    pytest.param(
        refusal("422 Wrong", "No"),
        exceptions.FrontBadRequestError,
        "Wrong: No",
        marks=pytest.mark.fault("F99"),
    ),
    pytest.param(
        refusal("403 Forbidden", "Scope"),
        exceptions.FrontPermissionError,
        "Forbidden: Scope",
        marks=pytest.mark.fault("F98"),
    ),
    pytest.param(
        refusal("404 Not found", "Channel"),
        exceptions.FrontNotFoundError,
        "Not found: Channel",
        marks=pytest.mark.fault("F98"),
    ),
    pytest.param(
        refusal("500 Server error", "Oops"),
        exceptions.FrontServerError,
        "Server error: Oops",
        marks=pytest.mark.fault("F96"),
    ),
]


@pytest.mark.parametrize(("content", "kind", "words"), REFUSALS)
def test_a_refusal_is_its_error_and_is_not_repeated(raw_front, raw_client, content, kind, words):
    raw_front.responses = [content, ACCEPTED]
    with pytest.raises(kind) as caught:
        raw_client.messages.sync_inbound(**INBOUND)
    assert words in str(caught.value)
    assert len(raw_front.requests) == 1


@pytest.mark.fault("F97")
@pytest.mark.parametrize("message", ["Invalid token", "JSON Web Token error"])
def test_a_refused_token_is_replaced_once(raw_front, raw_client, message):
    raw_front.responses = [refusal("401 Unauthenticated", message)] * 3
    with pytest.raises(exceptions.FrontAuthenticationError, match=message):
        raw_client.messages.sync_inbound(**INBOUND)
    assert len(raw_front.requests) == 2


@pytest.mark.fault("F93")
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (["Retry-After: 7"], 7.0),
        (["retry-after:  1.5 "], 1.5),
        (["Retry-After: -0"], 0.5),
        (["Retry-After: -30"], 0.5),
        (["Retry-After: 1000000000000"], 3600.0),
        (["Retry-After: +3"], 3.0),
        (["Retry-After: 0"], 0.5),
        (["Retry-After: Sun Nov  6 08:49:37 1994"], 0.5),
        (["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], 3600.0),
        (["Retry-After: 3", "Retry-After: 5"], None),
        (["Retry-After: \xff"], None),
        (["Retry-After: nan"], None),
        (["Retry-After: soon"], None),
        (["Retry-After: "], None),
        ([], None),
    ],
)
def test_the_wait_that_a_limit_asks_for(raw_front, raw_client, headers, wait):
    raw_front.responses = [response("429 Too Many Requests", "", *headers)]
    with pytest.raises(exceptions.FrontRateLimitError) as caught:
        raw_client.messages.sync_inbound(**INBOUND)
    assert caught.value.retry_after == wait


@pytest.mark.fault("F93")
def test_the_wait_as_a_date(raw_front, raw_client):
    raw_front.responses = [
        response("429 Slow", "", f"Retry-After: {formatdate(time.time() + 90, usegmt=True)}")
    ]
    with pytest.raises(exceptions.FrontRateLimitError) as caught:
        raw_client.messages.sync_inbound(**INBOUND)
    wait = caught.value.retry_after
    assert wait is not None
    assert 80 < wait <= 90


@pytest.mark.fault("F93")
def test_the_wait_in_fronts_words(raw_front, raw_client):
    words = "Rate limit exceeded. Please retry in 1234 milliseconds."
    raw_front.responses = [refusal("429 Too many requests", words)]
    with pytest.raises(exceptions.FrontRateLimitError) as caught:
        raw_client.messages.sync_inbound(**INBOUND)
    assert caught.value.retry_after == 1.234


@pytest.mark.fault("F102")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", '{"message_uid":"uid-1"}'),
        ("204 No Content", ""),
        ("202 Accepted", ""),
        ("202 Accepted", "<html>"),
        ("202 Accepted", '{"message_uid":null}'),
        ("202 Accepted", '{"message_uid":7}'),
        ("202 Accepted", json.dumps({"message_uid": "x" * 1_000_000})),
    ],
    ids=range(7),
)
def test_a_success_that_is_not_the_documented_one_is_ambiguous(raw_front, raw_client, status, body):
    raw_front.responses = [response(status, body)]
    with pytest.raises(exceptions.FrontAmbiguousError):
        raw_client.messages.sync_inbound(**INBOUND)
