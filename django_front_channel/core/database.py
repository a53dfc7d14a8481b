"""The database that holds the tables, and its transactions.

All tables are in one database: the one that the host's router writes ``OutboxEntry`` to. They are read from there
too, because a replica that lags would hide a duplicate or a new conversation.
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

# Django's errors for a broken connection. OperationalError also stands for deadlocks and time-outs.
BROKEN = (OperationalError, InterfaceError)
ISOLATION = {
    "postgresql": "SELECT current_setting('transaction_isolation')",
    # MariaDB 11.1 renamed the variable, and will drop the old name.
    "mysql": """
        SELECT variable_value FROM information_schema.session_variables
        WHERE variable_name IN ('TX_ISOLATION', 'TRANSACTION_ISOLATION') ORDER BY variable_name LIMIT 1
    """,
}
# At these levels, a transaction sees only what was committed before it began.
SNAPSHOTS = ("repeatable read", "serializable")
CANNOT_SERIALIZE = "40001"


def alias() -> str:
    """Return the alias of the database that holds the tables."""
    return router.db_for_write(apps.get_model("front_channel", "OutboxEntry"))


def atomic(*, savepoint: bool = True) -> transaction.Atomic:
    """Return Django's ``atomic()`` for the database that holds the tables."""
    return transaction.atomic(using=alias(), savepoint=savepoint)


def durable() -> transaction.Atomic:
    """Return Django's ``atomic(durable=True)`` for the database that holds the tables.

    The transaction is committed when the block ends. Raises ``RuntimeError`` inside the caller's own transaction.
    """
    return transaction.atomic(using=alias(), durable=True)


def isolation_level() -> str:
    """Return the isolation level of the connection, such as ``read committed``.

    Empty on SQLite, where nobody else writes during a transaction.
    """
    connection = connections[alias()]
    if connection.vendor not in ISOLATION:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(ISOLATION[connection.vendor])
        return str(cursor.fetchone()[0]).replace("-", " ").lower()


@contextmanager
def hidden_conflicts_told() -> Iterator[None]:
    """Turn a conflict with a row that the caller's transaction cannot see into ``SnapshotTooOld``."""
    try:
        yield
    except (IntegrityError, OperationalError) as problem:
        is_hidden = isinstance(problem, IntegrityError) and isolation_level() in SNAPSHOTS
        if not is_hidden and getattr(problem.__cause__, "sqlstate", "") != CANNOT_SERIALIZE:
            raise
        # The database's error may quote the row.
        raise SnapshotTooOld(
            "Another transaction has committed the same row since yours began. Roll back and begin again, or use "
            "READ COMMITTED."
        ) from None


def close_connections() -> None:
    """Close the connections of all aliases that are not inside a transaction. The next statement opens a new one.

    All aliases are included, because host code may use other databases, and a restarted server breaks its connections.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


class PrimaryManager(models.Manager[ModelT]):
    """Reads from the database that holds the tables, unless ``using()`` names another one."""

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset if self._db else queryset.using(alias())
