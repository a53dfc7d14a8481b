"""Syncs are part of the caller's transaction: Front never hears of one that is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import ClassVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_front_channel.core.log_events import LogEvent
from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, messages
from tests.front import tell, told, work
from tests.log_records import events

pytestmark = pytest.mark.django_db(transaction=True)


class Regret(Exception):
    pass


def rolled_back(channel: Channel) -> None:
    with suppress(Regret), transaction.atomic():
        tell(channel, "regretted")
        raise Regret


def rolled_back_quietly(channel: Channel) -> None:
    with transaction.atomic():
        tell(channel, "regretted")
        transaction.set_rollback(True)


def rolled_back_in_part(channel: Channel) -> None:
    with transaction.atomic():
        tell(channel, "before")
        with suppress(Regret), transaction.atomic():
            tell(channel, "regretted")
            raise Regret
        tell(channel, "after")


@pytest.mark.fault("F66")
@pytest.mark.parametrize(
    ("host", "said"),
    [
        (rolled_back, []),
        (rolled_back_quietly, []),
        (rolled_back_in_part, ["before", "after"]),
    ],
)
def test_nothing_is_said_that_was_rolled_back(
    front: Sandbox, channel: Channel, host: Callable[[Channel], None], said: list[str]
) -> None:
    host(channel)
    work()

    assert told(front) == said
    assert Message.objects.count() == OutboxEntry.objects.count() == len(said)


def test_nothing_is_said_before_the_commit(front: Sandbox, channel: Channel) -> None:
    with transaction.atomic():
        tell(channel, "sms-1")
        assert not OutboxLane.objects.exists()
        assert not told(front)
    work()
    assert told(front) == ["sms-1"]


def test_an_id_that_was_rolled_back_is_free(channel: Channel) -> None:
    rolled_back(channel)
    assert tell(channel, "regretted", text="Something else").state == "queued"


@pytest.mark.parametrize("known", [False, True], ids=["new thread", "known thread"])
def test_statements_of_a_sync(channel: Channel, known: bool) -> None:
    if known:
        tell(channel, "sms-0")
        work("sync")

    with CaptureQueriesContext(
        connection,
    ) as captured:
        tell(channel, "sms-1")

    frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    statements = [query["sql"] for query in captured if not query["sql"].startswith(frame)]
    assert len(statements) <= 4, statements
    changes = [sql.split()[0] for sql in statements if not sql.startswith("SELECT")]
    assert changes == ["INSERT", "INSERT"]


class Bell:
    """Where ``FRONT_CHANNEL_WAKE_UP`` leads; it notes how many entries another reader could see by then."""

    seen: ClassVar[list[tuple[bool, int]]] = []

    @classmethod
    def ring(cls) -> None:
        cls.seen.append((connection.in_atomic_block, OutboxEntry.objects.count()))


def ring() -> None:
    Bell.ring()


def dead_broker() -> None:
    raise ConnectionError("The broker does not answer.")


@pytest.fixture
def bell(settings: Settings) -> Iterator[list[tuple[bool, int]]]:
    settings.FRONT_CHANNEL_WAKE_UP = f"{__name__}.ring"
    yield Bell.seen
    Bell.seen.clear()


def test_wake_up_after_the_commit_only(channel: Channel, bell: list[tuple[bool, int]]) -> None:
    with transaction.atomic():
        tell(channel, "sms-1")
        assert bell == []
    assert bell == [(False, 1)]


def test_no_wake_up_for_what_was_rolled_back(channel: Channel, bell: list[tuple[bool, int]]) -> None:
    rolled_back(channel)
    rolled_back_quietly(channel)
    assert bell == []


@pytest.mark.fault("F82")
def test_a_dead_broker_fails_nobody(
    front: Sandbox, channel: Channel, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FRONT_CHANNEL_WAKE_UP = f"{__name__}.dead_broker"
    with transaction.atomic():
        tell(channel, "sms-1")
    work()

    assert told(front) == ["sms-1"]
    assert LogEvent.WAKE_UP_FAILED in events(caplog.records)


def test_a_misspelt_wake_up_fails_nobody(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_WAKE_UP = "no.such.module"
    tell(channel, "sms-1")
    assert OutboxEntry.objects.count() == 1


def test_a_channel_and_its_first_message_in_one_transaction(db: None) -> None:
    with transaction.atomic():
        message = tell(channels.create(name="SMS").channel, "sms-1")
        assert messages.cancel(message).state == "cancelled"
    assert Message.objects.get().state == "cancelled"
