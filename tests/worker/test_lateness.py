"""A message of the team that takes too long is failed in Front, and never delivered late."""

import json
from datetime import timedelta

import pytest
from django.db import DataError
from pytest_django import Settings

from django_front_channel.exceptions import DeliveryDelayed, InvalidArgument
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, messages
from tests.front import APP, Courier, MovableClock, calls, entry_of, receive, state_of, work
from tests.worker.faults import refusing

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = 3600


class Hurried(Courier):
    """A handler of a live chat: nobody reads there what comes after a minute."""

    limit: object = timedelta(minutes=1)

    def accept(self, message: Message) -> None:
        message.deliver_within = self.limit


class Confused(Hurried):
    limit = "soon"


def hurry(settings: Settings, handler: type[Courier]) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.{handler.__name__}"}}


def told_to_the_team(front: Sandbox) -> list[str]:
    return [json.loads(call["body"])["reason"] for call in calls(front, "/status")]


def assert_too_late(front: Sandbox, message: Message, *, tried: int = 0) -> None:
    message.refresh_from_db()
    assert (message.state, message.code) == ("failed", "delivery_too_late")
    assert entry_of(message).late_at is None
    assert len(Courier.tried) == tried
    work()
    assert len(told_to_the_team(front)) == 1
    assert len(Courier.tried) == tried, "What is too late is never delivered."


@pytest.mark.fault("late")
def test_a_worker_that_was_off_delivers_nothing_late(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = receive(front, channel, "Your courier rings in 10 minutes")
    time.advance(4 * HOUR + 1)
    work("deliver")
    assert_too_late(front, message)
    assert "4\xa0hours" in told_to_the_team(front)[0]


def test_what_is_in_time_is_delivered(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = receive(front, channel)
    time.advance(4 * HOUR - 60)
    work("deliver")
    assert state_of(message) == "delivered"
    assert entry_of(message).late_at is None


@pytest.mark.fault("late")
def test_a_handler_that_always_asks_for_more_time_gets_no_more_than_there_is(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes += [DeliveryDelayed(HOUR) for _ in range(9)]
    message = receive(front, channel)
    for _hour in range(5):
        work("deliver")
        time.advance(HOUR)
    work("deliver")
    assert_too_late(front, message, tried=4)
    assert message.parameters["last"]["code"] == "delivery_delayed"


@pytest.mark.fault("late")
def test_a_provider_that_is_down_is_reported_at_the_deadline(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes += [ConnectionError("down for +33612345678") for _ in range(99)]
    message = receive(front, channel)
    for _turn in range(24):
        work("deliver")
        time.advance(10 * 60)
    work("deliver")
    assert_too_late(front, message, tried=len(courier.tried))
    assert "+33612345678" not in told_to_the_team(front)[0]


@pytest.mark.fault("late")
def test_a_hold_is_no_excuse(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = receive(front, channel)
    channels.hold(channel)
    time.advance(4 * HOUR + 1)
    work("deliver")
    assert state_of(message) == "failed"
    channels.release(channel)
    assert_too_late(front, message)


def test_the_limit_of_the_channel_counts_before_that_of_the_app(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    channels.set_deliver_within(channel, deliver_within=timedelta(minutes=5))
    message = receive(front, channel)
    channels.set_deliver_within(channel, deliver_within=None)
    time.advance(301)
    work("deliver")
    assert_too_late(front, message)


def test_an_app_has_its_own_limit(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_APPS["default"]["DELIVER_WITHIN"] = timedelta(days=1)
    message = receive(front, channel)
    time.advance(23 * HOUR)
    work("deliver")
    assert state_of(message) == "delivered"


def test_the_handler_limits_a_single_message(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, settings: Settings
) -> None:
    hurry(settings, Hurried)
    message = receive(front, channel)
    time.advance(61)
    work("deliver")
    assert_too_late(front, message)


def test_a_limit_that_is_none_is_a_mistake_of_the_handler(
    courier: type[Courier], front: Sandbox, channel: Channel, settings: Settings
) -> None:
    hurry(settings, Confused)
    answer = front.compose(channel_id=str(channel.front_id), to=["+33612345678"], text="Hello")
    assert answer["error"] is not None
    assert not Message.objects.exists()


@pytest.mark.parametrize("found", ["SM-1", ""])
def test_an_unknown_outcome_is_asked_for_before_it_is_too_late(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, found: str
) -> None:
    courier.outcomes.append(TimeoutError("slow"))
    message = receive(front, channel)
    work("deliver")
    OutboxEntry.objects.filter(message=message).update(attempt_started_at=time())  # a worker begins, and dies
    courier.found = {message.external_id: found}
    time.advance(4 * HOUR + 1)
    work("deliver")
    courier.found = {}
    assert courier.asked == ["Hello"]
    assert state_of(message) == ("handed_over" if found else "failed")
    assert len(courier.tried) == 1


def test_an_attempt_that_is_under_way_is_left_alone(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = receive(front, channel)
    channels.hold(channel)
    OutboxEntry.objects.filter(message=message).update(attempt_started_at=time())
    time.advance(4 * HOUR + 1)
    work("deliver")
    assert state_of(message) == "received"


def test_whoever_tries_again_has_the_whole_time(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = receive(front, channel)
    time.advance(4 * HOUR + 1)
    work("deliver")
    assert state_of(message) == "failed"
    messages.retry(message)
    time.advance(3 * HOUR)
    work("deliver")
    assert state_of(message) == "delivered"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (timedelta(0), "out_of_range"),
        (timedelta(-1), "out_of_range"),
        (60, "wrong_type"),
        ("1 h", "wrong_type"),
    ],
)
def test_a_limit_is_a_positive_timedelta(channel: Channel, given: object, code: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        channels.set_deliver_within(channel, deliver_within=given)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.argument) == (code, "deliver_within")


def test_one_that_cannot_be_failed_stops_no_other(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    poisoned, other = receive(front, channel, "poisoned"), receive(front, channel, "other")
    time.advance(4 * HOUR + 1)
    with refusing(
        DataError("no"), "UPDATE", "front_channel_message", "delivery_too_late", times=1
    ) as refused:
        work("deliver")
        assert (len(refused), state_of(other)) == (1, "failed")
        work("deliver")
    assert state_of(poisoned) == "failed", "It is tried again."
