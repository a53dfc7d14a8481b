"""The sandbox on a real socket, sending real webhooks."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests

from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving

from .conftest import APP_SECRET, APP_UID, inbound, outbound


class Site(ThreadingHTTPServer):
    """An integration on loopback: it connects any channel, and drips or redirects where a test says so."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SiteHandler)
        self.received: list[dict[str, Any]] = []
        self.drips = False
        self.redirects = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/front/"


class SiteHandler(BaseHTTPRequestHandler):
    server: Site

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))
        answer = {"type": "success", "external_id": "r-1", "external_conversation_id": "thr-7"}
        content = json.dumps(answer).encode()
        self.send_response(301 if self.server.redirects else 200)
        self.send_header("Location", self.server.url)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(ConnectionError):
            for byte in content:
                self.wfile.write(bytes([byte]))
                if self.server.drips:
                    time.sleep(0.05)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    site.shutdown()
    thread.join()
    site.server_close()


@pytest.fixture
def front(site: Site) -> Sandbox:
    return Sandbox(app_uid=APP_UID, app_secret=APP_SECRET, webhook_url=site.url, import_delay=0.01)


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.01)
    return value


def bearer(channel_id: str) -> dict[str, str]:
    claims = {"iss": APP_UID, "sub": channel_id, "exp": int(time.time()) + 20}
    return {"Authorization": f"Bearer {jwt.encode(claims, APP_SECRET)}"}


def test_round_trip(site: Site, front: Sandbox) -> None:
    with serving(front) as address:
        connected = requests.post(f"{address}/_sandbox/connect", json={"token": "t"}, timeout=5).json()
        channel = connected["channel_id"]
        url = f"{address}/channels/{channel}/inbound_messages"
        accepted = requests.post(url, json=inbound("é ☕"), headers=bearer(channel), timeout=5)
        assert accepted.status_code == 202
        until(lambda: len(site.received) == 2)
        assert [each["type"] for each in site.received] == ["authorization", "message_imported"]
        assert site.received[1]["payload"]["metadata"] == {"external_id": "é ☕"}
        conversation = requests.get(f"{address}/_sandbox/state", timeout=5).json()["conversations"][0]["id"]
        arguments = {"conversation_id": conversation, "text": "Hello"}
        replied = requests.post(f"{address}/_sandbox/reply", json=arguments, timeout=5).json()
        assert (replied["status"], replied["external_id"]) == ("sent", "r-1")


def test_an_encoded_slash_in_an_id_stays_in_its_segment(front: Sandbox) -> None:
    with serving(front) as address:
        channel = front.connect(token="t")["channel_id"]
        url = f"{address}/channels/{channel}/outbound_messages"
        requests.post(url, json=outbound("a/b", "c/d"), headers=bearer(channel), timeout=5)
        until(lambda: front.snapshot()["conversations"])
        url = f"{address}/channels/{channel}/conversations/c%2Fd/messages/a%2Fb/status"
        answer = requests.put(url, json={"status": "failed"}, headers=bearer(channel), timeout=5)
        assert answer.status_code == 204
        assert front.snapshot()["conversations"][0]["messages"][0]["status"] == "failed"


def test_a_held_answer_is_visible_before_it_is_given(front: Sandbox) -> None:
    with serving(front) as address:
        channel = front.connect(token="t")["channel_id"]
        front.hold(seconds=60)
        url = f"{address}/channels/{channel}/inbound_messages"
        answers: list[requests.Response] = []
        post = threading.Thread(
            target=lambda: answers.append(
                requests.post(url, json=inbound(), headers=bearer(channel), timeout=30)
            )
        )
        post.start()
        until(lambda: front.snapshot()["conversations"])
        entry = next(each for each in front.journal.since(0) if each["kind"] == "api")
        assert (entry["url"], entry["status"], answers) == (url.removeprefix(address), None, [])
        assert requests.get(f"{address}/messages/x", headers=bearer(channel), timeout=5).status_code == 404
        front.stop()
        post.join(timeout=60)
        assert answers[0].status_code == 202


def test_a_connection_is_kept(front: Sandbox) -> None:
    with serving(front) as address:
        channel = front.connect(token="t")["channel_id"]
        connection = HTTPConnection(urlsplit(address).netloc, timeout=5)
        sockets = []
        for status in (b'{"status":"offline"}', b'{"status":"ok"}', b"no JSON"):
            headers = {"Content-Type": "application/json", **bearer(channel)}
            connection.request("PATCH", f"/channels/{channel}", status, headers)
            answer = connection.getresponse()
            sockets.append((answer.status, len(answer.read()) > 0, connection.sock))
        assert [each[:2] for each in sockets] == [(204, False), (204, False), (400, True)]
        assert len({each[2] for each in sockets}) == 1
        assert sockets[0][2] is not None
    # Nor is it served on by a Front that has ended.
    with closing(connection), pytest.raises(ConnectionError):
        _ask(connection)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /_sandbox/connect HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST /_sandbox/connect HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"HEAD /_sandbox/ HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /_sandbox/ HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /_sandbox/ HTTP/1.1\r\nConnection: close\r\n\r\n", b"200"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b""),
    ],
)
def test_a_connection_ends_where_the_next_request_could_not_be_found(
    front: Sandbox, request_: bytes, status: bytes
) -> None:
    with serving(front) as address, socket.create_connection(_place(address), timeout=5) as connection:
        connection.sendall(request_)
        received = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                received += piece
        assert received[9:12] == status


def _ask(connection: HTTPConnection) -> None:
    connection.request("GET", "/_sandbox/")
    connection.getresponse().read()


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def test_webhooks_follow_no_redirect(site: Site, front: Sandbox) -> None:
    site.redirects = True
    assert front.connect(token="t")["error"] == "The channel answered with status 301."
    assert len(site.received) == 1


def test_webhooks_have_a_total_time_limit(site: Site, front: Sandbox) -> None:
    site.drips = True
    front.configure(webhook_time_limit=0.3)
    assert front.connect(token="t")["error"] == "The channel servers are unresponsive."


def test_nobody_listens(front: Sandbox) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        front.company.app.webhook_url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert front.connect(token="t")["error"] == "The channel servers are unresponsive."


def test_webhooks_ignore_the_proxies_of_the_machine(
    site: Site, front: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    assert front.connect(token="t")["error"] is None


def test_a_failing_job_does_not_end_the_imports(front: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()

    def fail() -> None:
        raise RuntimeError("a bug of the integration")

    front.start()
    front.company.schedule.add(0, fail)
    front.company.schedule.add(0, done.set)
    assert done.wait(60)
    front.stop()
    assert "A scheduled job of the sandbox failed." in caplog.text
