"""Entries older than ``MAX_AGE``, for example because no worker ran, are tried before they are given up."""

from datetime import timedelta

import pytest

from django_front_channel import signals
from django_front_channel.models import Channel, Message, OutboxEntry, WebhookEvent
from django_front_channel.sandbox import Sandbox
from tests.front import Courier, MovableClock, receive, state_of, tell, told, work
from tests.worker.test_singles import left_by_a_crash, unnamed

__all__ = ["unnamed"]


def grow_old(time: MovableClock) -> None:
    OutboxEntry.objects.update(created_at=time() - timedelta(days=4))
    time.advance(60)


def test_a_message_is_tried_once(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    message, unlucky = tell(channel, "sms-1", "a"), tell(channel, "sms-2", "b")
    grow_old(time)
    front.fail_next(status=503)
    for _ in range(3):
        work("sync")
        time.advance(60)
    assert len(told(front)) == 2, "The one that failed is given up."
    assert {state_of(message), state_of(unlucky)} == {"accepted", "failed"}


def test_a_delivery_is_tried_once(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = receive(front, channel)
    grow_old(time)
    work("deliver")
    assert (courier.tried, state_of(message)) == (["Hello"], "delivered")


@pytest.mark.parametrize("attempts", [0, 5])
def test_a_signal_is_sent(channel: Channel, time: MovableClock, heard, attempts: int) -> None:
    accepted = heard(signals.sync_accepted)
    entry = left_by_a_crash(channel, message=tell(channel, "sms-1"))
    OutboxEntry.objects.filter(pk=entry.pk).update(attempts=attempts)
    grow_old(time)
    work("announce")
    assert len(accepted) == 1


@pytest.mark.parametrize("attempts", [0, 5])
def test_an_event_is_processed(unnamed: Message, time: MovableClock, attempts: int) -> None:
    OutboxEntry.objects.filter(kind="process").update(attempts=attempts)
    grow_old(time)
    work("sync")
    assert state_of(unnamed) == "imported"
    assert WebhookEvent.objects.get(type="message_imported").state == "processed"
