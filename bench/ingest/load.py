"""A closed loop of connections over loopback: each sends its next request when its last one is answered."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import quantiles

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
WORKER = re.compile(rb"x-worker: (\d+) ([\d.]+)", re.IGNORECASE)
LIMIT_SECONDS = 120


@dataclass
class Load:
    """The result of one run. Durations are in seconds."""

    wall: float = 0.0
    latencies: list[float] = field(default_factory=list)
    workers: dict[bytes, list[float]] = field(default_factory=dict)
    """The CPU seconds that each worker reported with its answers."""

    @property
    def rate(self) -> float:
        """The number of requests per second."""
        return len(self.latencies) / self.wall

    def percentile(self, number: int) -> float:
        return quantiles(self.latencies, n=100)[number - 1]

    @property
    def cpu(self) -> float:
        """The CPU seconds of the workers per request, from each worker's first answer to its last."""
        used = sum(max(reports) - min(reports) for reports in self.workers.values())
        return used / (len(self.latencies) - len(self.workers))


class _Exchange(asyncio.Protocol):
    """One request on a connection of its own, because gunicorn's sync workers keep no connections."""

    def __init__(self, request: bytes, answered: asyncio.Future[bytes]) -> None:
        self._request, self._answered, self._received = request, answered, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if separator and length and len(body) >= int(length[1]):
            self._answered.set_result(head)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(RuntimeError(f"No answer but {self._received!r}."))


def run(port: int, requests: list[bytes], *, connections: int) -> Load:
    """Send all requests. Raises ``RuntimeError`` if an answer is not a 200, or does not come."""
    return asyncio.run(asyncio.wait_for(_run(port, requests, connections), LIMIT_SECONDS))


async def answer(port: int, request: bytes) -> bytes:
    """Send one request on a connection of its own, and return the head of its answer.

    Raises ``RuntimeError`` if no answer comes.
    """
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()
    await loop.create_connection(lambda: _Exchange(request, answered), "127.0.0.1", port)
    return await answered


async def _run(port: int, requests: list[bytes], connections: int) -> Load:
    load, waiting = Load(), iter(requests)
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_send(port, waiting, load))
    load.wall = time.perf_counter() - begun
    return load


async def _send(port: int, waiting: Iterator[bytes], load: Load) -> None:
    for request in waiting:
        begun = time.perf_counter()
        head = await answer(port, request)
        load.latencies.append(time.perf_counter() - begun)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"The answer was {head.decode()!r}.")
        worker = WORKER.search(head)
        assert worker is not None
        load.workers.setdefault(worker[1], []).append(float(worker[2]))
