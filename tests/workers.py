"""Worker processes of a test."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from django_front_channel.conf import conf
from django_front_channel.sandbox import Sandbox

WORKER = ("-m", "django", "front_channel_worker", "--interval", "0.05")
Start = Callable[..., "subprocess.Popen[str]"]


def until(condition: Callable[[], Any], seconds: float = 60, *, every: float = 0.02) -> Any:
    """Wait for the condition to be true, and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(every)
    return value


@pytest.fixture
def start(front: Sandbox, child_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start a process that works on this test's database and Front; by default a worker.

    Its errors go to ``errors`` of the process. What still runs afterwards is killed.
    """
    environment = {
        **child_environment,
        "FRONT_CHANNEL_TEST_API_URL": conf.api_url,
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "PYTHONUNBUFFERED": "1",
    }
    processes: list[subprocess.Popen[str]] = []

    def run(
        *arguments: str, command: tuple[str, ...] = WORKER, settings: str = "tests.crash.settings"
    ) -> subprocess.Popen[str]:
        with (tmp_path / f"{len(processes)}.log").open("w") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, *command, *arguments],
                    env={**environment, "DJANGO_SETTINGS_MODULE": settings},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait(60)


def output_of(number: int, tmp_path: Path) -> str:
    """What the process that was started as this one has written."""
    return (tmp_path / f"{number}.log").read_text()
