"""Faults on the wire, each made by a real server on a real socket."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc

import pytest

from django_front_channel import __version__
from django_front_channel.exceptions import (
    FrontAmbiguousError,
    FrontBadRequestError,
    FrontPermissionError,
    FrontRedirectError,
)

from .conftest import ACCEPTED, CHUNKED, GENEROUS, INBOUND, NO_CONTENT, Cut, response


def test_the_request_on_the_wire(raw_front, raw_client):
    raw_front.responses = [ACCEPTED]
    raw_client.messages.sync_inbound(**INBOUND | {"body": "Olá ☕"})
    head, _, body = raw_front.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /channels/cha_1/inbound_messages HTTP/1.1"
    assert "Accept-Encoding: identity" in lines
    assert f"User-Agent: django-front-channel/{__version__}" in lines
    assert "Content-Type: application/json" in lines
    assert '"body":"Olá ☕"'.encode() in body


def test_a_chunked_response_is_read(raw_front, raw_client):
    raw_front.responses = [CHUNKED]
    assert raw_client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"


@pytest.mark.parametrize(
    "content", [b"\x00\xff" * 40 + b"\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-x\r\n"]
)
def test_what_is_not_http_is_ambiguous(raw_front, raw_client, content):
    raw_front.responses = [Cut(content)]
    with pytest.raises(FrontAmbiguousError):
        raw_client.messages.sync_inbound(**INBOUND)


@pytest.mark.fault("F105")
@pytest.mark.parametrize(
    "content", [response("200 OK", "<html>", "Content-Type: text/html"), response("200 OK")]
)
def test_the_page_of_a_captive_portal_is_ambiguous(raw_front, raw_client, content):
    raw_front.responses = [content]
    with pytest.raises(FrontAmbiguousError):
        raw_client.messages.sync_inbound(**INBOUND)


@pytest.mark.fault("F92")
def test_a_message_that_is_taken_in_silence_is_ambiguous(raw_front, make_client):
    raw_front.responses = [raw_front.silence, ACCEPTED]
    with pytest.raises(FrontAmbiguousError):
        make_client(api_url=raw_front.url, timeout=1).messages.sync_inbound(**INBOUND)
    assert b'"external_id":"m-1"' in raw_front.requests[0]


@pytest.mark.fault("F103")
@pytest.mark.parametrize(
    ("content", "begun"),
    [(ACCEPTED, 0), (ACCEPTED, 30), (ACCEPTED, -40), (CHUNKED, -40)],
    ids=["status", "headers", "body", "chunks"],
)
def test_a_dripping_response_does_not_extend_the_deadline(raw_front, make_client, content, begun):
    """It would be a whole one, after several times the deadline."""

    def script(connection):
        connection.sendall(content[:begun])
        raw_front.drip(content[begun:], every=0.1)(connection)

    raw_front.responses = [script]
    with pytest.raises(FrontAmbiguousError):
        make_client(api_url=raw_front.url, timeout=1).messages.sync_inbound(**INBOUND)


@pytest.mark.fault("F103")
def test_a_server_that_takes_the_body_slowly_does_not_extend_the_deadline(make_client):
    over = threading.Event()

    def read_slowly():
        connection, _ = listener.accept()
        with connection:
            while not over.wait(0.1) and time.monotonic() - begun < GENEROUS:
                connection.recv(16 * 1024)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        begun = time.monotonic()
        reader = threading.Thread(target=read_slowly)
        reader.start()
        client = make_client(api_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=1)
        with pytest.raises(FrontAmbiguousError):
            client.messages.sync_inbound(**INBOUND | {"body": "x" * 6_000_000})
        elapsed = time.monotonic() - begun
        over.set()
        reader.join()
    assert elapsed < GENEROUS


@pytest.mark.fault("F104")
def test_a_connection_is_kept_and_a_dropped_one_replaced(raw_front, raw_client):
    raw_front.responses = [ACCEPTED, Cut(ACCEPTED), ACCEPTED]
    for _ in range(3):
        assert raw_client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
        wait_until_closed_if_it_will_be(raw_front)
    assert raw_front.connections == 2


@pytest.mark.fault("F104")
def test_a_kept_connection_that_dies_under_a_request_leaves_doubt(raw_front, raw_client):
    raw_front.responses = [ACCEPTED, Cut(), ACCEPTED]
    raw_client.messages.sync_inbound(**INBOUND)
    with pytest.raises(FrontAmbiguousError):
        raw_client.messages.sync_inbound(**INBOUND)
    assert (raw_front.connections, len(raw_front.requests)) == (1, 2)


def wait_until_closed_if_it_will_be(raw_front):
    """The server closes right after a Cut; the loopback shows it to the client's kernel at once."""
    deadline = time.monotonic() + GENEROUS
    while len(raw_front.requests) == 2 and raw_front.open and time.monotonic() < deadline:
        time.sleep(0.005)


BOMB = gzip.compress(b"0" * 50_000_000)


@pytest.mark.fault("F38")
@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"202 Accepted", FrontAmbiguousError),
        (b"403 Forbidden", FrontPermissionError),
        (b"301 Moved\r\nLocation: /x", FrontRedirectError),
    ],
)
def test_a_gzip_bomb_is_not_inflated(raw_front, raw_client, head, error):
    raw_front.responses = [Cut(b"HTTP/1.1 " + head + b"\r\nContent-Encoding: gzip\r\n\r\n" + BOMB)]
    tracemalloc.start()
    try:
        with pytest.raises(error):
            raw_client.messages.sync_inbound(**INBOUND)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_a_response_compressed_against_our_wish_is_not_read(raw_front, raw_client):
    body = gzip.compress(b'{"message_uid":"uid-1"}')
    raw_front.responses = [Cut(b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\n\r\n" + body)]
    with pytest.raises(FrontAmbiguousError):
        raw_client.messages.sync_inbound(**INBOUND)


def test_an_endless_response_is_not_read_to_its_end(raw_front, raw_client):
    sent = []

    def script(connection):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x" * 1_000_000)
            sent.append(1)

    raw_front.responses = [script]
    with pytest.raises(FrontBadRequestError):
        raw_client.messages.sync_inbound(**INBOUND)
    assert len(sent) < 50


def test_cookies_are_not_kept(raw_front, raw_client):
    raw_front.responses = [
        response("202 Accepted", '{"message_uid":"uid-1"}', "Set-Cookie: a=b; Path=/"),
        ACCEPTED,
    ]
    raw_client.messages.sync_inbound(**INBOUND)
    raw_client.messages.sync_inbound(**INBOUND)
    assert b"ookie" not in raw_front.requests[1]


@pytest.mark.parametrize(
    ("external_id", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("a+b%2Fc", "a%2Bb%252Fc"),
        ("é", "%C3%A9"),
        ("a?b#c", "a%3Fb%23c"),
        ("...", "..."),
        ("../m", "..%2Fm"),
        ("~", "~"),
    ],
)
def test_ids_are_one_segment_on_the_wire(raw_front, raw_client, external_id, segment):
    raw_front.responses = [NO_CONTENT]
    raw_client.messages.report_failure(
        external_conversation_id=external_id, external_id=external_id, reason="Gone"
    )
    assert raw_front.request_lines() == [
        f"PUT /channels/cha_1/conversations/{segment}/messages/{segment}/status HTTP/1.1"
    ]


def test_dots_never_reach_the_wire(raw_front, raw_client):
    with pytest.raises(ValueError, match="external_conversation_id"):
        raw_client.messages.report_failure(external_conversation_id="..", external_id="m", reason="Gone")
    assert raw_front.connections == 0


@pytest.mark.fault("F110")
def test_the_base_path_is_kept_without_its_slash(raw_front, make_client):
    raw_front.responses = [response("200 OK", '{"id":"msg_1"}')]
    make_client(api_url=raw_front.url + "/front/").messages.get("msg_1")
    assert raw_front.request_lines() == ["GET /front/messages/msg_1 HTTP/1.1"]
