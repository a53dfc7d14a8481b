"""A server for the measurements: gunicorn with two sync workers, or uvicorn with two processes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

WORKERS = 2
START_SECONDS = 30
# The most connections that may wait for a worker. A load that does not wait for answers would exceed 128.
WAITING = 4096


def options(server: str, descriptor: int) -> list[str]:
    """Return a command line for the server: listen on this file descriptor, with two workers."""
    shared = ["--workers", str(WORKERS), "--log-level", "warning"]
    if server == "uvicorn":
        return ["bench.ingest.asgi:application", *shared, "--fd", str(descriptor), "--lifespan", "off"]
    return ["bench.ingest.wsgi", *shared, "--bind", f"fd://{descriptor}"]


@contextlib.contextmanager
def serving(database: str, server: str = "gunicorn") -> Iterator[tuple[int, Path]]:
    """Serve the project on this database. Yields the port, and the file with the server's complaints."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0), backlog=WAITING) as listening,
    ):
        complaints = Path(folder) / "stderr"
        command = [sys.executable, "-m", server, *options(server, listening.fileno())]
        with complaints.open("wb") as stderr:
            process = subprocess.Popen(  # noqa: S603 - fixed
                command,
                stderr=stderr,
                pass_fds=[listening.fileno()],
                env={**os.environ, "BENCH_SERVER": server, "FRONT_CHANNEL_TEST_DB_NAME": database},
            )
        try:
            yield listening.getsockname()[1], complaints
        finally:
            process.terminate()
            process.wait(START_SECONDS)
