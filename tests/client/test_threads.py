"""One client, shared by many threads."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .conftest import GENEROUS, INBOUND

THREADS, ROUNDS = 32, 4


class Meeting(http.server.BaseHTTPRequestHandler):
    """Responses once as many requests are there as there are threads, each with the id that it brought."""

    protocol_version = "HTTP/1.1"
    server: Front

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.client_address)

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.tokens.append(self.headers["Authorization"])
        self.server.together.wait()
        body = json.dumps({"message_uid": f"uid of {said['metadata']['external_id']}"}).encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Nobody reads it."""


class Front(http.server.ThreadingHTTPServer):
    request_queue_size = THREADS

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Meeting)
        self.connections: list[Any] = []
        self.tokens: list[str] = []
        self.together = threading.Barrier(THREADS, timeout=GENEROUS)


@pytest.fixture
def front() -> Iterator[Front]:
    with Front() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_each_thread_gets_its_own_response_and_connections_are_kept(front, make_client, caplog):
    client = make_client(api_url=f"http://127.0.0.1:{front.server_port}", timeout=GENEROUS)

    def work(thread: int) -> list[str]:
        ids = [f"m-{thread}-{number}" for number in range(ROUNDS)]
        return [client.messages.sync_inbound(**INBOUND | {"external_id": each}).message_uid for each in ids]

    with ThreadPoolExecutor(THREADS) as threads:
        uids = list(threads.map(work, range(THREADS)))
    client.close()
    assert uids == [[f"uid of m-{thread}-{number}" for number in range(ROUNDS)] for thread in range(THREADS)]
    assert len(set(front.tokens)) == THREADS * ROUNDS
    assert len(front.connections) <= THREADS
    assert caplog.messages == []
