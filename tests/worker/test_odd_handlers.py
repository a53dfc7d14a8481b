"""Whatever a host's handler returns or raises, the customer does not get a message again and again."""

import json
from typing import Any

import pytest
from django.db import DataError

from django_front_channel.exceptions import DeliveryDelayed, DeliveryFailed
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from tests.front import Courier, MovableClock, calls, entry_of, outcomes_of, reply, state_of, tell, work
from tests.worker.faults import refusing

DAY = 24 * 3600


@pytest.fixture
def replied(courier: type[Courier], front: Sandbox, channel: Channel) -> Message:
    """A teammate's reply, waiting to be delivered, in a conversation that the customer began."""
    tell(channel, "first")
    work("sync")
    front.run_until_quiet()
    return reply(front, front.snapshot()["conversations"][0]["id"], "Hello")


@pytest.mark.parametrize(("returned", "kept"), [(4711, "4711"), ("SM\0-\ud800", "SM-\ufffd")])
def test_any_name_of_a_delivery_is_kept(
    courier: type[Courier], replied: Message, *, time: MovableClock, monkeypatch, returned: Any, kept: str
) -> None:
    tried = []

    def deliver(self: ChannelHandler, message: Message) -> Any:
        tried.append(message.pk)
        return returned

    monkeypatch.setattr(courier, "deliver", deliver)
    for _ in range(3):
        work("deliver")
        time.advance(31)

    replied.refresh_from_db()
    assert (replied.state, replied.delivery_id) == ("handed_over", kept)
    assert tried == [replied.pk]


@pytest.mark.parametrize(
    ("reason", "kept", "shown"),
    [
        (ValueError("no such number"), "no such number", "no such number"),
        ("no such\0 number", "no such number", "no such number"),
        ("", "", "The message could not be delivered."),
    ],
    ids=["an exception", "NUL", "nothing"],
)
def test_any_reason_of_a_failure_reaches_the_team(
    courier: type[Courier],
    front: Sandbox,
    replied: Message,
    *,
    time: MovableClock,
    reason: Any,
    kept: str,
    shown: str,
) -> None:
    courier.outcomes.append(DeliveryFailed(reason))
    for _ in range(3):
        work()
        time.advance(31)

    replied.refresh_from_db()
    assert (replied.state, replied.code, replied.detail) == ("failed", "delivery_failed", kept)
    assert courier.tried == ["Hello"]
    assert [json.loads(call["body"])["reason"] for call in calls(front, "/status")] == [shown]


def test_any_text_of_an_error_is_kept(courier: type[Courier], replied: Message, time: MovableClock) -> None:
    courier.outcomes.append(ValueError("bad byte \0"))
    work("deliver")
    assert outcomes_of(replied) == {"ambiguous": 1}
    replied.refresh_from_db()
    assert replied.detail == "ValueError: bad byte "


@pytest.mark.parametrize("seconds", [1e12, float("inf")])
def test_a_delay_beyond_all_measure_is_cut(
    courier: type[Courier], replied: Message, time: MovableClock, seconds: float
) -> None:
    courier.outcomes.append(DeliveryDelayed(seconds))
    for _ in range(5):
        work("deliver")
        time.advance(31)
    assert courier.tried == ["Hello"]

    time.advance(DAY)
    work("deliver")
    assert courier.tried == ["Hello"]
    assert state_of(replied) == "failed"


@pytest.mark.parametrize("seconds", [0, -5, float("nan")])
def test_a_delay_of_nothing_is_a_second(
    courier: type[Courier], replied: Message, time: MovableClock, seconds: float
) -> None:
    courier.outcomes.append(DeliveryDelayed(seconds))
    work("deliver")
    assert courier.tried == ["Hello"]
    time.advance(2)
    work("deliver")
    assert state_of(replied) == "delivered"


def test_an_outcome_that_cannot_be_stored_fails_visibly(
    courier: type[Courier], front: Sandbox, replied: Message
) -> None:
    """It is no attempt whose outcome nobody knows, and the lane goes on."""
    reply(front, front.snapshot()["conversations"][0]["id"], "second")
    courier.outcomes.append("unstorable")
    with refusing(DataError("no such value"), "UPDATE", "unstorable", times=1000) as refused:
        work("deliver")

    assert refused
    assert (courier.tried, outcomes_of(replied)) == (["Hello", "second"], {})
    replied.refresh_from_db()
    assert (replied.state, replied.code) == ("failed", "unexpected_error")
    assert entry_of(Message.objects.latest("pk")).state == "done"


def test_a_message_behind_one_that_cannot_be_begun_takes_nothing_from_it(
    courier: type[Courier], front: Sandbox, replied: Message, time: MovableClock
) -> None:
    """What makes the next entry unusable must not undo the outcome of the one before."""
    following = reply(front, front.snapshot()["conversations"][0]["id"], "second")
    begun = (str(Message._meta.db_table), "delivering", f" {following.pk} ")
    with refusing(DataError("no such value"), "UPDATE", *begun, times=1000) as refused:
        for _ in range(3):
            work("deliver")
            time.advance(61)
    assert refused
    assert (state_of(replied), outcomes_of(replied)) == ("delivered", {})
    assert courier.tried == ["Hello"]

    work("deliver")
    assert courier.tried == ["Hello", "second"]


@pytest.mark.parametrize("busy", [False, True])
def test_a_failure_that_a_retry_has_mended_is_not_reported(
    courier: type[Courier], front: Sandbox, replied: Message, time: MovableClock, busy: bool
) -> None:
    """Whether Front could not take the report so far, or no worker has begun it."""
    courier.outcomes.append(DeliveryFailed("busy"))
    work("deliver")
    if busy:
        front.fail_next(status=503)
        work("sync")
    reported = len(calls(front, "/status"))
    messages.retry(Message.objects.get(pk=replied.pk))
    work("deliver")
    time.advance(60)
    work()

    assert state_of(replied) == "delivered"
    assert len(calls(front, "/status")) == reported == int(busy)


def test_a_report_that_front_does_not_take_holds_up_no_message(
    courier: type[Courier], front: Sandbox, channel: Channel, replied: Message
) -> None:
    courier.outcomes.append(DeliveryFailed("dead"))
    work("deliver")
    front.fail_next(status=404)
    work("sync")
    later = tell(channel, "later")
    work("sync")
    assert [call["status"] for call in calls(front, "/status")] == [404]
    assert state_of(later) == "accepted"


def test_a_new_failure_after_a_retry_is_reported_again(
    courier: type[Courier], front: Sandbox, replied: Message
) -> None:
    for reason in ("busy", "dead"):
        courier.outcomes.append(DeliveryFailed(reason))
        work()
        if reason == "busy":
            messages.retry(Message.objects.get(pk=replied.pk))
    assert [json.loads(call["body"])["reason"] for call in calls(front, "/status")] == ["busy", "dead"]
