"""A worker that was frozen beyond its lease changes nothing that another one has taken over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.core.log_events import LogEvent
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane
from django_front_channel.outbox.outcomes import AttemptOutcome, GaveUp, Succeeded
from django_front_channel.sandbox import Sandbox
from django_front_channel.worker import loop
from tests.front import (
    APP,
    Courier,
    MovableClock,
    entry_of,
    outcomes_of,
    receive,
    reply,
    state_of,
    tell,
    told,
    work,
)
from tests.log_records import events
from tests.worker.faults import stall


@pytest.fixture
def while_frozen(time: MovableClock) -> Callable[[Callable[[], None]], Callable[..., None]]:
    """A receiver that lets its worker sleep through its lease once, while others go on."""

    def prepare(others: Callable[[], None]) -> Callable[..., None]:
        slept: list[bool] = []

        def receiver(**_arguments: object) -> None:
            if not slept:
                slept.append(True)
                time.advance(31)
                others()

        return receiver

    return prepare


@pytest.mark.parametrize("answer", [503, 500, 400, 401, None])
def test_a_frozen_request_to_front(
    front: Sandbox,
    channel: Channel,
    *,
    while_frozen: Callable[..., Callable[..., None]],
    caplog: pytest.LogCaptureFixture,
    answer: int | None,
    heard,
) -> None:
    failed = heard(signals.sync_failed)
    message, following = tell(channel, "sms-1"), tell(channel, "sms-2")
    if answer is not None:
        front.fail_next(status=answer)
    settled: list[OutboxEntry] = []

    def others() -> None:
        work("sync")
        settled.append(entry_of(message))

    receiver = while_frozen(others)
    signals.api_request_finished.connect(receiver)
    try:
        work("sync")
    finally:
        signals.api_request_finished.disconnect(receiver)

    assert LogEvent.LANE_LOST in events(caplog.records)
    entry = entry_of(message)
    assert (entry.state, entry.attempts, entry.detail) == ("done", 1, "")
    assert entry.settled_at == settled[0].settled_at
    assert (state_of(message), state_of(following), state_of(channel)) == (
        "accepted",
        "accepted",
        "connected",
    )
    assert told(front)[:3] == ["sms-1", "sms-1", "sms-2"]
    assert outcomes_of(message) == {"ambiguous": 1}
    assert failed == []


def test_a_frozen_delivery(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    *,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempts: list[str] = []

    def deliver(self: ChannelHandler, message: Message) -> str:
        attempts.append(message.text)
        if len(attempts) == 1:
            time.advance(31)
            work("deliver")
            return "of the frozen worker"
        return f"{message.text} of the other worker"

    monkeypatch.setattr(courier, "deliver", deliver)
    first = receive(front, channel, "first")
    second = reply(front, front.snapshot()["conversations"][0]["id"], "second")
    work("deliver")

    assert LogEvent.LANE_LOST in events(caplog.records)
    assert attempts == ["first", "first", "second"]
    assert courier.asked == ["first"], "The outcome of the frozen worker's attempt is unknown."
    assert set(Message.objects.values_list("delivery_id", flat=True)) == {
        "first of the other worker",
        "second of the other worker",
    }
    assert (entry_of(first).attempts, entry_of(second).attempts) == (1, 0)


def test_a_frozen_single(channel: Channel, time: MovableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = OutboxEntry.objects.create(kind="process", state="pending", channel=channel, due_at=time())

    def process_at_once(_entry: OutboxEntry) -> AttemptOutcome:
        return Succeeded()

    def process_frozen(_entry: OutboxEntry) -> AttemptOutcome:
        time.advance(31)
        monkeypatch.setattr(loop, "reprocess", process_at_once)
        work("sync")
        return GaveUp(Reason(Code.UNEXPECTED_ERROR))

    monkeypatch.setattr(loop, "reprocess", process_frozen)
    work("sync")
    entry.refresh_from_db()
    assert (entry.state, entry.detail, entry.attempts) == ("done", "", 1)


def test_a_dead_workers_lane_moves_again_after_its_lease(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message, following = tell(channel, "sms-1"), tell(channel, "sms-2")

    def die(**_arguments: object) -> None:
        raise KeyboardInterrupt

    signals.api_request_finished.connect(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            work("sync")
    finally:
        signals.api_request_finished.disconnect(die)
    assert OutboxLane.objects.get().lease_until is not None
    assert state_of(message) == "sending"

    time.advance(28)
    work("sync")
    assert told(front) == ["sms-1"]

    time.advance(3)
    work("sync")
    assert told(front) == ["sms-1", "sms-1", "sms-2"]
    assert outcomes_of(message) == {"ambiguous": 1}
    assert (state_of(message), state_of(following)) == ("accepted", "accepted")


def test_each_attempt_begins_with_a_fresh_lease(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    """A long queue in one lane takes longer than a lease, and nobody takes it over meanwhile."""
    for number in range(5):
        tell(channel, f"sms-{number}")

    def slow(**_arguments: object) -> None:
        time.advance(20)
        work("sync")

    signals.api_request_finished.connect(slow)
    try:
        work("sync")
    finally:
        signals.api_request_finished.disconnect(slow)
    assert told(front) == [f"sms-{number}" for number in range(5)]
    assert outcomes_of(Message.objects.get(external_id="sms-0")) == {}


class StallingSettings:
    """A host's callable for ``FRONT_CHANNEL_APPS`` that, asked so often, lets the others go on before it answers."""

    def __init__(self, number: int, others: Callable[[], None]) -> None:
        self.left = number
        self.others = others

    def __call__(self, alias: str) -> dict[str, str]:
        self.left -= 1
        if self.left == 0:
            self.others()
        return {**APP, "HANDLER": "tests.front.Courier"}


@pytest.mark.fault("F73")
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("taken_over", [True, False])
def test_no_request_begins_after_the_lease(
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    *,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    taken_over: bool,
) -> None:
    """Neither is the lane looked at, nor the client made, nor the request sent with a lease that is over."""
    told_meanwhile: list[list[str]] = []

    def stalled() -> None:
        stall(time, monkeypatch)
        if taken_over:
            work("sync")
        told_meanwhile.append(told(front))

    tell(channel, "sms-1")
    settings.FRONT_CHANNEL_APPS = StallingSettings(number, stalled)
    work("sync")
    assert told_meanwhile == [told(front)], "The stalled worker sends nothing."

    time.advance(40)
    work("sync")
    assert told(front) == ["sms-1"]
    assert outcomes_of(Message.objects.get())["ambiguous"] <= taken_over


def test_no_delivery_begins_after_the_lease(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The question whether the provider has the message took too long: another worker delivers it."""
    courier.outcomes.append(ConnectionError("reset"))
    message = receive(front, channel)
    work("deliver")
    time.advance(10)

    asked: list[str] = []

    def find_delivery(self: ChannelHandler, message: Message) -> None:
        asked.append(message.text)
        if len(asked) == 1:
            stall(time, monkeypatch)
            work("deliver")

    monkeypatch.setattr(courier, "find_delivery", find_delivery)
    work("deliver")
    assert courier.tried == ["Hello", "Hello"]
    assert state_of(message) == "delivered"


def test_a_lease_that_ended_before_the_attempt_is_not_used(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    *,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    courier.outcomes.append(ConnectionError("reset"))
    message = receive(front, channel)
    work("deliver")
    time.advance(10)
    settings.FRONT_CHANNEL_APPS = StallingSettings(1, lambda: stall(time, monkeypatch))
    work("deliver")
    assert (courier.asked, courier.tried) == ([], ["Hello"])
    assert entry_of(message).attempts == 1, "It was no attempt."

    time.advance(2)
    work("deliver")
    assert state_of(message) == "delivered"
