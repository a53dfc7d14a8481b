"""The SMS provider of the documentation, on loopback: it takes every message, and finds it by its reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

SMS_PROVIDER = "https://sms.example.com"
SLOW = "This one takes long"
"""The provider sends such a text, but hangs up before it answers."""


class _Request(BaseHTTPRequestHandler):
    server: _Provider

    def do_POST(self) -> None:
        sms = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        taken = {**sms, "id": f"SM-{len(self.server.taken) + 1}"}
        self.server.taken.append(taken)
        if taken["text"] == SLOW:
            self.close_connection = True
        else:
            self._answer(taken)

    def do_GET(self) -> None:
        [reference] = parse_qs(urlsplit(self.path).query)["reference"]
        self._answer({"messages": [sms for sms in self.server.taken if sms["reference"] == reference]})

    def _answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Provider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.taken: list[dict[str, Any]] = []


@contextmanager
def providing() -> Iterator[str]:
    """A provider that works inside the block. Gives its address."""
    with _Provider() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
