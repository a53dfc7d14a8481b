"""Tables after years of use: nearly every row is settled, and rows in rare states are old.

The database writes the rows itself, from a table of numbers: a million take a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from django_front_channel.core.digests import digest
from django_front_channel.models import (
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)

LARGE: tuple[type[models.Model], ...] = (
    Conversation,
    ConversationThread,
    Message,
    WebhookEvent,
    OutboxLane,
    OutboxEntry,
    Pause,
)
DIGITS = " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10))
NOW = "CURRENT_TIMESTAMP"


@dataclass(frozen=True)
class Channels:
    """Whose rows they are."""

    main: Channel
    closed: Channel
    """It has nearly all of the oldest three tenths."""
    quiet: Channel
    """It has the twenty oldest."""
    empty: Channel
    small: list[Channel]
    """Each has one row in five hundred, from the oldest to the newest."""


def write(rows: int, *, small: int = 4) -> Channels:
    """Fill the tables with so many messages, and what belongs to them. They must be empty."""
    channels = Channels(
        main=_channel("main"),
        closed=_channel("closed"),
        quiet=_channel("quiet"),
        empty=_channel("empty"),
        small=[_channel(f"small {number}") for number in range(small)],
    )
    threads = rows // 4
    insert(Conversation, threads, channel_id=_of(channels, threads), front_id=name(1))
    _write_threads(channels, threads)
    _write_messages(channels, rows, threads)
    _write_events(channels, rows)
    _write_lanes(channels, threads)
    _write_entries(channels, rows, threads)
    insert(Pause, threads // 10, app="'default'", scope="'conversation'", key=name(1))
    analyze()
    return channels


def _channel(what: str) -> Channel:
    return Channel.objects.create(
        name=what, state=Channel.State.CONNECTED, token_digest=digest("token", what)
    )


def _of(channels: Channels, rows: int) -> str:
    """Whose row this is, in SQL."""
    shares = [f"WHEN n <= 20 THEN {channels.quiet.pk}"]
    shares += [f"WHEN MOD(n, 500) = {number} THEN {each.pk}" for number, each in enumerate(channels.small)]
    shares.append(f"WHEN {_is_old(rows)} THEN {channels.closed.pk}")
    return f"CASE {' '.join(shares)} ELSE {channels.main.pk} END"


def _is_old(rows: int) -> str:
    return f"n <= {rows * 3 // 10}"


def _write_threads(channels: Channels, rows: int) -> None:
    insert(
        ConversationThread,
        rows,
        channel_id=_of(channels, rows),
        external_conversation_id=name(3),
        conversation_id=_later_than(Conversation, "n"),
    )


def _write_messages(channels: Channels, rows: int, threads: int) -> None:
    old = _is_old(rows)
    insert(
        Message,
        rows,
        channel_id=_of(channels, rows),
        external_conversation_id=name(3, _thread(threads)),
        thread_id=_later_than(ConversationThread, _thread(threads)),
        direction=f"CASE WHEN {old} THEN 'outbound' ELSE 'inbound' END",
        source=f"CASE WHEN {old} THEN 'teammate' ELSE 'host' END",
        state=f"CASE WHEN n <= 60 THEN 'failed' WHEN n <= 70 THEN 'cancelled' WHEN {old} THEN 'delivered'"
        f" WHEN n > {rows - 20} THEN 'queued' ELSE 'imported' END",
        external_id=name(4),
        front_id=name(5),
        message_uid=name(6),
        delivery_id=name(7),
    )


def _write_events(channels: Channels, rows: int) -> None:
    insert(
        WebhookEvent,
        rows,
        app="'default'",
        channel_id=_of(channels, rows),
        type="'message_imported'",
        front_id=name(5),
        digest=name(8),
        key=name(9),
        state=f"CASE WHEN n <= 60 THEN 'failed' WHEN {_is_old(rows)} THEN 'refused' ELSE 'processed' END",
        body="'{}'",
    )


def _write_lanes(channels: Channels, rows: int) -> None:
    insert(
        OutboxLane,
        rows,
        channel_id=_of(channels, rows),
        direction="'sync'",
        external_conversation_id=name(3),
    )


def _write_entries(channels: Channels, rows: int, threads: int) -> None:
    old = _is_old(rows)
    insert(
        OutboxEntry,
        rows,
        channel_id=_of(channels, rows),
        kind=f"CASE WHEN {old} THEN 'deliver' ELSE 'request' END",
        state=f"CASE WHEN n <= 60 THEN 'failed' WHEN {old} THEN 'cancelled' WHEN n > {rows - 20} THEN 'pending'"
        " ELSE 'done' END",
        is_new=f"n > {rows - 20}",
        direction=f"CASE WHEN {old} THEN 'deliver' ELSE 'sync' END",
        external_conversation_id=name(3, _thread(threads)),
        message_id=_later_than(Message, "n"),
        event_id=_later_than(WebhookEvent, "n"),
        settled_at=NOW,
    )


def _thread(threads: int) -> str:
    """The number of the thread that this row belongs to, from 1."""
    return f"MOD(n, {threads}) + 1"


def _later_than(model: type[models.Model], number: str) -> str:
    """The key of the row of this number, from 1."""
    return f"{model._default_manager.earliest('pk').pk - 1} + {number}"


def name(kind: int, number: str = "n") -> str:
    """An SQL expression: a text of its own for each number."""
    return f"CAST({number} + {kind}000000000 AS CHAR(10))"


def insert(model: type[models.Model], rows: int, **columns: str) -> None:
    """Write the rows 1 to ``rows``; ``columns`` are SQL expressions of the number ``n``."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    values: dict[str, str] = {str(field.column): blank(field) for field in fields}
    values |= columns
    places = range(len(str(rows)))
    number = " + ".join(f"d{place}.d * {10**place}" for place in places)
    digits = ", ".join(f"digits d{place}" for place in places)
    quoted: Callable[[str], str] = connection.ops.quote_name
    sql = (
        f"INSERT INTO {quoted(model._meta.db_table)} ({', '.join(map(quoted, values))})"
        f" WITH digits AS ({DIGITS}), numbers AS (SELECT {number} AS n FROM {digits})"
        f" SELECT {', '.join(values.values())} FROM numbers WHERE n BETWEEN 1 AND {rows} ORDER BY n"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)


def blank(field: models.Field[Any, Any]) -> str:
    """The SQL of an empty value."""
    if field.null:
        return "NULL"
    if isinstance(field, models.DateTimeField):
        return NOW
    if isinstance(field, models.JSONField):
        return "'{}'"
    if isinstance(field, models.BooleanField):
        return "FALSE"
    return "''" if isinstance(field, models.CharField | models.TextField) else "0"


def analyze() -> None:
    """Do what the database does by itself after a while; SQLite does nothing."""
    kinds = {"postgresql": "VACUUM ANALYZE", "mysql": "ANALYZE TABLE"}
    if connection.vendor in kinds:
        with connection.cursor() as cursor:
            for model in LARGE:
                cursor.execute(f"{kinds[connection.vendor]} {model._meta.db_table}")
