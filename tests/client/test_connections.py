"""Connecting to Front, or failing to: on real sockets, with and without TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from pathlib import Path

import pytest
import requests

from django_front_channel.exceptions import FrontAmbiguousError, FrontConnectionError

from .conftest import ACCEPTED, CHUNKED, GENEROUS, INBOUND, RawFront

# Made for these tests, for localhost and 127.0.0.1, good from 2020 until 2126; nothing else trusts it.
CERTIFICATE = Path(__file__).with_name("localhost.pem")
# Just so, but good in 2020 only.
EXPIRED = Path(__file__).with_name("expired.pem")
# Good, but for files.s3.amazonaws.com.
ELSEWHERE = Path(__file__).with_name("storage.pem")


def test_a_refused_connection_sent_nothing(make_client):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(FrontConnectionError) as caught:
        make_client(api_url=f"http://127.0.0.1:{port}").messages.sync_inbound(**INBOUND)
    assert not caught.value.ambiguous


@pytest.mark.fault("F105")
def test_an_unknown_host_was_sent_nothing(make_client):
    with pytest.raises(FrontConnectionError):
        make_client(api_url="https://front.invalid", timeout=5).messages.sync_inbound(**INBOUND)


@pytest.mark.fault("F105")
def test_a_failed_tls_handshake_sent_nothing(raw_front, make_client, monkeypatch):
    """The server never responds to the handshake, which may take all the time that connecting has left."""
    port = int(raw_front.url.rpartition(":")[2])
    monkeypatch.setattr(socket, "getaddrinfo", resolving_localhost_to([("127.0.0.1", port)] * 4))
    begun = time.monotonic()
    with pytest.raises(FrontConnectionError):
        make_client(api_url=f"https://localhost:{port}", timeout=0.6).channels.update(status="ok")
    assert 0.5 < time.monotonic() - begun < GENEROUS


@pytest.fixture
def secure_front():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    server = RawFront(tls)
    yield server
    server.stop()


def test_a_call_over_tls(secure_front, make_client, monkeypatch):
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(CERTIFICATE))
    secure_front.responses = [CHUNKED, ACCEPTED]
    client = make_client(api_url=secure_front.url)
    for _ in range(2):
        assert client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
    assert secure_front.connections == 1


@pytest.mark.fault("F103")
def test_a_dripping_response_over_tls_does_not_extend_the_deadline(secure_front, make_client, monkeypatch):
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(CERTIFICATE))
    secure_front.responses = [secure_front.drip(ACCEPTED, every=0.1)]
    with pytest.raises(FrontAmbiguousError):
        make_client(api_url=secure_front.url, timeout=2).messages.sync_inbound(**INBOUND)


@pytest.mark.fault("F105")
def test_an_untrusted_certificate_is_shown_no_jwt(secure_front, make_client):
    with pytest.raises(FrontConnectionError, match="certificate"):
        make_client(api_url=secure_front.url).messages.sync_inbound(**INBOUND)
    assert secure_front.requests == []


@pytest.mark.fault("F105")
@pytest.mark.parametrize(
    ("certificate", "words"), [(ELSEWHERE, "mismatch|doesn't match"), (EXPIRED, "expired")]
)
def test_a_certificate_of_another_host_or_time_is_shown_no_jwt(make_client, monkeypatch, certificate, words):
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server = RawFront(tls)
    with pytest.raises(FrontConnectionError, match=words):
        make_client(api_url=server.url).messages.sync_inbound(**INBOUND)
    server.stop()
    assert server.requests == []


@pytest.fixture
def black_hole():
    """The address of a listener whose queue is full: like a firewall, it drops what comes."""
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()


def resolving_localhost_to(addresses):
    real = socket.getaddrinfo
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    return lambda host, *args, **kwargs: entries if host == "localhost" else real(host, *args, **kwargs)


def test_a_host_that_does_not_response_does_not_extend_the_deadline(black_hole, make_client, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", resolving_localhost_to([black_hole] * 4))
    begun = time.monotonic()
    with pytest.raises(FrontConnectionError):
        make_client(api_url="http://localhost", timeout=0.8).channels.update(status="ok")
    assert time.monotonic() - begun < GENEROUS


def test_a_dead_address_leaves_time_for_the_next(black_hole, raw_front, make_client, monkeypatch):
    alive = ("127.0.0.1", int(raw_front.url.rpartition(":")[2]))
    monkeypatch.setattr(socket, "getaddrinfo", resolving_localhost_to([black_hole, alive]))
    raw_front.responses = [ACCEPTED]
    client = make_client(api_url="http://localhost", timeout=3)
    assert client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
