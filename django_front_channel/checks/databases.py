"""Checks of the database: can it hold the tables, and are its connections fit for production?

``check_database`` asks the server, so only ``migrate`` and ``check --database`` run it. The others read the settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage
from django.db import connections
from django.db.models import JSONField

from django_front_channel.checks.problems import problem
from django_front_channel.core import clock, database
from django_front_channel.core.fields import ExactIdField, WholeCharField, WholeTextField

WIDE = (ExactIdField, WholeCharField, WholeTextField, JSONField)
# Queries for places that cannot hold every character. Each returns their names.
NARROW_COLUMNS = """
    SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND character_set_name IS NOT NULL AND character_set_name <> 'utf8mb4'
    ORDER BY 1
"""
NARROW_CONNECTION = """
    SELECT LOWER(variable_name) FROM information_schema.session_variables
    WHERE variable_name IN ('CHARACTER_SET_CLIENT', 'CHARACTER_SET_CONNECTION') AND variable_value <> 'utf8mb4'
"""
NARROW_DATABASE = "SELECT name FROM pg_settings WHERE name = 'server_encoding' AND setting <> 'UTF8'"
# For each vendor: the time-outs that are options of the driver, the option that sets up the session, and the time-outs
# that are set there.
TIMEOUTS = {
    "postgresql": (
        ("connect_timeout", "tcp_user_timeout"),
        "options",
        ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"),
    ),
    "mysql": (
        ("connect_timeout", "read_timeout", "write_timeout"),
        "init_command",
        ("max_statement_time", "innodb_lock_wait_timeout", "idle_transaction_timeout"),
    ),
}


def check_database(aliases: Iterable[str] | None) -> list[CheckMessage]:
    """Refuse a database that does not compare ids by bytes, such as MySQL, or that cannot hold every character."""
    alias = database.alias()
    if alias not in (aliases or ()):
        return []
    vendor, place = connections[alias].vendor, f"DATABASES[{alias!r}]"
    if vendor == "sqlite":
        return []
    if vendor == "postgresql":
        return [*_check_characters(place, NARROW_DATABASE), *_check_isolation(place)]
    if vendor == "mysql" and "mariadb" in _version(alias).lower():
        return [*_check_characters(place, NARROW_CONNECTION, NARROW_COLUMNS), *_check_isolation(place)]
    return [problem("E035", "Use MariaDB, PostgreSQL or SQLite for this alias.", place=place)]


def check_time_zone() -> list[CheckMessage]:
    """Refuse times that jump when the clocks change: for an hour, nobody could tell which lease has ended."""
    alias = database.alias()
    connection = connections[alias]
    if not settings.USE_TZ:
        zone, hint, place = settings.TIME_ZONE, "Write USE_TZ = True.", None
    elif connection.vendor == "postgresql":  # stores UTC, whatever the session's time zone
        return []
    else:
        zone, place = connection.settings_dict["TIME_ZONE"] or "UTC", f"DATABASES[{alias!r}]"
        hint = "Remove 'TIME_ZONE' from this alias, or write 'TIME_ZONE': 'UTC'."
    return [problem("E038", hint, place=place, detail=f"It is {zone}.")] if _has_summer_time(zone) else []


def check_connections() -> list[CheckMessage]:
    """Check what connections need in production: health checks, time-outs and the right isolation level."""
    alias = database.alias()
    connection = connections[alias]
    place, given = f"DATABASES[{alias!r}]", connection.settings_dict
    if connection.vendor == "sqlite":
        return _check_sqlite(given["OPTIONS"], f"{place}['OPTIONS']")
    return [
        *_check_health(given, place),
        *_check_timeouts(connection.vendor, given["OPTIONS"], f"{place}['OPTIONS']"),
        *_check_isolation_option(connection.vendor, given["OPTIONS"], f"{place}['OPTIONS']"),
    ]


def _version(alias: str) -> str:
    return _names("SELECT VERSION()")[0]


def _names(query: str) -> list[str]:
    with connections[database.alias()].cursor() as cursor:
        cursor.execute(query)
        return [str(name) for (name,) in cursor.fetchall()]


def _check_characters(place: str, *queries: str) -> list[CheckMessage]:
    found = [name for query in queries for name in _names(query)]
    ours = [name for name in found if "." not in name or name in _wide_columns()]
    hint = "Use utf8mb4 for the connection and for these columns; on PostgreSQL, a database with the encoding UTF8."
    return [problem("E037", hint, place=place, detail=f"Too narrow: {', '.join(ours)}.")] if ours else []


def _wide_columns() -> set[str]:
    """Return the columns for texts of people, hosts and Front. The other columns hold our own words, in ASCII."""
    return {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_app_config("front_channel").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, WIDE)
    }


def _check_isolation(place: str) -> list[CheckMessage]:
    level = database.isolation_level()
    if level == "read committed":
        return []
    return [problem("W008", "Let its transactions be READ COMMITTED.", place=place, detail=f"It is {level}.")]


def _has_summer_time(zone: str) -> bool:
    year, known = clock.here().year, ZoneInfo(zone)
    months = [datetime(year + later, month, 1, tzinfo=known) for later in (0, 1) for month in range(1, 13)]
    return len({month.utcoffset() for month in months}) > 1


def _check_sqlite(options: dict[str, Any], place: str) -> list[CheckMessage]:
    if str(options.get("transaction_mode")).upper() in ("IMMEDIATE", "EXCLUSIVE"):
        return []
    return [problem("W007", "Write 'transaction_mode': 'IMMEDIATE'.", place=place)]


def _check_health(given: dict[str, Any], place: str) -> list[CheckMessage]:
    is_kept = given["CONN_MAX_AGE"] != 0 or given["OPTIONS"].get("pool")
    if not is_kept or given["CONN_HEALTH_CHECKS"]:
        return []
    return [problem("W009", "Write 'CONN_HEALTH_CHECKS': True.", place=place)]


def _check_timeouts(vendor: str, options: dict[str, Any], place: str) -> list[CheckMessage]:
    arguments, session, variables = TIMEOUTS.get(vendor, ((), "", ()))
    said = str(options.get(session, ""))
    missing = [name for name in arguments if name not in options]
    unset = [name for name in variables if name not in said]
    if not missing and not unset:
        return []
    hint = f"Set {', '.join([*missing, *unset])}"
    hint += f", the latter in {session!r}. " if unset else ". "
    return [problem("W010", f"{hint}If the server sets them, silence this check.", place=place)]


def _check_isolation_option(vendor: str, options: dict[str, Any], place: str) -> list[CheckMessage]:
    if vendor == "postgresql":
        # psycopg's levels 1 and 2 both behave as READ COMMITTED.
        is_fit, example = (options.get("isolation_level") or 2) <= 2, "IsolationLevel.READ_COMMITTED"
    else:
        # None leaves the level to the server, and MariaDB's default is REPEATABLE READ.
        level = options.get("isolation_level", "read committed")
        is_fit, example = str(level).lower() == "read committed", "'read committed'"
    return [] if is_fit else [problem("W008", f"Write 'isolation_level': {example}.", place=place)]
