"""Which database the tables are in, and how its transactions begin.

All tables live in one database, the one that the host's router writes ``OutboxEntry`` to. They are read from
there too: a replica that lags would hide a duplicate, or a conversation that exists.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.apps import apps
from django.db import models, router, transaction

ModelT = TypeVar("ModelT", bound=models.Model)


def alias() -> str:
    """The alias of the database that holds the tables."""
    return router.db_for_write(apps.get_model("front_channel", "OutboxEntry"))


def atomic(*, savepoint: bool = True) -> transaction.Atomic:
    """A transaction, or a part of the caller's."""
    return transaction.atomic(using=alias(), savepoint=savepoint)


def durable() -> transaction.Atomic:
    """A transaction that is committed when the block ends; an error inside the caller's own transaction."""
    return transaction.atomic(using=alias(), durable=True)


class PrimaryManager(models.Manager[ModelT]):
    """Reads from where it writes, unless ``using()`` says otherwise."""

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset if self._db else queryset.using(alias())
