"""Worker processes of a test."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from django_front_channel.conf import conf
from django_front_channel.sandbox import Sandbox
from tests.processes import Process

WORKER = ("-m", "django", "front_channel_worker", "--interval", "0.05")
Start = Callable[..., Process]


def until(condition: Callable[[], Any], seconds: float = 60, *, every: float = 0.02) -> Any:
    """Wait for the condition to be true, and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(every)
    return value


@pytest.fixture
def start(front: Sandbox, child_environment: dict[str, str]) -> Iterator[Start]:
    """Start a process that works on this test's database and Front; by default a worker.

    What still runs afterwards is killed.
    """
    environment = {
        **child_environment,
        "FRONT_CHANNEL_TEST_API_URL": conf.api_url,
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "PYTHONUNBUFFERED": "1",
    }
    with ExitStack() as stack:

        def run(
            *arguments: str, command: tuple[str, ...] = WORKER, settings: str = "tests.crash.settings"
        ) -> Process:
            env = {**environment, "DJANGO_SETTINGS_MODULE": settings}
            return stack.enter_context(Process([sys.executable, *command, *arguments], env=env))

        yield run
