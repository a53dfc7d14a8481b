"""Idle lanes and ended pauses are pruned, and no waiting entry is lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_delete

from django_front_channel.lifecycle.retention import prune
from django_front_channel.models import Channel, OutboxEntry, OutboxLane, Pause
from django_front_channel.models.pause import PauseQuerySet
from django_front_channel.outbox import admission
from django_front_channel.testing import factories
from tests.front import admit

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)


def lane(channel: Channel, thread: str = "thread-1", **values: Any) -> OutboxLane:
    return OutboxLane.objects.create(
        channel=channel,
        direction=OutboxLane.Direction.SYNC,
        external_conversation_id=thread,
        **values,
    )


def test_a_lane_that_no_entry_is_left_in_goes(channel: Channel) -> None:
    lane(channel, "one"), lane(channel, "two")
    counted = prune(now=NOW, dry_run=True)
    assert (counted.outbox_lanes, OutboxLane.objects.count()) == (2, 2)
    assert prune(now=NOW, batch=1).outbox_lanes == 2
    assert not OutboxLane.objects.exists()


@pytest.mark.parametrize("state", OutboxEntry.State)
def test_a_lane_of_an_entry_stays(channel: Channel, state: str) -> None:
    kept = lane(channel)
    settled_at = None if state == OutboxEntry.State.PENDING else NOW
    OutboxEntry.objects.create(
        kind=OutboxEntry.Kind.REQUEST, state=state, settled_at=settled_at, **kept.lane_name._asdict()
    )
    assert prune(now=NOW).outbox_lanes == 0
    assert OutboxLane.objects.get() == kept


@pytest.mark.parametrize("lease_until", [None, SOON])
def test_a_lane_that_is_due_stays_leased_or_not(channel: Channel, lease_until: datetime | None) -> None:
    kept = lane(channel, due_at=NOW, lease_until=lease_until)
    assert prune(now=NOW).outbox_lanes == 0
    assert OutboxLane.objects.get() == kept


def test_an_entry_whose_lane_is_pruned_in_the_middle_of_admission_is_admitted_later(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = factories.customer_message(channel)
    prepare = admission.prepare

    def prepared_and_pruned(*arguments: Any) -> Any:
        known = prepare(*arguments)
        OutboxLane.objects.all().delete()
        return known

    with monkeypatch.context() as patch:
        patch.setattr(admission, "prepare", prepared_and_pruned)
        assert admit() == 0
    entry = OutboxEntry.objects.get(message=message)
    assert (entry.state, entry.is_new) == (OutboxEntry.State.PENDING, True)

    assert admit() == 1
    entry = OutboxEntry.objects.get(message=message)
    assert (entry.state, entry.is_new) == (OutboxEntry.State.PENDING, False)
    assert OutboxLane.objects.named([entry.lane_name]).get().due_at is not None


def test_only_pauses_that_are_over_go(channel: Channel) -> None:
    Pause.objects.extend("default", "channel", "1", NOW)
    Pause.objects.extend("default", "channel", "2", SOON)
    assert prune(now=NOW, dry_run=True).pauses == 1
    assert prune(now=NOW).pauses == 1
    assert Pause.objects.get().key == "2"


@pytest.fixture
def listening() -> Iterator[None]:
    """A host that hears of every deleted row, as an audit log does."""

    def receiver(**arguments: Any) -> None:
        pass

    post_delete.connect(receiver)
    yield
    post_delete.disconnect(receiver)


@contextmanager
def just_before_the_delete(change: Callable[[], object]) -> Iterator[None]:
    def execute(run: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if sql.startswith("DELETE"):
            change()
        return run(sql, *arguments)

    with connection.execute_wrapper(execute):
        yield


@pytest.mark.usefixtures("listening")
def test_what_comes_to_life_while_it_is_pruned_stays_whoever_listens(channel: Channel) -> None:
    lane(channel)
    Pause.objects.extend("default", "channel", "1", NOW)

    def revive() -> None:
        OutboxLane.objects.update(due_at=NOW)
        Pause.objects.update(until=SOON)

    with just_before_the_delete(revive):
        pruned = prune(now=NOW)

    assert (pruned.outbox_lanes, OutboxLane.objects.count()) == (0, 1)
    assert (pruned.pauses, Pause.objects.count()) == (0, 1)


def free() -> list[str]:
    """The keys of the pauses that another connection could delete."""
    try:
        with transaction.atomic():
            return [pause.key for pause in Pause.objects.select_for_update(skip_locked=True)]
    finally:
        connection.close()


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_a_pause_cannot_be_pruned_while_it_is_extended(monkeypatch: pytest.MonkeyPatch) -> None:
    Pause.objects.extend("default", "channel", "1", NOW)
    find, seen = PauseQuerySet.get_or_create, []

    def found(pauses: PauseQuerySet, **values: Any) -> Any:
        result = find(pauses, **values)
        with ThreadPoolExecutor(1) as other:
            seen.append(other.submit(free).result(60))
        return result

    assert free() == ["1"]
    monkeypatch.setattr(PauseQuerySet, "get_or_create", found)
    Pause.objects.extend("default", "channel", "1", SOON)
    assert seen == [[]]
    assert prune(now=NOW).pauses == 0
    assert Pause.objects.get().until == SOON
