"""Receipts that come before ``deliver()`` has returned, late, twice, or one against the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_front_channel import signals
from django_front_channel.core.log_events import LogEvent
from django_front_channel.exceptions import DeliveryFailed, InvalidArgument
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, messages
from tests.front import Courier, MovableClock, calls, receive, state_of, work
from tests.log_records import events

Hasty = Callable[..., None]


@pytest.fixture
def hasty(courier: type[Courier], channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Hasty:
    """Let the provider report these states, in order, before its answer to ``deliver()`` is read."""

    def report_first(*states: Any, then: str | Exception = "SM-42") -> None:
        def deliver(self: ChannelHandler, message: Message) -> str:
            for state in states:
                kept = messages.report_delivery(
                    channel=channel, delivery_id="SM-42", state=state, detail="Unreachable"
                )
                assert kept is None
            if isinstance(then, Exception):
                raise then
            return then

        monkeypatch.setattr(courier, "deliver", deliver)

    return report_first


def receipts_left() -> list[str]:
    kept = OutboxEntry.objects.filter(kind="receipt").order_by("pk")
    return [str(state) for state in kept.values_list("state", flat=True)]


def test_a_receipt_that_overtakes_its_delivery_id(
    hasty: Hasty, front: Sandbox, channel: Channel, time: MovableClock, heard
) -> None:
    delivered = heard(signals.message_delivered)
    hasty("delivered")
    message = receive(front, channel)
    work("deliver")
    time.advance(5)
    work("deliver")

    assert state_of(message) == "delivered"
    assert [each["message"] for each in delivered] == [message]
    assert receipts_left() == ["done"]
    assert OutboxEntry.objects.get(kind="receipt").payload == {}


def test_a_failure_that_overtakes_its_delivery_id_reaches_the_team(
    hasty: Hasty, front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    hasty("failed")
    message = receive(front, channel)
    work("deliver")
    time.advance(5)
    work()

    message.refresh_from_db()
    assert (message.state, message.detail) == ("failed", "Unreachable")
    assert len(calls(front, "/status")) == 1


def test_it_waits_while_the_outcome_of_the_delivery_is_unknown(
    hasty: Hasty, courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    """The answer was lost; what the provider has is found before the next attempt."""
    hasty("delivered", then=ConnectionError("reset"))
    message = receive(front, channel)
    work("deliver")
    assert (state_of(message), receipts_left()) == ("delivering", ["pending"])

    courier.found[message.external_id] = "SM-42"
    time.advance(10)
    work("deliver")
    time.advance(600)
    work("deliver")
    assert (state_of(message), receipts_left()) == ("delivered", ["done"])


def test_it_is_dropped_once_no_delivery_can_be_meant(
    hasty: Hasty, front: Sandbox, channel: Channel, time: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    hasty("delivered", then="SM-43")
    message = receive(front, channel)
    work("deliver")
    time.advance(5)
    work("deliver")

    assert (state_of(message), receipts_left()) == ("handed_over", ["failed"])
    assert LogEvent.RECEIPT_UNKNOWN in events(caplog.records)


def test_a_receipt_of_somebody_elses_message_is_dropped(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    """Another system may use the same account at the provider; messages that nobody has begun are not meant."""
    message = receive(front, channel)
    channels.hold(channel)
    assert messages.report_delivery(channel=channel, delivery_id="SM-7", state="failed") is None
    work("deliver")
    assert (state_of(message), receipts_left()) == ("received", ["failed"])


def test_it_waits_for_a_worker_as_long_as_there_is_none(
    hasty: Hasty, front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    hasty("delivered")
    message = receive(front, channel)
    work("deliver")
    time.advance(40 * 24 * 3600)
    work("deliver")
    assert state_of(message) == "delivered"


@pytest.mark.parametrize("states", [("delivered", "failed"), ("failed", "delivered")])
@pytest.mark.parametrize("early", [True, False], ids=["early", "late"])
def test_of_contradictory_receipts_the_delivery_counts(
    hasty: Hasty,
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    *,
    states: tuple[Any, Any],
    early: bool,
) -> None:
    """The outcome does not depend on the order, which providers do not promise."""
    hasty(*states if early else ())
    message = receive(front, channel)
    work("deliver")
    if not early:
        for state in states:
            assert messages.report_delivery(channel=channel, delivery_id="SM-42", state=state) == message
    time.advance(5)
    work("deliver")
    assert state_of(message) == "delivered"


def test_a_failure_that_was_taken_back_is_not_told_to_front_any_more(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    message = receive(front, channel)
    messages.report_delivery(message, state="failed", detail="Unreachable")
    messages.report_delivery(Message.objects.get(pk=message.pk), state="delivered")
    work()
    assert state_of(message) == "delivered"
    assert not calls(front, "/status")


def test_what_deliver_returns_does_not_take_back_a_failure(
    courier: type[Courier], front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To return nothing says that the customer has it; a failure reported meanwhile says more."""

    def deliver(self: ChannelHandler, message: Message) -> None:
        messages.report_delivery(Message.objects.get(pk=message.pk), state="failed", detail="Unreachable")

    monkeypatch.setattr(courier, "deliver", deliver)
    message = receive(front, channel)
    work("deliver")
    assert state_of(message) == "failed"


def test_a_repeated_receipt_of_the_first_delivery_does_not_fail_the_second(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes += ["SM-1", "SM-2"]
    message = receive(front, channel)
    work("deliver")
    messages.report_delivery(channel=channel, delivery_id="SM-1", state="failed", detail="Unreachable")
    messages.retry(Message.objects.get(pk=message.pk))
    messages.report_delivery(channel=channel, delivery_id="SM-1", state="failed", detail="Unreachable")
    work("deliver")
    time.advance(5)
    work("deliver")

    message.refresh_from_db()
    assert (message.state, message.delivery_id) == ("handed_over", "SM-2")


def test_a_retry_does_not_find_the_delivery_that_failed(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    """Its outcome was unknown once. Now it is known, and the customer shall have another one."""
    courier.outcomes += [ConnectionError("reset"), "SM-2"]
    message = receive(front, channel, "Hello")
    courier.found[message.external_id] = "SM-1"
    work("deliver")
    time.advance(10)
    work("deliver")
    messages.report_delivery(channel=channel, delivery_id="SM-1", state="failed", detail="Unreachable")
    messages.retry(Message.objects.get(pk=message.pk))
    work("deliver")

    message.refresh_from_db()
    assert (message.state, message.delivery_id) == ("handed_over", "SM-2")
    assert (courier.tried, courier.asked) == (["Hello", "Hello"], ["Hello"])


def test_a_delivery_given_up_may_have_succeeded(
    courier: type[Courier], front: Sandbox, channel: Channel, *, heard, django_capture_on_commit_callbacks
) -> None:
    delivered = heard(signals.message_delivered)
    courier.outcomes.append(DeliveryFailed("No"))
    message = receive(front, channel)
    work("deliver")
    assert state_of(message) == "failed"

    with django_capture_on_commit_callbacks(execute=True):
        messages.report_delivery(Message.objects.get(pk=message.pk), state="delivered")
    message.refresh_from_db()
    assert (message.state, message.detail) == ("delivered", "")
    assert [each["message"] for each in delivered] == [message]


@pytest.mark.parametrize("known", [True, False], ids=["of a message", "to be kept"])
def test_a_receipt_without_a_detail(
    courier: type[Courier], front: Sandbox, channel: Channel, *, known: bool
) -> None:
    message = receive(front, channel)
    named: dict[str, Any] = {"message": message} if known else {"channel": channel, "delivery_id": "SM-7"}

    messages.report_delivery(**named, state="failed", detail=None)

    if known:
        assert state_of(message) == "failed"
    else:
        assert OutboxEntry.objects.get(kind="receipt").payload["detail"] == ""


@pytest.mark.parametrize("detail", [7, b"gone", {"code": 21211}, 0], ids=repr)
def test_a_detail_that_is_no_text(
    courier: type[Courier], front: Sandbox, channel: Channel, detail: Any
) -> None:
    message = receive(front, channel)
    for named in ({"message": message}, {"channel": channel, "delivery_id": "SM-7"}):
        with pytest.raises(InvalidArgument, match="detail must be a str"):
            messages.report_delivery(**named, state="failed", detail=detail)

    assert state_of(message) == "received"
    assert receipts_left() == []
