"""The one clock, exact ids on inexact collations, and reading from where one writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import connection, connections
from django.db.models import DateTimeField, Model
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from django_front_channel.models import (
    Channel,
    Conversation,
    ExternalConversation,
    Fact,
    Message,
    OutboxEntry,
    clock,
)
from django_front_channel.models.digests import content_digest, digest
from django_front_channel.services import channels
from tests.front import tell

CONFUSABLE = [("conv-A", "conv-a"), ("a", "a "), ("é", "e"), ("x😀", "x🍣")]


@contextmanager
def session_time_zone(zone: str) -> Iterator[None]:
    """Let the database's session be in another zone, as a host's settings may have it."""
    statements = {"postgresql": "SET TIME ZONE '{}'", "mysql": "SET time_zone = '{}'"}
    statement = statements.get(connection.vendor)
    with connection.cursor() as cursor:
        if statement:
            cursor.execute(statement.format(zone))
        yield
        if statement:
            cursor.execute(statement.format("+00:00"))


@pytest.fixture
def channel(db: None) -> Channel:
    return channels.create(name="SMS").channel


@pytest.mark.parametrize("zone", ["+00:00", "-11:00", "+12:45"])
def test_the_clock_is_utc_in_every_session_time_zone(db: None, zone: str) -> None:
    with session_time_zone(zone):
        now = clock.now()
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
    assert now.utcoffset() == timedelta()


@pytest.mark.parametrize("zone", ["+00:00", "-11:00", "+12:45"])
def test_the_selected_clock_is_the_same(channel: Channel, zone: str) -> None:
    with session_time_zone(zone):
        epoch = Channel.objects.annotate(epoch=clock.EpochNow()).values_list("epoch", flat=True).get()
    assert abs(clock.selected(epoch) - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_clock_moves_inside_a_transaction(db: None) -> None:
    """PostgreSQL's ``now()`` would stand still, and so would every lease."""
    first = clock.now()
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    while clock.now() <= first:
        assert datetime.now(UTC) < deadline


def test_a_stored_time_comes_back_to_the_microsecond(channel: Channel) -> None:
    now = clock.now()
    Channel.objects.update(connected_at=now)
    assert Channel.objects.get().connected_at == now
    assert Channel.objects.filter(connected_at__lte=now, connected_at__gte=now).exists()


def test_without_time_zones_the_clock_is_naive_and_local(db: None, settings: Settings) -> None:
    settings.USE_TZ = False
    now = clock.now()
    assert timezone.is_naive(now)
    assert abs(timezone.make_aware(now) - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_test_may_replace_the_clock(channel: Channel) -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    with clock.replaced(lambda: moment):
        assert clock.now() == moment
        assert clock.selected(0) == moment
        with clock.replaced(lambda: moment + timedelta(days=1)):
            assert clock.now() == moment + timedelta(days=1)
        assert clock.now() == moment
    assert clock.now() != moment


@pytest.mark.parametrize("model", [Channel, Conversation, ExternalConversation, Message, OutboxEntry])
def test_migrations_see_djangos_own_field(model: type[Model]) -> None:
    field = model._meta.get_field("created_at")
    assert isinstance(field, DateTimeField)
    plain = DateTimeField(verbose_name=field.verbose_name, auto_now_add=True)
    assert field.deconstruct()[1:] == plain.deconstruct()[1:]
    assert (field.editable, field.blank) == (plain.editable, plain.blank)


def test_a_row_is_made_once(channel: Channel) -> None:
    assert abs(channel.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    moment = datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    with clock.replaced(lambda: moment, signatures=True):
        made = channels.create(name="Chat").channel
        Channel.objects.bulk_create([Channel(name="Bulk", token_digest="bulk")])
    made.name = "Renamed"
    made.save()
    made.refresh_from_db()
    assert made.created_at == Channel.objects.get(name="Bulk").created_at == moment


def test_without_time_zones_rows_are_made_at_a_naive_time(db: None, settings: Settings) -> None:
    settings.USE_TZ = False
    for zone in (None, "Pacific/Auckland"):  # as a request may activate one; a worker does not
        with timezone.override(zone):
            made, now = channels.create(name="Chat").channel.created_at, clock.now()
        for moment in (made, now):
            assert timezone.is_naive(moment)
            assert abs(timezone.make_aware(moment) - datetime.now(UTC)) < timedelta(minutes=1)


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_only_equal_parts_have_equal_digests(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_a_digest_of_one_part_is_the_sha256_of_its_utf8() -> None:
    assert digest("é") == hashlib.sha256(b"\xc3\xa9").hexdigest()


def test_content_digests_do_not_depend_on_the_order_of_keys() -> None:
    assert content_digest({"a": 1, "b": [1, 2]}) == content_digest({"b": [1, 2], "a": 1})
    assert content_digest({"a": [1, 2]}) != content_digest({"a": [2, 1]})


@pytest.mark.fault("F30")
@pytest.mark.parametrize(("one", "other"), CONFUSABLE)
def test_ids_that_a_collation_confuses_are_two_threads(channel: Channel, one: str, other: str) -> None:
    first = ExternalConversation.objects.ensure(channel, one)
    second = ExternalConversation.objects.ensure(channel, other)

    assert first != second
    assert ExternalConversation.objects.ensure(channel, one) == first
    assert list(ExternalConversation.objects.of(channel, [one])) == [first]
    assert list(ExternalConversation.objects.of(channel, [other])) == [second]


@pytest.mark.fault("F30")
@pytest.mark.parametrize(("one", "other"), CONFUSABLE)
def test_ids_that_a_collation_confuses_are_two_messages(channel: Channel, one: str, other: str) -> None:
    first, second = tell(channel, one), tell(channel, other)
    for message, name in ((first, one), (second, other)):
        message.delivery_digest = digest(name)
        message.save()

    for message, name in ((first, one), (second, other)):
        assert list(Message.objects.with_external_id(channel, name)) == [message]
        assert list(Message.objects.with_delivery_id(channel, name)) == [message]
        message.refresh_from_db()
        assert message.external_id == name


@pytest.mark.parametrize("order", list(product((1, 2), repeat=4)), ids=str)
def test_the_greatest_fact_wins_in_any_order(channel: Channel, order: tuple[int, ...]) -> None:
    facts = {1: Fact(1_000, "cnv_b"), 2: Fact(2_000, "cnv_a")}
    rows = {
        fact.front_id: Conversation.objects.create(channel=channel, front_id=fact.front_id)
        for fact in facts.values()
    }
    thread = ExternalConversation.objects.ensure(channel, "thread-1")
    for number in order:
        ExternalConversation.objects.point([thread], rows[facts[number].front_id], facts[number])
    thread.refresh_from_db()
    assert thread.conversation == rows[facts[max(order)].front_id]


class ReplicaRouter:
    """A host that reads from a replica and writes to the primary."""

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return "replica"

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return "default"


@pytest.fixture
def replica(settings: Settings) -> Iterator[None]:
    """A second alias that cannot be reached: whoever reads from it fails."""
    connections.databases["replica"] = {
        **connections.databases["default"],
        "NAME": "/nowhere/at/all",
        "HOST": "127.0.0.1",
        "PORT": "9",
    }
    settings.DATABASE_ROUTERS = [f"{__name__}.ReplicaRouter"]
    yield
    del connections["replica"], connections.databases["replica"]


@pytest.mark.fault("F45")
@pytest.mark.fault("F47")
def test_our_tables_are_read_from_where_they_are_written(channel: Channel, replica: None) -> None:
    message = tell(channel, "sms-1")

    assert tell(channel, "sms-1") == message, "A replica that lags would hide the repetition."
    assert Message.objects.all().db == "default"
    assert Message.objects.using("replica").db == "replica"
    assert list(channel.messages.all()) == [message]
