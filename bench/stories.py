"""The time of a test that tells a whole story with the test kit."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.markdown import table

ROUNDS = 3
TESTS = Path(__file__).with_name("story_tests.py")
OPTIONS = ("-pdjango_front_channel.testing", "--ds=bench.story_settings", "-q", "-pno:cacheprovider")


def section() -> str:
    rounds = [(cpu_of("test_story"), cpu_of("test_nothing")) for _ in range(ROUNDS)]
    stories, nothing = (median(side) for side in zip(*rounds, strict=True))
    ratio = median(story / empty for story, empty in rounds)
    return (
        "## Stories\n\npytest runs 500 tests with the fixture `front`, each with a channel, a customer's message, its "
        "import and a reply that the handler delivers; and 500 empty tests with the fixture `db`. SQLite, one process, "
        "start and migrations included. Rounds alternate; numbers are medians. The goal is 30 seconds or less.\n\n"
        + table(
            ("500 tests", "CPU seconds", "ratio"),
            [("stories", f"{stories:.1f}", f"{ratio:.1f}"), ("empty", f"{nothing:.1f}", "1")],
        )
    )


def cpu_of(name: str) -> float:
    before = _cpu()
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own file
        [sys.executable, "-m", "pytest", *OPTIONS, f"{TESTS}::{name}"],
        env={**os.environ, "PYTHONPATH": str(TESTS.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    if "500 passed" not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)
    return _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
