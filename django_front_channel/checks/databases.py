"""Which databases can hold the tables. ``migrate`` runs this check, and ``check --database``."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.checks import CheckMessage
from django.db import connections

from django_front_channel.checks.problems import problem
from django_front_channel.core import database

SUPPORTED = ("sqlite", "postgresql")


def check_database(aliases: Iterable[str] | None) -> list[CheckMessage]:
    """Refuse a database that compares or orders ids in ways of its own: MySQL has no collation that suits."""
    alias = database.alias()
    if alias not in (aliases or ()):
        return []
    vendor = connections[alias].vendor
    if vendor in SUPPORTED or (vendor == "mysql" and "mariadb" in _version(alias).lower()):
        return []
    return [
        problem("E035", "Use MariaDB, PostgreSQL or SQLite for this alias.", place=f"DATABASES[{alias!r}]")
    ]


def _version(alias: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        return str(cursor.fetchone()[0])
