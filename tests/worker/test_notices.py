"""While a message of the team waits, a comment in its conversation says so, and another one says when it went."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import DeliveryDelayed
from django_front_channel.models import Channel, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels
from tests.front import Courier, MovableClock, receive, reply, state_of, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault("late")]


def comments(front: Sandbox) -> list[str]:
    (conversation,) = front.snapshot()["conversations"]
    return [comment["body"] for comment in conversation["comments"]]


def test_the_team_is_told_that_the_customer_waits_and_when_it_went(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, heard
) -> None:
    delayed = heard(signals.delivery_delayed)
    courier.outcomes += [DeliveryDelayed(60) for _ in range(2)]
    message = receive(front, channel)
    work()
    time.advance(100)
    work()
    assert comments(front) == [], "It does not wait for long yet."

    time.advance(30)
    work()
    (told,) = comments(front)
    assert "has not got" in told
    assert "60 seconds" in told
    assert [each["message"] for each in delayed] == [message]

    time.advance(100)
    work()
    assert state_of(message) == "delivered"
    assert [("has not got" in comment, "has now gone" in comment) for comment in comments(front)] == [
        (True, False),
        (False, True),
    ]
    time.advance(3600)
    work()
    assert len(comments(front)) == 2


def test_what_goes_at_once_is_no_news(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = receive(front, channel)
    work()
    time.advance(3600)
    work()
    assert (state_of(message), comments(front)) == ("delivered", [])


def test_a_thread_has_one_comment_however_many_messages_wait(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, heard
) -> None:
    delayed = heard(signals.delivery_delayed)
    courier.outcomes += [ConnectionError("down")] * 9
    receive(front, channel, "first")
    for number in range(3):
        reply(front, front.snapshot()["conversations"][0]["id"], f"reply {number}")
    work("deliver")
    time.advance(121)
    work()
    assert (len(comments(front)), len(delayed)) == (1, 4)


def test_the_comment_has_no_word_of_an_exception(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes += [ConnectionError("401 for +33612345678")] * 9
    receive(front, channel)
    work()
    time.advance(121)
    work()
    (told,) = comments(front)
    assert "+336" not in told
    assert str(Code.HANDLER_FAILED.sentence) not in told, "That is for operators."


@pytest.mark.parametrize(("notice", "count"), [(None, 0), (600, 0), (30, 1)])
def test_the_time_is_a_setting(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    settings: Settings,
    *,
    notice: float | None,
    count: int,
) -> None:
    settings.FRONT_CHANNEL_APPS["default"]["DELAY_NOTICE"] = notice
    courier.outcomes += [DeliveryDelayed(3600)]
    receive(front, channel)
    work()
    time.advance(60)
    work()
    assert len(comments(front)) == count


def test_a_held_channel_tells_the_host_at_once_and_the_team_when_it_is_released(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, heard
) -> None:
    delayed = heard(signals.delivery_delayed)
    receive(front, channel)
    channels.hold(channel)
    time.advance(121)
    work()
    assert (len(delayed), comments(front)) == (1, [])
    channels.release(channel)
    work()
    assert len(comments(front)) == 2


def test_an_attempt_that_is_under_way_may_succeed_before_the_team_is_told(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, heard
) -> None:
    delayed = heard(signals.delivery_delayed)
    message = receive(front, channel)
    channels.hold(channel)
    OutboxEntry.objects.filter(message=message).update(attempt_started_at=time())
    time.advance(121)
    work()
    assert delayed == []
    OutboxEntry.objects.filter(message=message).update(attempt_started_at=None)
    work()
    assert len(delayed) == 1
