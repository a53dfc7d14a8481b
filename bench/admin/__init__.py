"""The lists of the admin with a million rows in each large table, beside the same pages with a thousand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from bench.markdown import table

DATABASES = {"postgres": "PostgreSQL", "mariadb": "MariaDB", "sqlite": "SQLite"}
FEW, MANY = 1_000, 1_000_000
ROUNDS = 9
TEXT = """## Admin

Lists as a superuser gets them from Django's test client: a million messages, as many webhook events and outbox entries,
and a quarter of that of conversations, external conversations and lanes; beside the same lists with a thousand
messages, in another database of the same server. Rounds alternate between the two; ms is the median with the million,
the ratio the median over rounds of million to thousand. What is rare is old there, and three tenths of the rows, the
oldest, are of a channel that has been silent since. Statements are those of the request, session and user included.
The goal is a ratio of 1.5 or less.

"""
STOCK = """The plain lists of the same million rows beside pages with the same columns and filters and Django's own
settings: a full count, and whole rows with all that they refer to. The goal is a ratio of less than 1.
"""
STOCK_PAGES = {
    "messages": "stock message",
    "webhook events": "stock webhookevent",
    "outbox entries": "stock outboxentry",
}

Rounds = dict[str, list[dict[str, dict[str, float]]]]
"""By list: the figures of each round, with few rows and with many."""


class Side:
    """A process with its own database, because a process has one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.lists: list[str] = self._answer()

    def open(self, name: str) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        figures: dict[str, float] = self._answer()
        return figures

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def section() -> str:
    results = {name: measured(database) for database, name in DATABASES.items()}
    heads = ("list", "statements", *(head for name in results for head in (f"{name} ms", "ratio")))
    lists = [name for name in results["PostgreSQL"] if name not in STOCK_PAGES.values()]
    stock_heads = ("list", *(head for name in results for head in (f"{name} stock ms", "ratio")))
    return (
        TEXT.replace("\n", " ").replace("## Admin  ", "## Admin\n\n").rstrip()
        + "\n\n"
        + table(heads, [row(name, results) for name in lists])
        + f"\n{STOCK.replace(chr(10), ' ').rstrip()}\n\n"
        + table(stock_heads, [stock_row(name, stock, results) for name, stock in STOCK_PAGES.items()])
    )


def measured(database: str) -> Rounds:
    with serving(database, FEW) as few, serving(database, MANY) as many:
        rounds: Rounds = {name: [] for name in many.lists}
        for number in range(ROUNDS + 1):
            for name, done in rounds.items():
                figures = {"few": few.open(name), "many": many.open(name)}
                if number:  # the first round warms up
                    done.append(figures)
    return rounds


@contextmanager
def serving(database: str, rows: int) -> Iterator[Side]:
    command = [sys.executable, "-m", "bench.admin.measure", str(rows)]
    environment = {**os.environ, "FRONT_CHANNEL_TEST_DB": database}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - fixed
        yield Side(process)


def row(name: str, results: dict[str, Rounds]) -> tuple[str, ...]:
    counts = {
        int(side["statements"])
        for rounds in results.values()
        for each in rounds[name]
        for side in each.values()
    }
    cells = [name, " or ".join(map(str, sorted(counts)))]
    for rounds in results.values():
        pairs = [(each["many"]["milliseconds"], each["few"]["milliseconds"]) for each in rounds[name]]
        cells += [
            f"{median(many for many, _ in pairs):.0f}",
            f"{median(many / few for many, few in pairs):.2f}",
        ]
    return tuple(cells)


def stock_row(name: str, stock: str, results: dict[str, Rounds]) -> tuple[str, ...]:
    cells = [name]
    for rounds in results.values():
        theirs, ours = ([each["many"]["milliseconds"] for each in rounds[page]] for page in (stock, name))
        ratio = median(mine / base for mine, base in zip(ours, theirs, strict=True))
        cells += [f"{median(theirs):.0f}", f"{ratio:.2f}"]
    return tuple(cells)
