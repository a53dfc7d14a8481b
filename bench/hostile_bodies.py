"""The time of webhooks with bodies of 1 MB that are made to be slow to read, and the time of their transactions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import django
from django.db import connection

from bench.markdown import table

DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mariadb": "MariaDB"}
SIZE = 1_000_000
ROUNDS = 3
SHOWN = 5
TEXT = """## Hostile bodies

Signed `message`s through the view, each with an empty text and HTML of 1 MB that is made to be slow to read: openers
without closers, deep nesting, long names, nested quotes, and so on. The best of three rounds, in milliseconds; the
slowest texts, by their beginnings. The goals are an answer within 500 ms, and no transaction open for longer than
200 ms.

"""

Figures = list[tuple[str, float, float]]


def section() -> str:
    rows = [row for database, name in DATABASES.items() for row in rows_of(name, measured(database))]
    return (
        TEXT.replace("\n", " ").replace("## Hostile bodies  ", "## Hostile bodies\n\n").rstrip()
        + "\n\n"
        + table(("database", "body", "answer ms", "transaction ms"), rows)
    )


def rows_of(database: str, figures: Figures) -> list[tuple[str, ...]]:
    slowest = sorted(figures, key=lambda figure: figure[1], reverse=True)[:SHOWN]
    longest = max(figures, key=lambda figure: figure[2])
    return [
        (database, f"`{text}`", f"{answer:.0f}", f"{transaction:.0f}")
        for text, answer, transaction in dict.fromkeys((*slowest, longest))
    ]


def measured(database: str) -> Figures:
    """Measure in a process of its own, because a process has only one database."""
    child = [sys.executable, "-m", "bench.hostile_bodies"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FRONT_CHANNEL_TEST_DB": database,
    }
    done = subprocess.run(child, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - fixed
    return [(name, answer, transaction) for name, answer, transaction in json.loads(done.stdout)]


def measure() -> Figures:
    # Imported here, because Django must be set up first.
    from tests.hostile import hostile_texts

    rounds = [
        [(json.dumps(text[:20]), *one(text, f"msg_{number}_{position}")) for position, text in each]
        for number, each in ((number, enumerate(hostile_texts(SIZE))) for number in range(ROUNDS))
    ]
    return [
        (tries[0][0], min(answer for _, answer, _ in tries), min(transaction for _, _, transaction in tries))
        for tries in zip(*rounds, strict=True)
    ]


def one(text: str, front_id: str) -> tuple[float, float]:
    """Return the milliseconds to the answer, and those of the longest transaction."""
    from django_front_channel.models import Channel
    from django_front_channel.testing import FrontWebhookClient
    from tests.transactions import watched
    from tests.webhooks.examples import MESSAGE, changed

    # Cut the text, because JSON escapes quotes and other characters, and the view limits the length of a request.
    fitting = text[: SIZE * len(text) // len(json.dumps(text))]
    body = changed(MESSAGE, id=front_id, text="", body=fitting)
    with watched() as watch:
        began = time.perf_counter()
        response = FrontWebhookClient().post(Channel.objects.get(), body)
        took = time.perf_counter() - began
    if response.status_code != 200:
        raise RuntimeError(f"The answer to {text[:20]!r} was {response.status_code}.")
    return 1000 * took, 1000 * max(watch.seconds)


def main() -> None:
    django.setup()
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        from django_front_channel.testing import factories

        factories.connected_channel(front_id="cha_55c8c")
        json.dump(measure(), sys.stdout)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


if __name__ == "__main__":
    main()
