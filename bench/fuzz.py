"""The number of made-up requests that the webhooks survive, from several processes with a seed each."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time

RUNS = 2_000_000
PROCESSES = 2
DONE = re.compile(r"number_of_executed_units: (\d+)")


def section() -> str:
    """Run the processes, and return a section with the number of executions. Raises if one finds a mistake."""
    seed = int(os.environ.get("SEED") or random.randrange(1, 2**31))  # noqa: S311
    seeds = range(seed, seed + PROCESSES)
    sys.stdout.write(f"seeds {', '.join(map(str, seeds))}\n")
    started = time.monotonic()
    executions = sum([_finish(process) for process in [_start(seed) for seed in seeds]])
    minutes = round((time.monotonic() - started) / 60)
    return (
        "## Fuzz\n\n"
        "Requests to the webhooks' entrance that [tests/fuzz](../tests/fuzz/__main__.py) made up, guided by the code "
        "that they reach, on SQLite in memory. Every answer was a documented one, none had a status of 5xx; a request "
        "without a proof reached no database, and a refused one left no row.\n\n"
        f"{executions:,} executions in {minutes} minutes; seeds {', '.join(map(str, seeds))}.\n"
    )


def _start(seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.fuzz", "--runs", str(RUNS // PROCESSES), "--seed", str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603


def _finish(process: subprocess.Popen[str]) -> int:
    output, _ = process.communicate()
    done = DONE.search(output)
    if process.returncode or done is None:
        raise SystemExit(output)
    return int(done[1])
