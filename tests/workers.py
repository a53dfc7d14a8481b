"""Worker processes of a test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from django_front_channel.conf import conf
from django_front_channel.sandbox import Sandbox
from tests.processes import Process, until

__all__ = ["WORKER", "Start", "start", "until"]

WORKER = ("-m", "django", "front_channel_worker", "--interval", "0.05")
Start = Callable[..., Process]


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
