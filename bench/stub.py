"""A Front that only answers 202. It is in a process of its own, so that its work is not counted as the client's."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection

BODY = b'{"status":"accepted","message_uid":"1eab543f84a0785f7b6b8967cc18f4d5"}'
ANSWER = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nx-ratelimit-limit: 200\r\n"
    b"x-ratelimit-remaining: 199\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


class _Answering(asyncio.Protocol):
    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if separator and len(body) >= length:
            self._received = b""
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, ANSWER)


async def _serve(delay: float, port: Connection) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(delay), "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(delay: float, port: Connection) -> None:
    asyncio.run(_serve(delay, port))


@contextlib.contextmanager
def stub(delay: float) -> Iterator[str]:
    """Yield the URL of a server that answers every request after ``delay`` seconds."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(delay, sending), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiving.recv()}"
    finally:
        process.terminate()
        process.join()
