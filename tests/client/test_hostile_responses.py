"""Responses that no HTTP server should give: the caller always sees a ``FrontAPIError``, and no other error."""

from __future__ import annotations

import io

import pytest

from django_front_channel.client import executor
from django_front_channel.exceptions import FrontAPIError

from .conftest import INBOUND, Cut, RawFront, response

CALLS = {
    "sync": lambda client: client.messages.sync_inbound(**INBOUND),
    "get": lambda client: client.messages.get("msg_1"),
    "list": lambda client: list(client.conversations.messages("cnv_1")),
    "download": lambda client: client.messages.download("msg_1", "fil_1", to=io.BytesIO()),
}
STATUSES = (b"HTTP/1.1 200 OK", b"HTTP/1.1 202 Accepted", b"HTTP/1.1 302 Found", b"HTTP/1.1 429 Slow")
HEADERS = (
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 5, 7",
    b"Transfer-Encoding: gzip, chunked",
    b"Content-Encoding: \xff",
    b"Location: \xff",
    b"Location: //\x00",
    b"Location: http://[::1",
    b"Location: https://x.amazonaws.com:99999/",
    b"Location: https://.amazonaws.com/",
    b"Location: https://*.amazonaws.com/",
    b"Location: https://" + b"a" * 70 + b".amazonaws.com/",
    b"Retry-After: " + b"9" * 4000,
    b"Retry-After: Sun, 06 Nov 0001 08:49:37 GMT",
    b"Retry-After: Sun, 06 Nov 9999 23:49:37 -2359",
    b"X: " + b"y" * 70_000,
    b"\r\n".join(b"X: y" for _ in range(200)),
    b"no colon",
    b": no name",
)
CHUNKED = b"Transfer-Encoding: chunked"
BODIES = (
    (CHUNKED, b"-5\r\nhello"),
    (CHUNKED, b"zz\r\n"),
    (CHUNKED, b"f" * 5000),
    (CHUNKED, b"FFFFFFFFFFFFFFFFFF\r\nx"),
    (b"X: y", b"[" * 60_000),
    (b"X: y", b'{"id":' + b"9" * 5000 + b"}"),
    (b"X: y", b"\xff\xfe"),
    (b"X: y", b'{"_error":{"title":"\\ud800\\u0007","message":"\\ud800","details":[1,null,"\\u0000"]}}'),
    (b"X: y", b'{"_results":[{"id":"x"}],"_pagination":{"next":"http://["}}'),
    (b"X: y", b'{"_results":[{"id":"x"}],"_pagination":{"next":7}}'),
)
HEADS = (b"HTTP/1.1 20x OK", b"HTTP/1.1 -1", b"HTTP/9.9 200 OK", b"HTTP/1.1 101 Switch", b"HTTP/1.1 \xff\x07")
ANSWERS = [
    *(b"\r\n".join((status, header, b"", b"{}")) for status in STATUSES for header in HEADERS),
    *(b"\r\n".join((status, header, b"", body)) for status in STATUSES for header, body in BODIES),
    *(head + b"\r\n\r\n{}" for head in HEADS),
]


@pytest.mark.fault("F101")
@pytest.mark.fault("F102")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_nothing_but_our_errors_comes_of_it(raw_front: RawFront, raw_client, monkeypatch, call):
    monkeypatch.setattr(executor, "PAUSES", ())
    for sent in ANSWERS:
        raw_front.responses = [Cut(sent)]
        error = raised(call, raw_client)
        assert error is None or str(error).isprintable(), sent
        raw_client.close()  # after a whole response, the next request would race with the end of its connection
    assert len(raw_front.requests) >= len(ANSWERS)  # some of them lead to a file


def raised(call, client):
    try:
        call(client)
    except FrontAPIError as error:
        return error
    return None


@pytest.mark.parametrize("number", ["1e400", "-1e400", "true", '"7"', "null", "[]"])
def test_a_time_or_a_size_is_a_finite_number(raw_front, raw_client, number):
    raw = f'"id":"x","created_at":{number},"size":{number}'
    raw_front.responses = [response("200 OK", f'{{{raw},"attachments":[{{{raw}}}]}}')]
    message = raw_client.messages.get("msg_1")
    assert (message.created_at, message.attachments[0].size) == (None, None)
