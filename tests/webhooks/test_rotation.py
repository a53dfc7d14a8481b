"""An App secret is rotated while Front goes on sending: no valid request is refused."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import requests

from django_front_channel.testing import sign
from tests.processes import Process
from tests.workers import until

SERVE = """
import django
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
server.daemon_threads = True
server.set_app(get_wsgi_application())
print(server.server_port, flush=True)
server.serve_forever()
"""
BODY = b'{"type":"list_addresses","payload":{}}'
SENDERS = 4


class Secrets:
    """The file that the servers read, and the secret that Front signs with."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.signing = "first" * 8
        self.write(self.signing)

    def write(self, *secrets: str) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(secrets))
        written.replace(self._file)


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "secrets.json")


@pytest.fixture
def urls(secrets: Secrets, tmp_path: Path, child_environment: dict[str, str]) -> Iterator[list[str]]:
    """The app's URL on two servers in processes of their own."""
    environment = {
        **child_environment,
        "DJANGO_SETTINGS_MODULE": "tests.webhooks.rotating",
        "FRONT_CHANNEL_TEST_SECRETS": str(tmp_path / "secrets.json"),
    }
    with ExitStack() as stack:
        command = [sys.executable, "-c", SERVE]
        servers = [stack.enter_context(Process(command, env=environment)) for _ in range(2)]
        yield [f"http://127.0.0.1:{int(server.line())}/front/default/" for server in servers]


def ask(session: requests.Session, url: str, secret: str) -> int:
    return session.post(url, BODY, headers=sign(BODY, secret), timeout=120).status_code


@pytest.mark.fault("F13")
def test_a_secret_is_rotated_twice_under_load(secrets: Secrets, urls: list[str]) -> None:
    answers: list[list[tuple[str, int]]] = [[] for _ in range(SENDERS)]
    done = threading.Event()

    def send(number: int) -> None:
        with requests.Session() as session:
            while not done.is_set():
                secret = secrets.signing
                answers[number].append((secret, ask(session, urls[number % 2], secret)))

    def each_has_sent(secret: str, count: int) -> bool:
        return all(sum(used == secret for used, _ in sent) >= count for sent in answers)

    with ThreadPoolExecutor(SENDERS) as pool:
        sending = [pool.submit(send, number) for number in range(SENDERS)]
        try:
            for new in ("second" * 6, "third" * 8):
                old = secrets.signing
                until(partial(each_has_sent, old, 25), 120)
                secrets.write(old, new)
                secrets.signing = new
                until(partial(each_has_sent, new, 25), 120)
                secrets.write(new)  # nobody signs with the old one any more
        finally:
            done.set()
        for sender in sending:
            sender.result()

    assert {status for sent in answers for _, status in sent} == {200}
    with requests.Session() as session:
        assert [ask(session, url, "first" * 8) for url in urls] == [401, 401]
