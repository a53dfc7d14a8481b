"""How long transactions are open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


class Watch:
    """Notes the seconds from the first statement of each transaction to its commit."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._began: float | None = None

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        if connection.in_atomic_block and self._began is None:
            self._began = time.perf_counter()
            transaction.on_commit(self._committed)
        return execute(*statement)

    def _committed(self) -> None:
        if self._began is not None:
            self.seconds.append(time.perf_counter() - self._began)
            self._began = None


@contextmanager
def watched() -> Iterator[Watch]:
    watch = Watch()
    with connection.execute_wrapper(watch):
        yield watch
