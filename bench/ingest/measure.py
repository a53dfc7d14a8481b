"""``python -m bench.ingest.measure SERVER`` prints figures as JSON, with the database of ``FRONT_CHANNEL_TEST_DB``."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.ingest import traffic
from bench.ingest.load import run
from bench.ingest.server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from bench.ingest.sides import Side

ROUNDS, REQUESTS, CONNECTIONS = 12, 250, 8
CONTROL = re.compile(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK)\b", re.IGNORECASE)
CASES = ("synced", "unknown", "repeated")


@dataclass
class Figures:
    """The figures of one side and one case in one round: requests per second, and milliseconds of answers and CPU."""

    rate: float
    p50: float
    p99: float
    cpu: float


Round = dict[str, dict[str, Figures]]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.ingest.settings")
    django.setup()
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        json.dump(measured(*sys.argv[1:]), sys.stdout)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


def measured(server: str = "gunicorn") -> dict[str, object]:
    """Return the statements of each side and case, and the figures of the rounds."""
    # Imported here, because Django must be set up first.
    from bench.ingest.sides import App, Bare, ByHand

    sides: dict[str, Side] = {"bare": Bare(), "by hand": ByHand(), "app": App()}
    statements = {name: counted(side) for name, side in sides.items()}
    rounds = []
    with serving(str(connection.settings_dict["NAME"]), server) as (port, complaints):
        for number in range(ROUNDS + 1):
            order = list(sides) if number % 2 else list(reversed(sides))
            done = {name: one_round(sides[name], port, str(number)) for name in order}
            if number == 0:  # the first round warms up
                learn_sizes()
            else:
                rounds.append(
                    {name: {case: asdict(each) for case, each in done[name].items()} for name in sides}
                )
        refuse(complaints)
    return {"statements": statements, "rounds": rounds}


def learn_sizes() -> None:
    """Have the database learn the sizes of its tables. Until then, PostgreSQL may read an index from end to end."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def one_round(side: Side, port: int, name: str) -> dict[str, Figures]:
    figures = {}
    for case, signed in cases(side, name, REQUESTS).items():
        load = run(port, list(traffic.over_http(side.path, signed)), connections=CONNECTIONS)
        milliseconds = (load.percentile(50), load.percentile(99), load.cpu)
        figures[case] = Figures(load.rate, *(1000 * seconds for seconds in milliseconds))
    return figures


def cases(side: Side, name: str, count: int) -> dict[str, traffic.Signed]:
    """Return the requests of each case. A repeated message has a new signature."""
    synced, unknown = traffic.threads(f"{name}s", count), traffic.threads(f"{name}u", count)
    side.sync(synced)
    sent = (synced, unknown, synced) if side.takes_repeats else (synced,)
    return dict(zip(CASES, map(traffic.webhooks, sent), strict=False))


def counted(side: Side) -> dict[str, int]:
    """Return the number of statements of each case's last request, whose conversation is known by then."""
    return {
        case: [statements(side, *each) for each in signed][-1]
        for case, signed in cases(side, "counted", 2 * traffic.MESSAGES_OF_A_THREAD).items()
    }


def statements(side: Side, body: bytes, headers: dict[str, str]) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = Client().generic("POST", side.path, body, "application/json", headers=headers)
    if response.status_code != 200:
        raise RuntimeError(f"The answer was {response.status_code}.")
    return sum(not CONTROL.match(query["sql"]) for query in captured)


def refuse(complaints: Path) -> None:
    """Raise if the server complained, for example of a locked database."""
    if said := complaints.read_text():
        raise RuntimeError(said)


if __name__ == "__main__":
    main()
