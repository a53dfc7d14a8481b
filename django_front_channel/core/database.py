"""Which database the tables are in, and how its transactions begin.

All tables live in one database, the one that the host's router writes ``OutboxEntry`` to. They are read from
there too: a replica that lags would hide a duplicate, or a conversation that exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.apps import apps
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connections,
    models,
    router,
    transaction,
)

from django_front_channel.exceptions import SnapshotTooOld

ModelT = TypeVar("ModelT", bound=models.Model)

# What Django raises when a connection breaks. OperationalError also stands for deadlocks and time-outs.
BROKEN = (OperationalError, InterfaceError)
ISOLATION = {
    "postgresql": "SELECT current_setting('transaction_isolation')",
    # MariaDB 11.1 has renamed the variable, and will drop the old name.
    "mysql": """
        SELECT variable_value FROM information_schema.session_variables
        WHERE variable_name IN ('TX_ISOLATION', 'TRANSACTION_ISOLATION') ORDER BY variable_name LIMIT 1
    """,
}
# On these levels a transaction sees what was committed when it began.
SNAPSHOTS = ("repeatable read", "serializable")
CANNOT_SERIALIZE = "40001"


def alias() -> str:
    """The alias of the database that holds the tables."""
    return router.db_for_write(apps.get_model("front_channel", "OutboxEntry"))


def atomic(*, savepoint: bool = True) -> transaction.Atomic:
    """A transaction, or a part of the caller's."""
    return transaction.atomic(using=alias(), savepoint=savepoint)


def durable() -> transaction.Atomic:
    """A transaction that is committed when the block ends; an error inside the caller's own transaction."""
    return transaction.atomic(using=alias(), durable=True)


def isolation_level() -> str:
    """The isolation level at hand, such as ``read committed``. Empty on SQLite, where nobody else writes meanwhile."""
    connection = connections[alias()]
    if connection.vendor not in ISOLATION:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(ISOLATION[connection.vendor])
        return str(cursor.fetchone()[0]).replace("-", " ").lower()


@contextmanager
def hidden_conflicts_told() -> Iterator[None]:
    """Raise ``SnapshotTooOld`` for a conflict with a row that the caller's transaction cannot see."""
    try:
        yield
    except (IntegrityError, OperationalError) as problem:
        is_hidden = isinstance(problem, IntegrityError) and isolation_level() in SNAPSHOTS
        if not is_hidden and getattr(problem.__cause__, "sqlstate", "") != CANNOT_SERIALIZE:
            raise
        # The database's own words may quote the row.
        raise SnapshotTooOld(
            "Another transaction has committed the same row since yours began. Roll back and begin again, or use "
            "READ COMMITTED."
        ) from None


def close_connections() -> None:
    """Have the next statement open a new connection, on every alias that is not inside a transaction.

    Host code may have used another database than ours, and a server that restarts breaks the connections to both.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


class PrimaryManager(models.Manager[ModelT]):
    """Reads from where it writes, unless ``using()`` says otherwise."""

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset if self._db else queryset.using(alias())
