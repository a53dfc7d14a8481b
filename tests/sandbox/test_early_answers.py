"""A site that answers before it has read the webhook, and hangs up: its answer counts all the same."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from django_front_channel.sandbox.webhook_sender import NoAnswer, send_with_requests

pytestmark = pytest.mark.fault("guest")
REFUSAL = b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n"
JSON = {"Content-Type": "application/json"}


@contextmanager
def hasty_site(answer: bytes) -> Iterator[str]:
    """Answers when it has the head of a request, and resets the connection, because the body is left unread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += connection.recv(1)
                connection.recv(1)  # so that some of the body is here, and left
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize("size", [2_000, 9_000_000])
@pytest.mark.parametrize("length", [b"", b"Content-Length: 12\r\n"], ids=["until the end", "with a length"])
def test_an_early_refusal_is_read(length: bytes, size: int) -> None:
    with hasty_site(REFUSAL + length + b"\r\nWho are you?") as url:
        status, _headers, body = send_with_requests("POST", url, JSON, b"x" * size, 5)
    assert (status, body) == (401, b"Who are you?")


def test_an_answer_that_lacks_its_end_is_no_answer() -> None:
    with hasty_site(REFUSAL + b"Content-Length: 99\r\n\r\nWho") as url, pytest.raises(NoAnswer):
        send_with_requests("POST", url, JSON, b"x" * 2_000, 5)
