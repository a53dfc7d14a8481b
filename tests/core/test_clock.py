"""The clock by which several processes agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import DateTimeField, Model
from django.utils import timezone
from pytest_django import Settings

from django_front_channel.core import clock
from django_front_channel.models import Channel, Conversation, ConversationThread, Message, OutboxEntry
from django_front_channel.services import channels


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


@pytest.mark.fault("F89")
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


@pytest.mark.parametrize("model", [Channel, Conversation, ConversationThread, Message, OutboxEntry])
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
