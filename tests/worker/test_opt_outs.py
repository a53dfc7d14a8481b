"""A customer opts out while a teammate's message is on its way."""

from __future__ import annotations

import pytest

from django_front_channel import services
from django_front_channel.exceptions import DeliveryDelayed
from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from tests.front import Courier, MovableClock, receive, work

pytestmark = pytest.mark.fault("opt-outs")
NUMBER = "+33612345678"


@pytest.mark.parametrize("outcome", [DeliveryDelayed(seconds=30), TimeoutError("no answer")])
def test_a_message_is_not_tried_again_after_the_customer_opted_out(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock, outcome: Exception
) -> None:
    courier.outcomes.append(outcome)
    message = receive(front, channel, "One more thing")
    work("deliver")
    services.people.opt_out(channel, handle=NUMBER, source="STOP")
    time.advance(3600)
    work()

    message.refresh_from_db()
    assert courier.tried == ["One more thing"]
    assert (message.state, message.code) == ("failed", "opted_out")
    (shown,) = front.snapshot()["conversations"][0]["messages"]
    assert shown["status"] == "failed"


def test_a_message_that_went_out_before_is_not_reported_as_failed(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    courier.outcomes.append(TimeoutError("no answer"))
    message = receive(front, channel)
    work("deliver")
    courier.found[message.external_id] = "SM-1"
    services.people.opt_out(channel, handle=NUMBER, source="STOP")
    time.advance(3600)
    work()

    message.refresh_from_db()
    assert (message.state, message.delivery_id) == ("handed_over", "SM-1")
    assert len(courier.tried) == 1
