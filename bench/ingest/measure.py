"""``python -m bench.ingest.measure SERVER``: print, as JSON, what the database of ``FRONT_CHANNEL_TEST_DB`` does."""

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
    """Of one side and one case in one round: requests per second; milliseconds of the answers, and of CPU."""

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
    """The statements of each side and case, and the rounds' figures."""
    # Only now: models cannot be imported before Django is set up.
    from bench.ingest.sides import App, Bare, ByHand

    sides: dict[str, Side] = {"bare": Bare(), "by hand": ByHand(), "app": App()}
    statements = {name: counted(side) for name, side in sides.items()}
    rounds = []
    with serving(str(connection.settings_dict["NAME"]), server) as (port, complaints):
        for number in range(ROUNDS + 1):
            order = list(sides) if number % 2 else list(reversed(sides))
            done = {name: one_round(sides[name], port, str(number)) for name in order}
            if number == 0:  # it warms up
                learn_sizes()
            else:
                rounds.append(
                    {name: {case: asdict(each) for case, each in done[name].items()} for name in sides}
                )
        refuse(complaints)
    return {"statements": statements, "rounds": rounds}


def learn_sizes() -> None:
    """As PostgreSQL does by itself within a minute. Until then it may read an index from end to end."""
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
    """What is to be sent. A repeated message is signed anew."""
    synced, unknown = traffic.threads(f"{name}s", count), traffic.threads(f"{name}u", count)
    side.sync(synced)
    sent = (synced, unknown, synced) if side.takes_repeats else (synced,)
    return dict(zip(CASES, map(traffic.webhooks, sent), strict=False))


def counted(side: Side) -> dict[str, int]:
    """How many statements the last request of each case makes, in a conversation that is known by then."""
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
    """Let nothing pass that the server complained of, say a locked database."""
    if said := complaints.read_text():
        raise RuntimeError(said)


if __name__ == "__main__":
    main()
