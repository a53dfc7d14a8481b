"""When workers look at a queue: never later than something in it is due."""

from __future__ import annotations

from datetime import timedelta

import pytest

from django_front_channel import signals
from django_front_channel.models import Channel, OutboxLane, OutboxQueue
from django_front_channel.outbox import queues
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, messages
from tests.front import MovableClock, admit, outcomes_of, tell, told, work


def only_queue() -> OutboxQueue:
    return OutboxQueue.objects.get()


def test_nobody_looks_where_nothing_waits(front: Sandbox, channel: Channel) -> None:
    tell(channel, "sms-1")
    work("sync")
    assert only_queue().look_at is None
    tell(channel, "sms-2")
    work("sync")
    assert told(front) == ["sms-1", "sms-2"]
    assert only_queue().look_at is None


def test_a_look_is_put_off_until_the_first_lane_is_due(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    tell(channel, "sms-1", "a")
    tell(channel, "sms-2", "b")
    front.fail_next(status=503, headers={"Retry-After": "300"}, count=2)
    work("sync")
    first_due = min(filter(None, OutboxLane.objects.values_list("due_at", flat=True)))
    assert only_queue().look_at == first_due
    time.advance(310)
    work("sync")
    assert sorted(told(front)[2:]) == ["sms-1", "sms-2"]


def test_a_queue_that_was_woken_since_it_was_read_is_not_put_off(
    channel: Channel, time: MovableClock
) -> None:
    tell(channel, "sms-1")
    admit()
    (read,) = queues.due_queues("sync", time())
    queues.wake([read.pk], time())
    queues.put_off({read: None})
    assert only_queue().look_at is not None

    queues.put_off({only_queue(): time() + timedelta(hours=1)})
    assert queues.due_queues("sync", time()) == []


def test_a_pause_puts_the_whole_queue_off(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    for number in range(3):
        tell(channel, f"sms-{number}", f"thread {number}")
    front.fail_next(status=429, headers={"Retry-After": "30"})
    work("sync")
    assert len(told(front)) == 1
    look_at = only_queue().look_at
    assert look_at is not None
    assert look_at - time() > timedelta(seconds=25)


@pytest.mark.parametrize("way", ["hold", "disconnect"])
def test_a_closed_channel_is_not_looked_at(front: Sandbox, channel: Channel, way: str) -> None:
    getattr(channels, way)(channel)
    tell(channel, "sms-1")
    work("sync")
    assert only_queue().look_at is None


def test_try_again_makes_a_lane_due_now(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    message = tell(channel, "sms-1")
    front.fail_next(status=503, headers={"Retry-After": "300"})
    work("sync")
    messages.retry(message)
    work("sync")
    assert told(front) == ["sms-1", "sms-1"]


def test_try_again_never_puts_a_lane_behind_others(channel: Channel, time: MovableClock) -> None:
    message = tell(channel, "sms-1")
    admit()
    due_at = OutboxLane.objects.get().due_at
    time.advance(60)
    messages.retry(message)
    assert OutboxLane.objects.get().due_at == due_at


def test_try_again_takes_no_lane_from_its_worker(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    message = tell(channel, "sms-1")

    def retry(**_arguments: object) -> None:
        messages.retry(message)
        work("sync")

    signals.api_request_finished.connect(retry)
    try:
        work("sync")
    finally:
        signals.api_request_finished.disconnect(retry)
    assert told(front) == ["sms-1"]
    assert outcomes_of(message) == {}
