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
from django_front_channel.models import Channel, Message, OutboxLane
from django_front_channel.outbox import claims
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels
from django_front_channel.worker import lanes
from tests.front import (
    APP,
    Courier,
    MovableClock,
    connect,
    outcomes_of,
    receive,
    reply,
    tell,
    told,
    work,
    worker,
)


def test_admission_is_done_before_the_first_turn(
    front: Sandbox, channel: Channel, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BATCH": 5}
    for number in range(30):
        tell(channel, f"a{number}", "a")
    tell(channel, "b", "b")
    work("sync")
    assert told(front).index("b") == 5


def test_a_turn_is_short_where_front_is_slow(
    front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "TURN_SECONDS", 0.2)
    for external_id in ("a1", "a2", "b1", "b2"):
        tell(channel, external_id, external_id[0])
    front.hold(seconds=0.3)
    work("sync")
    assert told(front) in (["a1", "b1", "b2", "a2"], ["b1", "a1", "a2", "b2"])


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


def test_the_lanes_of_another_installations_channel_are_put_off_together(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    """Far more lanes than one look finds, time and again."""
    good = connect(front, "Good")
    for number in range(3 * claims.CANDIDATES):
        tell(channel, f"foreign {number}", f"thread {number}")
    Channel.objects.filter(pk=channel.pk).update(connected_app_uid="another")
    for number in range(3):
        tell(good, f"good {number}", f"thread {number}")
        work("sync")
        assert told(front) == [f"good {each}" for each in range(number + 1)]
        foreign = OutboxLane.objects.filter(channel=channel)
        assert foreign.order_by().values("due_at").distinct().count() == 1
        time.advance(lanes.PUT_OFF_SECONDS + 1)


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
        time.advance(lanes.PUT_OFF_SECONDS + 1)
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


@pytest.mark.parametrize(("stream", "count"), [("sync", 6), ("deliver", 5), ("announce", 2)])
def test_an_idle_look_costs_so_many_statements_and_no_more(
    channel: Channel, *, stream: str, count: int
) -> None:
    working = worker(stream)
    working.run_until_quiet()
    assert statements_of(working.run_until_quiet) == count


@pytest.fixture
def long_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a lane's turn would end early, and the next one take statements of its own."""
    monkeypatch.setattr(lanes, "TURN_SECONDS", 600.0)


@pytest.mark.usefixtures("long_turns")
def test_a_message_to_front_costs_so_many_statements_and_no_more(front: Sandbox, channel: Channel) -> None:
    needed = []
    for thread, count in (("a", 5), ("b", 25)):
        for number in range(count):
            tell(channel, f"{thread}{number}", thread)
        needed.append(statements_of(worker("sync").run_until_quiet))
    assert (needed[1] - needed[0]) / 20 == 11


@pytest.mark.usefixtures("long_turns")
def test_a_delivery_costs_so_many_statements_and_no_more(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    receive(front, channel)
    work("deliver")
    conversation = front.snapshot()["conversations"][0]["id"]
    needed = []
    for count in (5, 25):
        for number in range(count):
            reply(front, conversation, f"{count} {number}")
        needed.append(statements_of(worker("deliver").run_until_quiet))
    assert (needed[1] - needed[0]) / 20 == 10
