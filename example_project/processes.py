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
    """A step of the demo waited in vain. The ``child`` names the process whose log knows more."""

    def __init__(self, reason: str, child: str = "") -> None:
        super().__init__(reason)
        self.child = child


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or sent SIGTERM."""


class Children:
    """Processes that live as long as a ``with`` block. Their output goes to files in ``folder``.

    SIGTERM and SIGINT only set a flag, which ``until`` and ``watch`` check. An exception at any moment could leave a
    new process behind.
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
        """Start ``python <arguments>`` under this name, with these additional environment variables."""
        with self._log(name).open("wb") as log:
            # The terminal's Ctrl-C does not reach another session. __exit__ ends the children in order.
            self._processes[name] = subprocess.Popen(  # noqa: S603 - the arguments are written in the demo
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**self.environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until(self, look: Callable[[], SeenT | None], what: str, child: str, seconds: float = 20) -> SeenT:
        """Call ``look`` until it returns something true, and return that.

        Raises ``StepFailed`` if a child ends or the time is over, and ``Stopped`` after SIGTERM or Ctrl-C.
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
        """Let the children work. Raises ``StepFailed`` if one ends, and ``Stopped`` after SIGTERM or Ctrl-C."""
        self.until(lambda: None, "the end", "", math.inf)
        raise AssertionError("there is nothing to see")

    def last_lines(self, name: str, count: int = 15) -> list[str]:
        """Return the last lines that this child wrote."""
        log = self._log(name)
        return log.read_text(errors="replace").splitlines()[-count:] if log.exists() else []

    def _note_stop(self, *_: object) -> None:
        self._is_stopping = True

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def free_port() -> int:
    """Return an unused port of the loopback address.

    It is below the ports of outgoing connections, so that none of them takes it before a server listens.
    """
    for port in random.sample(PORTS, 100):
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("No port is free. Close some servers of this machine.")
