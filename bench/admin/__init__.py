"""The time of the admin's lists with a million rows in each large table, compared with a thousand rows."""

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

A superuser opens the lists with Django's test client. One database has a million messages, as many webhook events and
outbox entries, and a quarter of a million conversations, external conversations and lanes. Another database of the same
server has a thousand messages. Rounds alternate between the two. ms is the median time with the million; the ratio is
the median over rounds of the time with a million to the time with a thousand. Rows in rare states are old, and the
oldest three tenths of the rows belong to a channel that is now silent. Statements are all statements of the request,
those for session and user included. The goal is a ratio of 1.5 or less.

"""
STOCK = """The plain lists of the same million rows, compared with pages that have the same columns and filters, but
Django's default settings: a full count, and whole rows with all related rows. The goal is a ratio of less than 1.
"""
STOCK_PAGES = {
    "messages": "stock message",
    "webhook events": "stock webhookevent",
    "outbox entries": "stock outboxentry",
}

Rounds = dict[str, list[dict[str, dict[str, float]]]]
"""The figures of each round, with few rows and with many, by list."""


class Side:
    """A process of its own, because a process has only one database."""

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
