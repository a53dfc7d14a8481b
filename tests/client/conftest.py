"""A scripted TCP server that stands for Front, for the faults that no mock of an HTTP library can show."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_front_channel.client import FrontClient

SECRET = "0123456789abcdef0123456789abcdef"

# Seconds: far more than anything here takes on a busy machine, and less than what never ends.
GENEROUS = 30

Script = bytes | Callable[[socket.socket], None]


class Cut(bytes):
    """A response after which the server closes the connection."""


class Reset(Cut):
    """A response after which the server breaks the connection off: the client may not even get all of it."""


def response(status: str, body: str = "", *headers: str) -> bytes:
    content = body.encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


ACCEPTED = response("202 Accepted", '{"status":"accepted","message_uid":"uid-1"}')
CHUNKED = (
    b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'10\r\n{"message_uid":"\r\n7\r\nuid-1"}\r\n0\r\n\r\n'
)
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


class RawFront:
    """Responds to one request after the other as ``responses`` say, and keeps each as the bytes that came."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.responses: list[Script] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = False
        self._tls = tls
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def request_lines(self) -> list[str]:
        return [request.split(b"\r\n", 1)[0].decode("ascii") for request in self.requests]

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(GENEROUS)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self.open = True
            with contextlib.suppress(OSError), self._secured(connection) as secured:
                secured.settimeout(0.02)
                self._converse(secured)
            self.open = False

    def _secured(self, connection: socket.socket) -> socket.socket:
        connection.settimeout(5)
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def _converse(self, connection: socket.socket) -> None:
        while (request := self._read_request(connection)) is not None:
            self.requests.append(request)
            script = self.responses.pop(0) if self.responses else Cut()
            try:
                script(connection) if callable(script) else connection.sendall(script)
            except OSError:
                return
            if isinstance(script, Reset):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if isinstance(script, Cut):
                return

    def _read_request(self, connection: socket.socket) -> bytes | None:
        received = b""
        while not self._stopping.is_set():
            head, separator, body = received.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            if separator and len(body) >= int(length[1] if length else 0):
                return received
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return None
            if not piece:
                return None
            received += piece
        return None

    def silence(self, connection: socket.socket) -> None:
        """No response until the test ends."""
        self._stopping.wait()

    def drip(self, content: bytes, every: float) -> Callable[[socket.socket], None]:
        """A response of one byte per ``every`` seconds, until the client hangs up or the test ends."""

        def script(connection: socket.socket) -> None:
            for byte in content:
                connection.sendall(bytes([byte]))
                if self._stopping.wait(every):
                    return

        return script


@pytest.fixture
def raw_front() -> Iterator[RawFront]:
    server = RawFront()
    yield server
    server.stop()


@pytest.fixture
def make_client() -> Iterator[Callable[..., FrontClient]]:
    clients: list[FrontClient] = []

    def make(**arguments: Any) -> FrontClient:
        given: dict[str, Any] = {
            "app_uid": "a1b2c3d4e5f60718",
            "app_secret": SECRET,
            "channel_id": "cha_1",
        } | arguments
        clients.append(FrontClient(**given))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., FrontClient]) -> FrontClient:
    return make_client()


@pytest.fixture
def raw_client(raw_front: RawFront, make_client: Callable[..., FrontClient]) -> FrontClient:
    return make_client(api_url=raw_front.url, timeout=GENEROUS)


INBOUND: dict[str, Any] = {
    "sender": {"handle": "+33612345678"},
    "body": "Bonjour",
    "external_id": "m-1",
    "external_conversation_id": "c-1",
}
