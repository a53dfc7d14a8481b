"""Child processes of the demo, and waiting with a limit."""

from __future__ import annotations

import math
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self, TypeVar

ROOT = Path(__file__).parent.parent
PORTS = range(20_000, 32_000)
SeenT = TypeVar("SeenT")


class StepFailed(Exception):
    """What a step of the demo waited for did not come. ``child`` names the process that knows more."""

    def __init__(self, reason: str, child: str = "") -> None:
        super().__init__(reason)
        self.child = child


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or sent SIGTERM."""


class Children:
    """Processes that live as long as a ``with`` block; their output goes to files in ``folder``.

    SIGTERM and SIGINT are kept as a wish meanwhile, which ``until`` and ``watch`` see: an exception out of
    nowhere could leave a process behind that was just started.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._is_stopping = False

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        """Start ``python <arguments>`` under this name, with these variables in its environment, too."""
        with self._log(name).open("wb") as log:
            # A session of its own keeps the terminal's Ctrl-C from it: it is ended here, in order.
            self._processes[name] = subprocess.Popen(  # noqa: S603 - the arguments are written in the demo
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**self.environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until(self, look: Callable[[], SeenT | None], what: str, child: str, seconds: float = 20) -> SeenT:
        """Look until there is something to see, and return it.

        Raises ``StepFailed`` when a child has ended or the time is over, ``Stopped`` when that was wished.
        """
        deadline = time.monotonic() + seconds
        while not self._is_stopping:
            seen = look()
            if seen:
                return seen
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise StepFailed(f"the {name} has ended with status {process.returncode}", name)
            if time.monotonic() > deadline:
                raise StepFailed(f"waited {seconds:.0f} s for {what}", child)
            time.sleep(0.05)
        raise Stopped

    def watch(self) -> NoReturn:
        """Let the children work. Raises ``Stopped`` when that was wished, ``StepFailed`` when one has ended."""
        self.until(lambda: None, "the end", "", math.inf)
        raise AssertionError("there is nothing to see")

    def last_lines(self, name: str, count: int = 15) -> list[str]:
        """The end of what this child wrote."""
        log = self._log(name)
        return log.read_text(errors="replace").splitlines()[-count:] if log.exists() else []

    def _note_stop(self, *_: object) -> None:
        self._is_stopping = True

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def free_port() -> int:
    """A port of the loopback address that nobody uses now.

    It is below those that systems give to outgoing connections: one of these could be taken before a server listens.
    """
    for port in random.sample(PORTS, 100):
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("No port is free. Close some servers of this machine.")
