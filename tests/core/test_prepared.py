"""Prepared statements are the querysets that they are made of: the same rows, the same effect."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, connections
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from django_front_channel.core.prepared import (
    Parameter,
    PreparedDelete,
    PreparedSelect,
    PreparedUpdate,
)
from django_front_channel.models import Channel, Conversation, ConversationThread, Message
from django_front_channel.testing import factories

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

THREADS = ("thread", "thread__conversation")


@pytest.fixture
def channel(db: None) -> Channel:
    return factories.connected_channel()


@pytest.fixture
def message(channel: Channel) -> Message:
    message = factories.imported_message(channel, external_conversation_id="thr-1")
    Conversation.objects.update(tags=["urgent"], host_data={"order": 7}, refreshed_at=datetime.now(UTC))
    Message.objects.update(sender={"handle": "+351"}, to=[{"handle": "ü"}])
    return Message.objects.select_related(*THREADS).get(pk=message.pk)


def by_pk() -> PreparedSelect[Message]:
    return PreparedSelect(lambda: Message.objects.filter(pk=Parameter("pk")), *THREADS)


def columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_row_is_as_django_reads_it(message: Message) -> None:
    [found] = by_pk().execute(pk=message.pk)
    assert columns(found) == columns(message)
    assert found._state.db == message._state.db
    assert not found._state.adding


def test_what_it_points_to_comes_along(message: Message) -> None:
    [found] = by_pk().execute(pk=message.pk)
    with CaptureQueriesContext(connection) as captured:
        thread, conversation = found.thread, found.conversation
    assert not list(captured)
    assert columns(thread) == columns(message.thread)
    assert columns(conversation) == columns(message.conversation)


def test_it_may_point_to_nothing(message: Message) -> None:
    ConversationThread.objects.update(conversation=None)
    [unmapped] = by_pk().execute(pk=message.pk)
    Message.objects.update(thread=None)
    [alone] = by_pk().execute(pk=message.pk)
    Message.objects.update(thread=999_999_999)  # no constraint forbids it
    [dangling] = by_pk().execute(pk=message.pk)

    with CaptureQueriesContext(connection) as captured:
        assert unmapped.thread is not None
        assert unmapped.conversation is None
        assert alone.thread is None
        assert dangling.thread is None
    assert not list(captured)


def test_a_few_columns_and_an_annotation(message: Message) -> None:
    select = PreparedSelect(
        lambda: Message.objects.filter(Q(pk=Parameter("pk")) | Q(external_id=Parameter("external_id"))),
        only=("state", "id", "direction"),
        loud=Upper("state"),
    )
    for values in ({"pk": message.pk, "external_id": None}, {"pk": None, "external_id": message.external_id}):
        [found] = select.execute(**values)
        assert found.direction == message.direction
        assert (found.state, found.loud) == ("imported", "IMPORTED")  # type: ignore[attr-defined]
        assert found.get_deferred_fields() >= {"text", "external_id"}
        assert found.text == message.text
    assert select.execute(pk=None, external_id=None) == []


def test_values_are_data(channel: Channel) -> None:
    name = "'; DROP TABLE x; -- %s \\ \" %(a)s"
    Channel.objects.create(name=name, token_digest="t")
    select = PreparedSelect(lambda: Channel.objects.filter(name=Parameter("name")))
    assert [found.name for found in select.execute(name=name)] == [name]


def test_an_update_and_a_deletion_say_how_many(channel: Channel) -> None:
    for number in range(3):
        factories.customer_message(channel, external_id=f"in-{number}")
    update = PreparedUpdate(
        lambda: Message.objects.filter(channel=Parameter("channel")).exclude(external_id=Parameter("but")),
        subject=Parameter("subject"),
        text=F("external_id"),
    )
    for _again in range(2):
        assert update.execute(channel=channel.pk, but="in-1", subject="Hello") == 2
    told = Message.objects.filter(subject="Hello").order_by("pk").values_list("text", flat=True)
    assert list(told) == ["in-0", "in-2"]

    delete = PreparedDelete(lambda: Conversation.objects.filter(front_id=Parameter("front_id")))
    Conversation.objects.create(channel=channel, front_id="cnv_1")
    Conversation.objects.create(channel=channel, front_id="cnv_2")
    assert [delete.execute(front_id="cnv_1") for _again in range(2)] == [1, 0]
    assert Conversation.objects.get().front_id == "cnv_2"


def test_django_writes_the_sql_once(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    as_sql = SQLCompiler.as_sql

    def writing(self: Any, *arguments: Any, **keywords: Any) -> Any:
        written.append(self)
        return as_sql(self, *arguments, **keywords)

    monkeypatch.setattr(SQLCompiler, "as_sql", writing)
    select = by_pk()
    assert select.execute(pk=message.pk) == [message]
    assert written
    del written[:]
    assert select.execute(pk=message.pk) == [message]
    assert select.execute(pk=0) == []
    assert not written


def test_datetimes_follow_the_setting(channel: Channel, settings: Settings) -> None:
    select = PreparedSelect(lambda: Channel.objects.filter(pk=Parameter("pk")))
    for use_tz in (True, False, True):
        settings.USE_TZ = use_tz
        [found] = select.execute(pk=channel.pk)
        assert found.created_at == Channel.objects.get().created_at
        assert bool(found.created_at.tzinfo) is use_tz


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_its_own_connection(channel: Channel) -> None:
    select = PreparedSelect(lambda: Channel.objects.filter(pk=Parameter("pk")))
    select.execute(pk=channel.pk)
    found: list[Any] = []

    def ask() -> None:
        found.append(connection.connection)
        with CaptureQueriesContext(connection) as captured:
            found.extend(select.execute(pk=channel.pk))
        found.append(len(captured))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [None, channel, 1]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_took_the_place_of_another_is_used(channel: Channel) -> None:
    select = PreparedSelect(lambda: Channel.objects.filter(pk=Parameter("pk")))
    select.execute(pk=channel.pk)
    first = connections["default"]
    connections["default"] = first.copy()
    try:
        with CaptureQueriesContext(connections["default"]) as captured:
            assert select.execute(pk=channel.pk) == [channel]
        assert len(captured) == 1
    finally:
        connections["default"].close()
        connections["default"] = first
