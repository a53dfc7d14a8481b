"""Ids of hosts, providers and Front are told apart by their bytes, and found by an index, on every database."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat
from hypothesis import given
from hypothesis import strategies as st

from django_front_channel.core.fields import successor
from django_front_channel.models import Channel, Conversation, ConversationThread, Message
from django_front_channel.services import channels
from django_front_channel.testing import factories
from tests.front import tell
from tests.processes import run

# Each is another id. Usual collations confuse most of them.
IDS = ["conv-A", "conv-a", "conv-a ", "caf\u00e9", "cafe\u0301", "conv-😀", "conv-🍣", "strass", "straß"]
FILLING = 2_000


@pytest.fixture
def channel(db: None) -> Channel:
    return channels.create(name="SMS").channel


@pytest.fixture
def full(channel: Channel) -> Channel:
    """A channel with the nine ids among thousands of others."""
    names = [f"other-{number:06}" for number in range(FILLING)]
    ConversationThread.objects.bulk_create(
        ConversationThread(channel=channel, external_conversation_id=name) for name in (*names, *IDS)
    )
    threads = {thread.external_conversation_id: thread for thread in channel.threads.all()}
    for name in IDS:
        message = tell(channel, name, thread=name)
        message.customer_handle = message.front_id = message.delivery_id = message.message_uid = name
        message.save()
    waiting = Message.objects.get(external_id=IDS[0])
    waiting.pk = None
    Message.objects.bulk_create(
        [
            Message(
                **{
                    field.attname: getattr(waiting, field.attname)
                    for field in Message._meta.concrete_fields
                    if not field.primary_key
                }
                | {
                    "external_id": name,
                    "external_conversation_id": name,
                    "thread_id": threads[name].pk,
                    "customer_handle": name,
                    "front_id": name,
                    "delivery_id": name,
                    "message_uid": name,
                }
            )
            for name in names
        ]
    )
    if connection.vendor != "mysql":  # where it would commit
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return channel


def plan(rows: QuerySet[Any]) -> str:
    """How the database finds the rows: a line for each table that it reads."""
    if connection.vendor == "mysql":
        sql, parameters = rows.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", parameters)
            # The columns "type" and "key": "ALL" reads the whole table, "index" the whole index.
            return "\n".join(f"{row[3]} {row[5]}" for row in cursor.fetchall())
    return rows.explain()


def uses(rows: QuerySet[Any], index: str) -> bool:
    """Whether the rows are found by this index. SQLite has names of its own for the unique ones."""
    whole = {"postgresql": r"Seq Scan", "mysql": r"^(ALL|index) ", "sqlite": r"^\d+ \d+ \d+ SCAN "}
    how = plan(rows)
    names = [index, "sqlite_autoindex"] if connection.vendor == "sqlite" and index in UNIQUE else [index]
    return any(name in how for name in names) and not re.search(whole[connection.vendor], how, re.MULTILINE)


UNIQUE = {
    constraint.name
    for model in (Conversation, ConversationThread, Message)
    for constraint in model._meta.constraints
}


def lookups(channel: Channel, name: str) -> Iterator[tuple[QuerySet[Any], str, str]]:
    """Every way in which a host looks for an id, the column that shall be it, and the index that finds it."""
    threads, messages = ConversationThread.objects, Message.objects
    thread_id, own = "external_conversation_id", "fc_thread_external_id"
    for lookup in (thread_id, f"{thread_id}__exact"):
        yield threads.filter(**{"channel": channel, lookup: name}), thread_id, own
        yield messages.filter(**{lookup: name}), thread_id, "fc_message_external_thread"
    for rows in (channel.threads, threads):
        yield rows.filter(external_conversation_id__in=[name]), thread_id, own
    yield channel.messages.filter(external_id=name), "external_id", "fc_message_external_id"
    yield messages.filter(channel=channel, external_id__in=[name]), "external_id", "fc_message_external_id"
    joined = messages.filter(thread__external_conversation_id=name, thread__channel=channel)
    yield joined, "external_id", own
    for column, index in (
        ("front_id", "fc_message_front_id"),
        ("customer_handle", "fc_message_customer"),
        ("delivery_id", "fc_message_delivery"),
        ("message_uid", "fc_message_uid"),
    ):
        yield messages.filter(**{column: name}), column, index


@pytest.mark.fault("F30")
@pytest.mark.parametrize("name", IDS, ids=ascii)
def test_each_id_is_found_alone_and_by_its_index(full: Channel, name: str) -> None:
    for rows, column, index in lookups(full, name):
        assert [getattr(row, column) for row in rows] == [name], rows.query
        assert uses(rows, index), plan(rows)


@pytest.mark.fault("F30")
@pytest.mark.parametrize("prefix", ["conv-", "conv-a", "caf", "strass", "stra", "conv-😀", "conv-\U0001f363"])
def test_a_prefix_is_a_range_of_an_index(full: Channel, prefix: str) -> None:
    named = sorted(name for name in IDS if name.startswith(prefix))
    for rows, index in (
        (full.threads.filter(external_conversation_id__startswith=prefix), "fc_thread_external_id"),
        (full.messages.filter(external_conversation_id__startswith=prefix), "fc_message_external_thread"),
        (Message.objects.filter(external_id__startswith=prefix), "fc_message_external_id"),
    ):
        found = [row.external_conversation_id for row in rows.order_by("external_conversation_id")]
        assert found == named
        assert uses(rows, index), plan(rows)


def test_a_prefix_that_nothing_follows(full: Channel) -> None:
    last = chr(0x10FFFF)
    tell(full, last + "a")
    assert full.messages.filter(external_id__startswith=last).count() == 1
    assert full.messages.filter(external_id__startswith="").count() == full.messages.count()


def test_ids_are_in_the_order_of_their_bytes(full: Channel) -> None:
    named = full.threads.filter(external_conversation_id__in=IDS).order_by("external_conversation_id")
    assert [row.external_conversation_id for row in named] == sorted(IDS, key=str.encode)


def test_a_prefix_may_be_what_another_column_holds(full: Channel) -> None:
    own = full.messages.filter(external_conversation_id__startswith=F("external_id"))
    none = full.messages.filter(external_conversation_id__startswith=Concat("external_id", Value("-")))
    assert (own.count(), none.count()) == (FILLING + len(IDS), 0)


def test_other_lookups_are_as_ever(full: Channel) -> None:
    assert full.messages.filter(external_id__endswith="ss").count() == 1
    with pytest.raises(FieldError):
        full.messages.filter(external_id__nonsense="a")


@given(st.text(min_size=1), st.text())
def test_the_successor_is_greater_than_all_that_begin_so(prefix: str, rest: str) -> None:
    end = successor(prefix)
    assert end is None or (prefix + rest).encode() < end.encode()


@given(st.text(min_size=1), st.text())
def test_what_is_less_than_the_successor_begins_so(prefix: str, other: str) -> None:
    end = successor(prefix)
    if end is not None and prefix.encode() <= other.encode() < end.encode():
        assert other.startswith(prefix)


def test_every_id_of_others_is_exact(full: Channel) -> None:
    for name in IDS:
        message = Message.objects.get(external_id=name)
        message.delivery_id = message.message_uid = message.customer_handle = message.in_reply_to = name
        message.front_id = name
        message.save()
        Conversation.objects.create(channel=full, front_id=name)
    for name in IDS:
        for column in ("delivery_id", "message_uid", "customer_handle", "in_reply_to", "front_id"):
            assert Message.objects.get(**{column: name}).external_id == name
        assert full.conversations.get(front_id=name).front_id == name


def test_every_character_of_people_is_stored(channel: Channel) -> None:
    text = "Gr\u00fc\u00dfe \U0001f680 \U00020bb7"
    message = factories.customer_message(
        factories.connected_channel(), text=text, subject=text, sender={"handle": "+351", "name": text}
    )
    channel.name = channel.address = text
    channel.save()
    for row, names in ((message, ("text", "subject", "snippet")), (channel, ("name", "address"))):
        row.refresh_from_db()
        assert [getattr(row, name) for name in names] == [text] * len(names)


@pytest.fixture
def demanding(db: None) -> Iterator[dict[str, str]]:
    """Another database to create the tables in: utf8mb3, or in a natural language's order."""
    if connection.vendor == "mysql":
        yield {"FRONT_CHANNEL_TEST_CHARSET": "utf8mb3"}
        return
    template = f"front_channel_natural_{connection.settings_dict['NAME'].rpartition('_')[2]}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{template}"')
        cursor.execute(
            f"CREATE DATABASE \"{template}\" TEMPLATE template0 ENCODING 'UTF8'"
            " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        )
        yield {"FRONT_CHANNEL_TEST_TEMPLATE": template}
        cursor.execute(f'DROP DATABASE "{template}"')


@pytest.mark.servers
def test_a_demanding_database_makes_no_difference(
    child_environment: dict[str, str], demanding: dict[str, str]
) -> None:
    del child_environment["FRONT_CHANNEL_TEST_DB_NAME"]
    arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-m", "not servers", __file__]
    done = run(arguments, env=child_environment | demanding)
    assert done.returncode == 0, done.output
