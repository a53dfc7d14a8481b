"""No list reads more rows than it counts, whatever the tables hold and whichever link is followed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from django_front_channel.admin.row_admin import RowAdmin
from tests.admin import history
from tests.admin.conftest import IDS, MODELS, Person, login, of_name, rows_of_every_kind
from tests.admin.conftest import page as path
from tests.hostapp.models import User

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 60_000
COUNTED, PER_PAGE = 100, 10
MOST_STATEMENTS = 10
# What one statement may cost: pages of PostgreSQL, rows of MariaDB, steps of SQLite's virtual machine.
# To walk through the smallest index of a large table costs more.
MOST = {"postgresql": 120, "mysql": 5 * COUNTED, "sqlite": 50 * COUNTED}
TOO_MUCH = (
    "SELECT id FROM front_channel_message WHERE subject = 'x'",
    "SELECT id FROM front_channel_webhookevent ORDER BY signed_timestamp DESC LIMIT 10",
    "SELECT id FROM front_channel_outboxentry WHERE operation = 'x' ORDER BY state DESC, id DESC LIMIT 10",
    "SELECT id FROM front_channel_outboxlane WHERE direction = 'sync' ORDER BY id DESC LIMIT 10 OFFSET 14000",
)


@cache
def cost(sql: str) -> int:
    """What it costs to run the statement."""
    measures = {"postgresql": pages_read, "mysql": rows_read, "sqlite": steps_made}
    return measures[connection.vendor](sql)


def plan(sql: str) -> str:
    """How the database would run the statement."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}")
        return "\n".join(map(str, cursor.fetchall()))


def pages_read(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        (answer,) = cursor.fetchone()
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def rows_read(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE FORMAT=JSON {sql}")
        (answer,) = cursor.fetchone()
    return int(sum(table["r_rows"] * table["r_loops"] for table in _tables(json.loads(answer))))


def _tables(node: Any) -> Iterator[dict[str, Any]]:
    for name, inner in node.items() if isinstance(node, dict) else enumerate(node):
        if name == "table" and inner.get("r_rows") is not None:
            yield inner
        if isinstance(inner, dict | list):
            yield from _tables(inner)


def steps_made(sql: str) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 100
        return 0

    connection.connection.set_progress_handler(count, 100)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps


@pytest.fixture
def boss(transactional_db: None) -> Person:
    return login(User.objects.create_superuser("boss"))


@pytest.fixture
def _many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_front_channel.admin.row_admin.MOST_COUNTED", COUNTED)
    monkeypatch.setattr(RowAdmin, "list_per_page", PER_PAGE)
    cost.cache_clear()
    channels = history.write(ROWS, small=1)
    rows_of_every_kind(channels.main, ROWS + 1)
    cheap = [sql for sql in TOO_MUCH if cost(sql) <= MOST[connection.vendor]]
    assert not cheap, "The check is blind."


def links(page: Any) -> set[str]:
    """The lists that the page's filters lead to."""
    changes = page.context["cl"]
    return {
        choice["query_string"].lstrip("?")
        for each in changes.filter_specs
        for choice in each.choices(changes)
    }


def too_dear(boss: Person, model: type[Model], query: str) -> tuple[Any, list[str]]:
    """The page, and its statements that cost too much."""
    with CaptureQueriesContext(connection) as captured:
        page = boss.client.get(f"{path(model, 'changelist')}?{query}")
    assert page.status_code == 200
    ours = [
        each["sql"]
        for each in captured
        if each["sql"].startswith("SELECT") and "front_channel_" in each["sql"]
    ]
    dear = {sql: price for sql in ours if (price := cost(sql)) > MOST[connection.vendor]}
    problems = [f"{of_name(model)}?{query} costs {price}: {sql}\n{plan(sql)}" for sql, price in dear.items()]
    if len(captured) > MOST_STATEMENTS:
        problems.append(f"{of_name(model)}?{query} makes {len(captured)} statements")
    return page, problems


@pytest.mark.usefixtures("_many_rows")
def test_every_list_that_the_pages_offer_is_found_by_an_index(boss: Person):
    problems: list[str] = []
    for model in MODELS:
        seen: set[str] = set()
        waiting = {"", "p=2", "p=10", f"q={IDS[model][:-1]}{ROWS + 1}", "q=nothing"}
        for _ in range(3):  # the list, its filters, and pairs of them
            found: set[str] = set()
            for query in sorted(waiting):
                page, dear = too_dear(boss, model, query)
                problems += dear
                found |= links(page)
            seen |= waiting
            waiting = found - seen
    assert not problems, "\n\n".join(problems)
