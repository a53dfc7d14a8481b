"""What a story told to the test kit costs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.markdown import table

ROUNDS = 3
TESTS = Path(__file__).with_name("story_tests.py")
OPTIONS = ("-pdjango_front_channel.testing", "--ds=bench.story_settings", "-q", "-pno:cacheprovider")


class Run(NamedTuple):
    wall: float
    cpu: float


def section() -> str:
    rounds = [(run("test_story"), run("test_nothing")) for _ in range(ROUNDS)]
    stories, nothing = zip(*rounds, strict=True)
    ratio = median(story.cpu / empty.cpu for story, empty in rounds)
    return (
        "## Stories\n\npytest runs 500 tests with the fixture `front`, each with a channel, a customer's message, its "
        "import and a reply that the handler delivers; and 500 empty tests with the fixture `db`. SQLite, one process, "
        "start and migrations included. Rounds alternate; numbers are medians, the ratio that of CPU seconds. The goal "
        "is 30 seconds or less.\n\n"
        + table(
            ("500 tests", "seconds", "CPU seconds", "ratio"),
            [("stories", *_medians(stories), f"{ratio:.1f}"), ("empty", *_medians(nothing), "1")],
        )
    )


def _medians(runs: tuple[Run, ...]) -> tuple[str, str]:
    return f"{median(each.wall for each in runs):.1f}", f"{median(each.cpu for each in runs):.1f}"


def run(name: str) -> Run:
    before, began = _cpu(), time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own file
        [sys.executable, "-m", "pytest", *OPTIONS, f"{TESTS}::{name}"],
        env={**os.environ, "PYTHONPATH": str(TESTS.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    if "500 passed" not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)
    return Run(time.perf_counter() - began, _cpu() - before)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
