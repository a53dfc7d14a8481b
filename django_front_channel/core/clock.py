"""The clock that all processes share: UTC, from the database.

Django's ``Now()`` follows the session's time zone on MariaDB, and each machine's clock may be off, so leases, pauses
and due times use this clock. Signatures use the machine's clock, because an unverified request must not cost a
statement.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.utils import timezone

from django_front_channel.core import database
from django_front_channel.exceptions import InvalidArgument

# Microseconds since 1970, independent of the session's time zone.
SQL = {
    "postgresql": "(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000000)::bigint",
    "mysql": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The database's time when it was last read, and this process's monotonic clock at that moment.
_reads: deque[tuple[datetime, float]] = deque(maxlen=1)
# The clocks that tests use instead of the database's and the machine's. The last one counts.
_replacements: list[Callable[[], datetime]] = []
_machines: list[Callable[[], datetime]] = []


class EpochNow(models.Func):
    """The database's time in microseconds since 1970, for a query that selects other columns too."""

    output_field = models.BigIntegerField()
    arity = 0

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[int, ...]]:
        return SQL[connection.vendor], ()


def now() -> datetime:
    """Return the database's current time, aware, or naive if ``USE_TZ`` is off. Costs one statement."""
    if _replacements:
        return _localised(_replacements[-1]())
    connection = connections[database.alias()]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQL[connection.vendor]}")
        read = from_epoch(cursor.fetchone()[0])
    _reads.append((read, time.monotonic()))
    return read


def nearly_now() -> datetime:
    """Return the database's time without a statement: as it was read last in this process, and moved on since."""
    if _replacements or not _reads:
        return now()
    read, moment = _reads[-1]
    return read + timedelta(seconds=time.monotonic() - moment)


def of_this_machine() -> float:
    """Return this machine's time in Unix seconds, for signatures and JWTs. Costs no statement."""
    return _machines[-1]().timestamp() if _machines else time.time()


def here() -> datetime:
    """Return this machine's time, aware, or naive if ``USE_TZ`` is off. Costs no statement.

    Use it where processes need not agree, for example for the time when a row was created.
    """
    return _localised(_machines[-1]() if _machines else datetime.now(UTC))


def selected(microseconds: int) -> datetime:
    """Convert the microseconds that a query selected as ``EpochNow`` into the current time."""
    return _localised(_replacements[-1]()) if _replacements else from_epoch(microseconds)


def from_epoch(microseconds: int) -> datetime:
    """Return the datetime for these microseconds since 1970: aware, or naive if ``USE_TZ`` is off."""
    return _localised(EPOCH + timedelta(microseconds=int(microseconds)))


def aware(moment: object, name: str) -> datetime:
    """Return the moment if it is an aware datetime. Otherwise raise ``InvalidArgument`` for the argument ``name``."""
    if not isinstance(moment, datetime) or timezone.is_naive(moment):
        raise InvalidArgument(
            f"{name} must be an aware datetime: pass timezone.now(), or add a tzinfo.",
            code="wrong_type",
            argument=name,
        )
    return moment


def as_stored(moment: object, name: str) -> datetime:
    """Convert an aware datetime to the form that the models store: naive if ``USE_TZ`` is off.

    Raises ``InvalidArgument`` for the argument ``name`` if it is not an aware datetime.
    """
    known = aware(moment, name)
    return known if settings.USE_TZ else timezone.make_naive(known)


def aware_of(stored: datetime) -> datetime:
    """Return a stored datetime as an aware one, even if ``USE_TZ`` is off."""
    return (
        stored if timezone.is_aware(stored) else timezone.make_aware(stored, timezone.get_default_timezone())
    )


@contextmanager
def replaced(source: Callable[[], datetime], *, signatures: bool = False) -> Iterator[None]:
    """Use ``source``, which returns aware datetimes, as the clock of this process. For tests.

    ``signatures``: also use it for signatures and JWTs.
    """
    _replacements.append(source)
    _machines.extend([source] * signatures)
    try:
        yield
    finally:
        _replacements.pop()
        del _machines[len(_machines) - signatures :]


def _localised(moment: datetime) -> datetime:
    # The project's zone, not the one that a request has activated: all processes must agree.
    return moment if settings.USE_TZ else timezone.make_naive(moment, timezone.get_default_timezone())
