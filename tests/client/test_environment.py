"""The client ignores proxies and passwords in the environment: they would see the JWT, or replace it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import requests

from django_front_channel.exceptions import FrontConnectionError

from .conftest import ACCEPTED, INBOUND, Cut, RawFront

CERTIFICATE = Path(__file__).with_name("localhost.pem")
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
PASSWORD = "machine 127.0.0.1 login thief password thief\n"


@pytest.fixture
def thief():
    """A proxy that gets whatever is sent through it."""
    server = RawFront()
    yield server
    server.stop()


@pytest.fixture
def hostile(thief, monkeypatch, tmp_path):
    for name in ("NO_PROXY", "no_proxy", *PROXIES):
        monkeypatch.delenv(name, raising=False)
    for name in PROXIES:
        monkeypatch.setenv(name, thief.url)
    for name in (".netrc", "_netrc", "netrc"):
        (tmp_path / name).write_text(PASSWORD)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(CERTIFICATE))


@pytest.mark.fault("F109")
@pytest.mark.usefixtures("hostile")
def test_no_proxy_is_used_and_the_jwt_stays(raw_front, raw_client, thief):
    raw_front.responses = [ACCEPTED]
    assert raw_client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"
    assert b"Authorization: Bearer " in raw_front.requests[0]
    assert b"Basic" not in raw_front.requests[0]
    assert thief.connections == 0


@pytest.mark.fault("F109")
@pytest.mark.usefixtures("hostile")
def test_no_certificate_of_the_environment_is_trusted(make_client, thief):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    server = RawFront(tls)
    with pytest.raises(FrontConnectionError, match="certificate"):
        make_client(api_url=server.url).messages.sync_inbound(**INBOUND)
    server.stop()
    assert (server.requests, thief.connections) == ([], 0)


@pytest.mark.usefixtures("hostile")
def test_requests_alone_would_obey_this_environment(raw_front, thief, monkeypatch):
    thief.responses = [Cut(ACCEPTED)]
    requests.get(raw_front.url, headers={"Authorization": "Bearer x"}, timeout=30)
    for name in PROXIES:
        monkeypatch.delenv(name)
    raw_front.responses = [Cut(ACCEPTED)]
    requests.get(raw_front.url, headers={"Authorization": "Bearer x"}, timeout=30)
    assert len(thief.requests) == 1
    assert b"Basic" in raw_front.requests[0]
