"""Messages of Front on their way to the customer, by the host's handler."""

import json

import pytest
from django.db import connection
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.exceptions import DeliveryDelayed, DeliveryFailed
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, messages
from tests.front import (
    APP,
    Courier,
    MovableClock,
    calls,
    connect,
    entry_of,
    outcomes_of,
    receive,
    reply,
    state_of,
    work,
)


def test_a_provider_that_names_it_has_it(courier: type[Courier], front: Sandbox, channel: Channel) -> None:
    courier.outcomes.append("SM-42")
    message = receive(front, channel)
    work("deliver")

    message.refresh_from_db()
    assert (message.state, message.delivery_id) == ("handed_over", "SM-42")
    assert Message.objects.filter(channel=channel, delivery_id="SM-42").get() == message


def test_without_a_name_the_customer_has_it(
    courier: type[Courier], front: Sandbox, channel: Channel, heard
) -> None:
    delivered = heard(signals.message_delivered)
    message = receive(front, channel)
    work("deliver")

    assert state_of(message) == "delivered"
    assert [each["message"] for each in delivered] == [message]
    assert entry_of(message).state == "done"


def test_a_failure_for_good_is_shown_to_the_team(
    courier: type[Courier], front: Sandbox, channel: Channel, heard
) -> None:
    failed = heard(signals.delivery_failed)
    courier.outcomes.append(DeliveryFailed("The number is not in service."))
    message = receive(front, channel, "Hello")
    work()

    message.refresh_from_db()
    assert (message.state, message.code) == ("failed", "delivery_failed")
    assert message.detail == "The number is not in service."
    assert [each["error"].endswith(f" {message.detail}") for each in failed] == [True]
    assert courier.tried == ["Hello"]
    (report,) = calls(front, "/status")
    assert json.loads(report["body"]) == {"status": "failed", "reason": "The number is not in service."}
    (shown,) = front.snapshot()["conversations"][0]["messages"]
    assert shown["status"] == "failed"


def test_the_lane_goes_on_after_a_failure(courier: type[Courier], front: Sandbox, channel: Channel) -> None:
    courier.outcomes.append(DeliveryFailed("No"))
    first = receive(front, channel, "first")
    second = reply(front, front.snapshot()["conversations"][0]["id"], "second")
    work("deliver")
    assert courier.tried == ["first", "second"]
    assert (state_of(first), state_of(second)) == ("failed", "delivered")


def test_front_that_has_not_read_our_answer_yet_is_told_again(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes.append(DeliveryFailed("No"))
    receive(front, channel)
    front.fail_next(status=404)
    work()
    assert [call["status"] for call in calls(front, "/status")] == [404]
    assert state_of(channel) == "connected"

    time.advance(10)
    work()
    assert [call["status"] for call in calls(front, "/status")] == [404, 204]


def test_a_report_that_front_never_takes_is_given_up(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes.append(DeliveryFailed("No"))
    message = receive(front, channel)
    front.fail_next(status=404, count=100)
    for _ in range(30):
        work()
        time.advance(601)
    assert len(calls(front, "/status")) < 15
    assert entry_of(message).state == "failed"
    assert state_of(message) == "failed"


def test_a_delay_is_kept_and_costs_no_attempt(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes.append(DeliveryDelayed(120))
    message = receive(front, channel, "Hello")
    following = reply(front, front.snapshot()["conversations"][0]["id"], "second")
    work("deliver")
    time.advance(118)
    work("deliver")
    assert courier.tried == ["Hello"]
    assert (entry_of(message).attempts, outcomes_of(message)) == (0, {})

    time.advance(4)
    work("deliver")
    assert courier.tried == ["Hello", "Hello", "second"]
    assert courier.asked == []
    assert state_of(following) == "delivered"


def test_any_other_error_is_tried_again_after_asking(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes.append(ConnectionError("reset"))
    message = receive(front, channel, "Hello")
    work("deliver")
    message.refresh_from_db()
    assert (message.state, message.code) == ("delivering", "handler_failed")
    assert message.detail == "ConnectionError: reset"
    assert outcomes_of(message) == {"ambiguous": 1}
    assert courier.asked == []

    time.advance(10)
    work("deliver")
    assert courier.asked == ["Hello"]
    assert courier.tried == ["Hello", "Hello"]
    assert state_of(message) == "delivered"


def test_what_the_provider_has_is_not_delivered_again(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes.append(ConnectionError("reset"))
    message = receive(front, channel, "Hello")
    courier.found[message.external_id] = "SM-42"
    work("deliver")
    time.advance(10)
    work("deliver")

    assert courier.tried == ["Hello"]
    message.refresh_from_db()
    assert (message.state, message.delivery_id) == ("handed_over", "SM-42")


def test_a_receipt_that_overtakes_the_handler(
    courier: type[Courier], front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider reports before ``deliver`` has returned."""
    message = receive(front, channel)

    def deliver(self: ChannelHandler, given: Message) -> str:
        messages.report_delivery(Message.objects.get(pk=given.pk), state="delivered")
        return "SM-42"

    monkeypatch.setattr(courier, "deliver", deliver)
    work("deliver")

    message.refresh_from_db()
    assert (message.state, message.delivery_id) == ("delivered", "SM-42")


def test_a_message_that_was_reported_is_not_delivered(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    message = receive(front, channel)
    messages.report_delivery(message, state="delivered")
    work("deliver")
    assert courier.tried == []
    assert (state_of(message), entry_of(message).state) == ("delivered", "done")


@pytest.mark.fault("F76")
@pytest.mark.django_db(transaction=True)
def test_the_handler_is_called_outside_any_transaction(
    courier: type[Courier], front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = []

    def deliver(self: ChannelHandler, message: Message) -> None:
        inside.append(connection.in_atomic_block)

    monkeypatch.setattr(courier, "deliver", deliver)
    receive(front, channel)
    work("deliver")
    assert inside == [False]


def test_without_deliver_the_host_delivers_by_itself(front: Sandbox, channel: Channel) -> None:
    message = receive(front, channel)
    work()
    assert state_of(message) == "received"
    assert not OutboxEntry.objects.filter(kind="deliver").exists()


def test_a_handler_that_delivers_no_more_fails_aloud(
    courier: type[Courier], front: Sandbox, channel: Channel, settings: Settings
) -> None:
    message = receive(front, channel)
    settings.FRONT_CHANNEL_APPS = {"default": APP}
    work()
    assert state_of(message) == "failed"
    assert len(calls(front, "/status")) == 1


def test_a_held_channel_delivers_nothing(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    other = connect(front, "Chat")
    receive(front, channel, "held")
    receive(front, other, "going")
    channels.hold(channel)
    work("deliver")
    assert courier.tried == ["going"]

    channels.release(channel)
    work("deliver")
    assert courier.tried == ["going", "held"]


def test_a_channel_of_another_installation_delivers_nothing(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    """A dump of production on staging must not write to customers."""
    receive(front, channel)
    Channel.objects.filter(pk=channel.pk).update(connected_app_uid="another")
    work("deliver")
    time.advance(3600)
    work("deliver")
    assert courier.tried == []
