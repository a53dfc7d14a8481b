from __future__ import annotations

import io
import socket
import ssl
import tracemalloc
from pathlib import Path

import pytest
import requests

from django_front_channel.client import DownloadedAttachment, executor
from django_front_channel.client.hosts import storage_url
from django_front_channel.exceptions import (
    FrontAPIError,
    FrontConnectionError,
    FrontNotFoundError,
    FrontRedirectError,
    InvalidArgument,
)

from .conftest import Cut, RawFront, response

# Made for these tests, for files.s3.amazonaws.com, good from 2020 until 2126; nothing else trusts it.
CERTIFICATE = Path(__file__).with_name("storage.pem")
FILE = bytes(range(256)) * 1000
API = "https://api2.frontapp.com"


def file_response(content: bytes = FILE, *headers: str) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Length: {len(content)}",
        "Content-Type: image/png",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + content


def moved(location: str) -> bytes:
    return response("302 Found", "", f"Location: {location}")


@pytest.mark.parametrize("to", [None, "photo.png", Path("photo.png"), b""], ids=repr)
def test_there_must_be_a_file_to_write_to(raw_front, raw_client, to):
    with pytest.raises(InvalidArgument, match="to must be a file that is open in binary mode"):
        raw_client.messages.download("msg_1", "fil_1", to=to)
    assert raw_front.connections == 0


def test_a_file_is_written_as_it_is(raw_front, raw_client):
    raw_front.responses = [file_response()]
    file = io.BytesIO()
    done = raw_client.messages.download("msg_1", "fil_1", to=file)
    assert done == DownloadedAttachment(content_type="image/png", size=len(FILE))
    assert file.getvalue() == FILE
    assert raw_front.request_lines() == ["GET /messages/msg_1/download/fil_1 HTTP/1.1"]


def accepted(request: bytes) -> list[bytes]:
    return [line for line in request.split(b"\r\n") if line.lower().startswith(b"accept:")]


def test_a_file_may_be_of_any_type(raw_front, raw_client):
    raw_front.responses = [moved("/storage/1"), file_response(), response("200 OK", '{"id":"msg_1"}')]
    raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())
    raw_client.messages.get("msg_1")
    asked = [accepted(request) for request in raw_front.requests]
    assert asked == [[b"Accept: */*"], [b"Accept: */*"], [b"Accept: application/json"]]


@pytest.fixture
def storage(monkeypatch):
    """A server with the name and a certificate of a storage of AWS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    server = RawFront(tls)
    port = int(server.url.rpartition(":")[2])
    real = socket.getaddrinfo
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *args, **kwargs: here if host.endswith("amazonaws.com") else real(host, *args, **kwargs),
    )
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(CERTIFICATE))
    yield server
    server.stop()


def test_the_storage_of_front_gets_no_jwt(raw_front, raw_client, storage):
    raw_front.responses = [moved("https://files.s3.amazonaws.com/a/b?X-Amz-Signature=s%2Fig")]
    storage.responses = [file_response()]
    file = io.BytesIO()
    assert raw_client.messages.download("msg_1", "fil_1", to=file).size == len(FILE)
    assert file.getvalue() == FILE
    assert storage.request_lines() == ["GET /a/b?X-Amz-Signature=s%2Fig HTTP/1.1"]
    assert b"uthorization" in raw_front.requests[0]
    assert b"uthorization" not in storage.requests[0]


def test_only_one_redirect_is_followed(raw_front, raw_client, storage):
    raw_front.responses = [moved("https://files.s3.amazonaws.com/a")] * 3
    storage.responses = [moved("https://files.s3.amazonaws.com/b")] * 3
    with pytest.raises(FrontConnectionError, match="storage"):
        raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())
    assert set(storage.request_lines()) == {"GET /a HTTP/1.1"}


def test_a_storage_that_refuses_is_asked_for_a_new_address(raw_front, raw_client, storage):
    raw_front.responses = [moved("https://files.s3.amazonaws.com/a"), file_response()]
    storage.responses = [response("403 Forbidden")]
    with pytest.raises(FrontConnectionError, match="storage") as caught:
        raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())
    assert (caught.value.retryable, caught.value.ambiguous) == (True, False)


def test_the_place_of_the_api_may_be_its_own_storage(raw_front, raw_client):
    raw_front.responses = [moved("/files/1"), file_response()]
    assert raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO()).size == len(FILE)
    assert raw_front.request_lines()[1] == "GET /files/1 HTTP/1.1"
    assert b"uthorization" not in raw_front.requests[1]


def test_a_foreign_storage_gets_no_request(raw_front, raw_client):
    stranger = RawFront()
    raw_front.responses = [moved(stranger.url + "/a")]
    with pytest.raises(FrontRedirectError, match="foreign host"):
        raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())
    stranger.stop()
    assert stranger.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://files.s3.amazonaws.com/a",
        "https://amazonaws.com.evil.example/a",
        "https://evilamazonaws.com/a",
        "https://x@files.s3.amazonaws.com/a",
        "https://files.s3.amazonaws.com@evil.example/a",
        "http://api2.frontapp.com/a",
        "https://api2.frontapp.com:8443/a",
        "//evil.example/a",
        "file:///etc/passwd",
        "http://[/",
    ],
)
def test_no_other_storage_is_believed(location):
    with pytest.raises(ValueError, match=r"."):
        storage_url(location, API)


def test_a_file_larger_than_allowed_is_not_read_to_its_end(raw_front, raw_client):
    raw_front.responses = [file_response()]
    file = io.BytesIO()
    with pytest.raises(FrontAPIError, match="100000 bytes") as caught:
        raw_client.messages.download("msg_1", "fil_1", to=file, limit=100_000)
    assert not caught.value.retryable
    assert len(file.getvalue()) <= 100_000
    raw_front.responses = [file_response()]
    assert raw_client.messages.download("msg_1", "fil_1", to=file, limit=len(FILE)).size == len(FILE)


def test_the_address_of_a_file_is_in_no_error(raw_front, raw_client, storage, monkeypatch):
    """Whoever has it may fetch the file for a while."""
    monkeypatch.setattr(executor, "PAUSES", ())
    monkeypatch.setattr(
        requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(CERTIFICATE.with_name("localhost.pem"))
    )
    raw_front.responses = [moved("https://files.s3.amazonaws.com/a?X-Amz-Signature=secret")]
    with pytest.raises(FrontConnectionError, match="certificate") as caught:
        raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())
    assert "secret" not in str(caught.value)


@pytest.mark.fault("F101")
def test_half_a_file_is_an_error_and_not_asked_for_again(raw_front, raw_client):
    raw_front.responses = [Cut(file_response()[:-1]), file_response()]
    with pytest.raises(FrontConnectionError):
        raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())
    assert len(raw_front.requests) == 1


def test_a_file_of_which_nothing_came_is_asked_for_again(raw_front, raw_client):
    raw_front.responses = [response("503 Unavailable"), Cut(file_response()[:20]), file_response()]
    assert raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO()).size == len(FILE)


def test_an_unknown_file(raw_front, raw_client):
    raw_front.responses = [response("404 Not Found", '{"_error":{"title":"Gone"}}')]
    with pytest.raises(FrontNotFoundError, match="Gone"):
        raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())


@pytest.mark.fault("F38")
def test_a_compressed_file_is_refused(raw_front, raw_client):
    raw_front.responses = [file_response(b"\x1f\x8b", "Content-Encoding: gzip")] * 3
    with pytest.raises(FrontConnectionError):
        raw_client.messages.download("msg_1", "fil_1", to=io.BytesIO())


class Full(io.BytesIO):
    def write(self, data, /) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.fault("F108")
def test_a_full_disk_is_the_callers_own_error(raw_front, raw_client):
    raw_front.responses = [file_response(), file_response()]
    with pytest.raises(OSError, match="No space left"):
        raw_client.messages.download("msg_1", "fil_1", to=Full())
    assert len(raw_front.requests) == 1


class Counting:
    size = 0

    def write(self, data: bytes, /) -> None:
        self.size += len(data)


def test_a_file_is_received_in_constant_memory(raw_front, raw_client):
    size, piece = 20_000_000, bytes(100_000)

    def script(connection):
        connection.settimeout(5)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            connection.sendall(piece)
        connection.settimeout(0.02)

    raw_front.responses = [script]
    file = Counting()
    tracemalloc.start()
    try:
        raw_client.messages.download("msg_1", "fil_1", to=file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert file.size == size
    assert peak < 2_000_000
