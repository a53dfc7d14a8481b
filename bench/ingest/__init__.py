"""Webhooks through gunicorn and uvicorn, compared with a view written by hand and with one bare INSERT."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

from bench.markdown import table

RUNS = {
    ("postgres", "gunicorn"): "PostgreSQL",
    ("sqlite", "gunicorn"): "SQLite (WAL)",
    ("postgres", "uvicorn"): "PostgreSQL, uvicorn",
}
NAMES = {"synced": "fresh", "unknown": "fresh, not ours", "repeated": "repeated"}
TEXT = """## Ingest

Distinct signed `message_imported` of 2 kB through gunicorn with two sync workers, or through uvicorn with two processes
and no kept connections to the database, as Django advises there, from 8 connections over loopback.
`fresh` is the import of a message that Front was told about; `not ours` one that is in no table yet; `repeated` the
same message, signed anew. A tenth of the fresh ones begin a conversation. `by hand` is `bench/ingest/byhand`: it
verifies, looks whether the message came before, writes conversation, mapping and message in one transaction, and
sends one signal; it keeps no reply, binds no request to its channel, and loses its signal in a crash. `bare` is one
durable INSERT. Both sides have a receiver, the database knows the sizes of the tables (`ANALYZE` after a first
round), and all commits are durable (`fsync`, `synchronous=FULL`). Rounds are interleaved; numbers are medians, ratios
the median over rounds of the app's to by hand's. CPU is the workers'; statements leave out the control of
transactions. The goals are requests/s of 0.90 or more, and p99 of 1.20 or less. An answer other than 200, or a word
of the server's on its standard error, such as "database is locked", would have ended the run.

"""


def section() -> str:
    return TEXT.replace("\n", " ").replace("## Ingest  ", "## Ingest\n\n").rstrip() + "\n\n" + tables()


def tables() -> str:
    results = {name: measured(database, server) for (database, server), name in RUNS.items()}
    numbers = [row for name, result in results.items() for row in number_rows(name, result)]
    ratios = [row for name, result in results.items() for row in ratio_rows(name, result)]
    heads = ("database", "request", "view", "requests/s", "p50 ms", "p99 ms", "CPU ms", "statements")
    return table(heads, numbers) + "\n" + table(("database", "request", "requests/s", "p99", "CPU"), ratios)


def measured(database: str, server: str) -> dict[str, Any]:
    """Measure in a process of its own, because a process has only one database."""
    child = [sys.executable, "-m", "bench.ingest.measure", server]
    environment = {**os.environ, "FRONT_CHANNEL_TEST_DB": database}
    done = subprocess.run(child, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - fixed
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def number_rows(database: str, result: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            database,
            NAMES[case] if view != "bare" else "any",
            view,
            f"{middle(result, view, case, 'rate'):.0f}",
            *(f"{middle(result, view, case, figure):.1f}" for figure in ("p50", "p99", "cpu")),
            str(count),
        )
        for view, counts in result["statements"].items()
        for case, count in counts.items()
    ]


def middle(result: dict[str, Any], view: str, case: str, figure: str) -> float:
    return float(median(each[view][case][figure] for each in result["rounds"]))


def ratio_rows(database: str, result: dict[str, Any]) -> list[tuple[str, ...]]:
    def ratio(case: str, figure: str) -> str:
        pairs = [(each["app"][case][figure], each["by hand"][case][figure]) for each in result["rounds"]]
        return f"{median(app / hand for app, hand in pairs):.2f}"

    return [
        (database, NAMES[case], *(ratio(case, figure) for figure in ("rate", "p99", "cpu")))
        for case in result["statements"]["app"]
    ]
