"""The one way in which a test starts a process: all that it says is kept, and looked through when the test ends."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

# For what hangs alone: a busy machine may take long to start Python sixteen times.
SECONDS = 240


def until(condition: Callable[[], Any], seconds: float = 60, *, every: float = 0.02) -> Any:
    """Wait for the condition to be true, and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(every)
    return value


class Process(subprocess.Popen[str]):
    """A process whose output is in files, so that none of it is lost when the process is killed.

    Its temporary folder is where its output is: what it logs there, into files named ``*.log``, is looked through
    as well. Leaving the ``with`` block kills what still runs.
    """

    folders: ClassVar[Path]
    """Where each process gets a folder; the fixture ``processes`` sets it."""
    started: ClassVar[list[Process]] = []
    """Those whose output nobody has looked through since they ended."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=self.folders))
        environment = {**(os.environ if env is None else env), "TMPDIR": str(self.folder)}
        with (
            (self.folder / "output").open("wb") as output,
            (self.folder / "complaints").open("wb") as complaints,
        ):
            super().__init__(
                command,
                env=environment,
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=complaints,
                text=True,
            )
        self._position = 0
        self.started.append(self)

    def __exit__(self, *raised: object) -> None:
        self.kill()
        super().__exit__(*raised)  # type: ignore[arg-type]  # whatever was raised

    @property
    def output(self) -> str:
        """What it has written to its standard output until now."""
        return (self.folder / "output").read_text(errors="replace")

    @property
    def complaints(self) -> str:
        """What it has written to its standard error until now."""
        return (self.folder / "complaints").read_text(errors="replace")

    def line(self) -> str:
        """The next line of its output. Once the process has ended, what is left of it, which may be nothing."""
        deadline = time.monotonic() + SECONDS
        while True:
            has_ended = self.poll() is not None  # before the look: nothing comes after it
            rest = (self.folder / "output").read_bytes()[self._position :]
            line, end, _more = rest.partition(b"\n")
            if end or has_ended:
                self._position += len(line + end)
                return (line + end).decode()
            assert time.monotonic() < deadline, "It has not written a line in time."
            time.sleep(0.01)

    def ask(self, line: str) -> str:
        """Write a line to its standard input, and return the next line of its output."""
        self.say(line)
        return self.line()

    def say(self, line: str) -> None:
        assert self.stdin is not None
        self.stdin.write(f"{line}\n")
        self.stdin.flush()


def run(
    command: Sequence[str],
    said: str = "",
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    seconds: float = SECONDS,
) -> Process:
    """Run a process to its end, with this on its standard input. ``returncode`` says how it ended."""
    with Process(command, env=env, cwd=cwd) as process:
        process.communicate(said, timeout=seconds)
    return process


@contextmanager
def kept_in(folders: Path) -> Iterator[None]:
    """Keep there what processes say. Fails when one of them is left running."""
    Process.folders = folders
    yield
    forgotten = [process for process in Process.started if process.poll() is None]
    for process in forgotten:
        with process:
            pass
    assert [process.args for process in forgotten] == []


def said_by_processes() -> Iterator[tuple[Process, str]]:
    """What each process has said, to whatever file, that still runs or has ended since this was asked last."""
    for process in list(Process.started):
        if process.poll() is not None:
            Process.started.remove(process)
        for file in [
            process.folder / "output",
            process.folder / "complaints",
            *process.folder.rglob("*.log"),
        ]:
            with suppress(FileNotFoundError):  # the process may remove what it has logged
                yield process, file.read_text(errors="replace")
