"""The one clock of everything that several processes must agree on: UTC, from the database.

Django's ``Now()`` follows the session's time zone on MariaDB, and every host's own clock may be off; leases,
pauses and due times compare with this clock instead. Only signatures go by the machine's, because an unverified
request must cost no statement.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.utils import timezone

from django_front_channel.core import database
from django_front_channel.exceptions import InvalidArgument

# Microseconds since 1970, free of any session's time zone.
SQL = {
    "postgresql": "(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000000)::bigint",
    "mysql": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The sources that tests have put in place of the database's clock; the last one counts.
_replacements: list[Callable[[], datetime]] = []
_machines: list[Callable[[], datetime]] = []


class EpochNow(models.Func):
    """The database's time in microseconds since 1970, to be selected along with something else."""

    output_field = models.BigIntegerField()
    arity = 0

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[int, ...]]:
        return SQL[connection.vendor], ()


def now() -> datetime:
    """The current time, as the models' datetimes are: aware, or naive where ``USE_TZ`` is off. One statement."""
    if _replacements:
        return _localised(_replacements[-1]())
    connection = connections[database.alias()]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQL[connection.vendor]}")
        return from_epoch(cursor.fetchone()[0])


def of_this_machine() -> float:
    """Unix seconds, by which signatures and JWTs are dated and judged. No statement."""
    return _machines[-1]().timestamp() if _machines else time.time()


def here() -> datetime:
    """This machine's time, as the models' datetimes are: what rows say of themselves costs no statement."""
    return _localised(_machines[-1]() if _machines else datetime.now(UTC))


def selected(microseconds: int) -> datetime:
    """The current time, of a selected ``EpochNow``."""
    return _localised(_replacements[-1]()) if _replacements else from_epoch(microseconds)


def from_epoch(microseconds: int) -> datetime:
    """The datetime of so many microseconds since 1970, as the models' datetimes are."""
    return _localised(EPOCH + timedelta(microseconds=int(microseconds)))


def aware(moment: object, name: str) -> datetime:
    """The moment, an aware datetime. Raises ``InvalidArgument``, which calls it ``name``."""
    if not isinstance(moment, datetime) or timezone.is_naive(moment):
        raise InvalidArgument(
            f"{name} must be an aware datetime: pass timezone.now(), or add a tzinfo.",
            code="wrong_type",
            argument=name,
        )
    return moment


def as_stored(moment: object, name: str) -> datetime:
    """The aware datetime as the models' datetimes are: naive where ``USE_TZ`` is off. Raises ``InvalidArgument``."""
    known = aware(moment, name)
    return known if settings.USE_TZ else timezone.make_naive(known)


def aware_of(stored: datetime) -> datetime:
    """A datetime of the models, aware also where ``USE_TZ`` is off."""
    return (
        stored if timezone.is_aware(stored) else timezone.make_aware(stored, timezone.get_default_timezone())
    )


@contextmanager
def replaced(source: Callable[[], datetime], *, signatures: bool = False) -> Iterator[None]:
    """Let ``source``, which returns aware datetimes, be the clock of this process. For tests.

    ``signatures``: go by it for signatures and JWTs too, where Front's clock is the same.
    """
    _replacements.append(source)
    _machines.extend([source] * signatures)
    try:
        yield
    finally:
        _replacements.pop()
        del _machines[len(_machines) - signatures :]


def _localised(moment: datetime) -> datetime:
    # The project's zone, as workers and web processes share it, whatever a request has activated.
    return moment if settings.USE_TZ else timezone.make_naive(moment, timezone.get_default_timezone())
