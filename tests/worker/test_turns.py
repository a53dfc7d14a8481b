"""Lanes take turns: neither a long backlog nor a broken neighbour keeps one waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane, OutboxQueue
from django_front_channel.models.outbox import Priority
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels
from django_front_channel.worker import rounds
from django_front_channel.worker.loop import Worker
from tests.front import (
    APP,
    Courier,
    MovableClock,
    admit,
    connect,
    outcomes_of,
    receive,
    reply,
    tell,
    told,
    work,
    worker,
)


def test_a_message_does_not_wait_for_the_admission_of_a_long_backlog(
    front: Sandbox, channel: Channel, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BATCH": 5}
    other = connect(front, "Chat")
    for number in range(30):
        tell(channel, f"a{number}", "a")
    tell(other, "b", "b")
    work("sync")
    assert told(front).index("b") <= 2


def test_live_messages_go_before_backfilled_ones(front: Sandbox, channel: Channel) -> None:
    """Also in the same channel, and whatever came first."""
    for number in range(40):
        tell(channel, f"old {number}", f"thread {number}")
    OutboxEntry.objects.update(priority=Priority.BACKFILLED)
    admit()
    tell(channel, "live", "another thread")
    Worker(streams=("sync",), slots=1).run_until_quiet()
    assert told(front)[0] == "live"
    assert len(told(front)) == 41


def test_a_live_message_lifts_the_backfilled_ones_before_it(front: Sandbox, channel: Channel) -> None:
    """Order and urgency both hold: the lane is as urgent as the most urgent entry that waits in it."""
    for thread in ("a", "b"):
        for number in range(2):
            tell(channel, f"old {thread}{number}", thread)
    OutboxEntry.objects.update(priority=Priority.BACKFILLED)
    admit()
    tell(channel, "live", "b")
    tell(channel, "history of b", "b")
    OutboxEntry.objects.filter(message__external_id="history of b").update(priority=Priority.BACKFILLED)
    Worker(streams=("sync",), slots=1).run_until_quiet()
    assert told(front)[:3] == ["old b0", "old b1", "live"]
    assert sorted(told(front)[3:]) == ["history of b", "old a0", "old a1"]


@pytest.fixture
def stop_after_the_first() -> Any:
    """Call something once the first request to Front has ended."""
    connected = []

    def connect_it(stop: Callable[..., Any]) -> None:
        def receiver(channel: Channel, **_arguments: Any) -> None:
            stop(Channel.objects.get(pk=channel.pk))

        signals.api_request_finished.connect(receiver)
        connected.append(receiver)

    yield connect_it
    for receiver in connected:
        signals.api_request_finished.disconnect(receiver)


@pytest.mark.parametrize("stop", [channels.hold, channels.disconnect])
def test_a_channel_that_is_stopped_stops_in_the_middle_of_a_lane(
    front: Sandbox, channel: Channel, *, stop_after_the_first, stop: Callable[[Channel], Channel]
) -> None:
    for number in range(3):
        tell(channel, f"sms-{number}")
    stop_after_the_first(stop)
    work("sync")
    assert told(front) == ["sms-0"]
    lane = OutboxLane.objects.get()
    assert (lane.due_at is None, lane.lease_until) == (False, None)
    assert OutboxQueue.objects.get().look_at is None, "Nobody looks at it before it is opened."


def test_a_channel_that_is_released_goes_on_at_once(
    front: Sandbox, channel: Channel, stop_after_the_first
) -> None:
    for number in range(3):
        tell(channel, f"sms-{number}")
    stop_after_the_first(channels.hold)
    for number in range(3):
        work("sync")
        assert len(told(front)) == number + 1
        channels.release(Channel.objects.get())
    assert outcomes_of(Message.objects.earliest("pk")) == {}


def test_a_held_channel_stops_in_the_middle_of_its_deliveries(
    courier: type[Courier], front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def deliver(self: ChannelHandler, message: Message) -> None:
        tried.append(message.text)
        channels.hold(Channel.objects.get())

    monkeypatch.setattr(courier, "deliver", deliver)
    receive(front, channel, "first")
    reply(front, front.snapshot()["conversations"][0]["id"], "second")
    work("deliver")
    assert tried == ["first"]


def test_another_installations_channel_is_put_off_as_a_whole(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    good = connect(front, "Good")
    for number in range(5):
        tell(channel, f"foreign {number}", f"thread {number}")
    Channel.objects.filter(pk=channel.pk).update(connected_app_uid="another")
    for number in range(3):
        tell(good, f"good {number}", f"thread {number}")
        work("sync")
        assert told(front) == [f"good {each}" for each in range(number + 1)]
        look_at = OutboxQueue.objects.get(channel=channel).look_at
        assert look_at is not None
        assert look_at > time()
        time.advance(rounds.PUT_OFF_SECONDS + 1)


class Vault:
    """A host's callable for ``FRONT_CHANNEL_APPS``, which raises for one app."""

    def __init__(self) -> None:
        self.inside: list[bool] = []

    def __call__(self, alias: str) -> dict[str, Any]:
        self.inside.append(connection.in_atomic_block)
        if alias == "vault":
            raise ConnectionError("The vault is down.")
        return {**APP, "HANDLER": "tests.front.Courier"}


def test_an_app_whose_settings_cannot_be_had_stops_no_other(
    front: Sandbox, channel: Channel, time: MovableClock, settings: Settings
) -> None:
    bad = connect(front, "Bad")
    Channel.objects.filter(pk=bad.pk).update(app="vault")
    tell(bad, "bad")
    settings.FRONT_CHANNEL_APPS = Vault()
    for number in range(3):
        tell(channel, f"good {number}", "other")
        work("sync")
        time.advance(rounds.PUT_OFF_SECONDS + 1)
    assert told(front) == ["good 0", "good 1", "good 2"]


@pytest.mark.django_db(transaction=True)
def test_the_settings_are_asked_for_outside_any_transaction(
    courier: type[Courier], front: Sandbox, channel: Channel, settings: Settings
) -> None:
    tell(channel, "sms-1")
    receive(front, channel)
    vault = settings.FRONT_CHANNEL_APPS = Vault()
    work()
    assert set(vault.inside) == {False}
    assert (told(front), courier.tried) == (["sms-1"], ["Hello"])


def statements_of(carry_out: Callable[[], Any]) -> int:
    """How many statements it took, apart from the beginnings and ends of transactions."""
    with CaptureQueriesContext(connection) as captured:
        carry_out()
    return sum(query["sql"].startswith(("SELECT", "INSERT", "UPDATE", "DELETE")) for query in captured)


@pytest.mark.parametrize(("stream", "count"), [("sync", 6), ("deliver", 9), ("announce", 2)])
def test_an_idle_look_costs_so_many_statements_and_no_more(
    channel: Channel, *, stream: str, count: int
) -> None:
    working = worker(stream)
    working.run_until_quiet()
    assert statements_of(working.run_until_quiet) == count


def test_a_held_channel_costs_an_idle_look_nothing(front: Sandbox, channel: Channel) -> None:
    working = worker("sync")
    for number in range(30):
        tell(channel, f"sms-{number}", f"thread {number}")
    channels.hold(channel)
    working.run_until_quiet()
    assert statements_of(working.run_until_quiet) == 6


def test_a_batch_costs_so_many_statements_however_many_it_has(
    front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of requests to Front: beyond a fixed number for a round, none for a message."""
    monkeypatch.setattr(rounds, "FRESH_SECONDS", 600.0)  # whatever the machine is busy with
    needed = []
    for count in (1, 8, 20):
        for number in range(count):
            tell(channel, f"{count} {number}", f"thread {count} {number}")
        needed.append(statements_of(worker("sync").run_until_quiet))
    assert needed[2] == needed[1] <= 60


def test_a_batch_of_deliveries_costs_so_many_statements_however_many_it_has(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    needed = []
    for count in (1, 8, 20):
        for _ in range(count):
            receive(front, channel)
        needed.append(statements_of(worker("deliver").run_until_quiet))
    assert needed[2] == needed[1] <= 60
