"""The time to import the client, compared with the time to import its libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median
from typing import NamedTuple

from bench.markdown import table

ROUNDS = 31
BARE = "import requests, jwt"
CLIENT = "from django_front_channel.client import FrontClient"
EVERYTHING = "from django_front_channel.client import FrontClient, all_operations"
NAMES = {
    BARE: f"`{BARE}`",
    CLIENT: f"`{CLIENT}`",
    EVERYTHING: "the same, and every operation, each loaded by its first use",
}
CODE = (
    "import time; cpu, wall = time.process_time(), time.perf_counter(); {imports}; "
    "print(time.process_time() - cpu, time.perf_counter() - wall)"
)


class Import(NamedTuple):
    """The seconds of one import: ``cpu`` is user and system time of the process; ``wall`` is time on the clock."""

    cpu: float
    wall: float


def section() -> str:
    rounds: dict[str, list[Import]] = {imports: [] for imports in NAMES}
    with tempfile.TemporaryDirectory() as bytecode:
        for number in range(ROUNDS + 1):
            for imports, done in rounds.items():
                took = measured(imports, bytecode)
                if number:  # the first round compiles
                    done.append(took)
    return (
        "## Import\n\nIn a fresh interpreter with compiled bytecode, alternating; medians, in ms. More is the median "
        "over rounds of what it takes beyond the first line. The goal is 20 ms or less; other work of the machine "
        "is in the time on the clock, and hardly in that of the CPU.\n\n"
        + table(("", "CPU", "more CPU", "clock", "more clock"), [row(name, rounds) for name in rounds])
    )


def row(imports: str, rounds: dict[str, list[Import]]) -> tuple[str, ...]:
    pairs = list(zip(rounds[imports], rounds[BARE], strict=True))
    return (
        NAMES[imports],
        f"{median(ours.cpu for ours, _ in pairs) * 1000:.0f}",
        f"{median(ours.cpu - bare.cpu for ours, bare in pairs) * 1000:.1f}",
        f"{median(ours.wall for ours, _ in pairs) * 1000:.0f}",
        f"{median(ours.wall - bare.wall for ours, bare in pairs) * 1000:.1f}",
    )


def measured(imports: str, bytecode: str) -> Import:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    child = [sys.executable, "-c", CODE.format(imports=imports)]
    done = subprocess.run(child, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - fixed
    cpu, wall = map(float, done.stdout.split())
    return Import(cpu, wall)
