"""Faults that a test arranges: a database that refuses a statement, and a worker that stalls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from tests.front import MovableClock


@contextmanager
def refusing(error: Exception, *parts: str, times: int) -> Iterator[list[str]]:
    """Let the database refuse the next statements that hold all parts. Yields the statements it refused."""
    refused: list[str] = []

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        words = " ".join(map(str, (sql, *(params or ()))))
        if len(refused) < times and all(part in words for part in parts):
            refused.append(sql)
            raise error
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield refused


def stall(clock: MovableClock, monkeypatch: pytest.MonkeyPatch, seconds: float = 31) -> None:
    """Let so much time pass at once, longer than a lease, on every clock."""
    clock.advance(seconds)
    monotonic = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + seconds)
