"""A worker does several things at once, and one that takes long keeps no other waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.worker.loop import Worker
from tests.front import APP, Courier, connect, receive, state_of, tell, told
from tests.workers import until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def running(*streams: str, slots: int = 4) -> Iterator[Worker]:
    """A worker in threads of this process."""
    worker = Worker(streams=streams, slots=slots, interval=0.05)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(60)
        assert not thread.is_alive()


class Deliveries:
    """How many are under way; each waits for ``may_end``, or in the channels that ``hang`` names."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.under_way = 0
        self.most = 0
        self.may_end = threading.Event()
        self.hang: set[int] | None = None

    def deliver(self, message: Message) -> None:
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        if self.hang is None or message.channel_id in self.hang:
            assert self.may_end.wait(60)
        with self.lock:
            self.under_way -= 1


@pytest.fixture
def deliveries(courier: type[Courier], monkeypatch: pytest.MonkeyPatch) -> Iterator[Deliveries]:
    known = Deliveries()
    monkeypatch.setattr(courier, "deliver", lambda _handler, message: known.deliver(message))
    yield known
    known.may_end.set()


def test_a_channel_has_as_many_slots_as_were_given(
    front: Sandbox, channel: Channel, deliveries: Deliveries
) -> None:
    waiting = [receive(front, channel) for _ in range(6)]
    with running("deliver", slots=4):
        until(lambda: deliveries.under_way == 4)
        deliveries.may_end.set()
        until(lambda: {state_of(message) for message in waiting} == {"delivered"})
    assert deliveries.most == 4


def test_a_channel_whose_provider_hangs_leaves_slots_to_the_others(
    front: Sandbox, channel: Channel, deliveries: Deliveries
) -> None:
    other = connect(front, "Chat")
    deliveries.hang = {channel.pk}
    for _ in range(6):
        receive(front, channel)
    with running("deliver", slots=2):
        until(lambda: deliveries.under_way == 2)
        going = [receive(front, other) for _ in range(3)]
        until(lambda: {state_of(message) for message in going} == {"delivered"})
        assert deliveries.under_way == 2
        deliveries.may_end.set()


def test_a_handler_may_ask_for_one_message_at_a_time(
    front: Sandbox, channel: Channel, deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Courier, "one_at_a_time", True)
    waiting = [receive(front, each) for each in (channel, connect(front, "Chat")) for _ in range(3)]
    deliveries.may_end.set()
    with running("deliver"):
        until(lambda: {state_of(message) for message in waiting} == {"delivered"})
    assert deliveries.most == 1


def test_a_receiver_that_takes_long_delays_no_request(front: Sandbox, channel: Channel) -> None:
    may_end, heard = threading.Event(), []

    def slow(message: Message, **_arguments: object) -> None:
        heard.append(message.external_id)
        assert may_end.wait(60)

    signals.sync_accepted.connect(slow)
    try:
        with running("sync"):
            for number in range(8):
                tell(channel, f"sms-{number}", f"thread {number % 4}")
            until(lambda: len(told(front)) == 8)
            until(lambda: not Message.objects.exclude(state="accepted").exists())
            assert len(heard) == 1
            may_end.set()
            until(lambda: len(heard) == 8)
    finally:
        may_end.set()
        signals.sync_accepted.disconnect(slow)


def test_a_handler_that_cannot_be_had_stops_no_other_app(
    front: Sandbox, channel: Channel, settings: Settings, deliveries: Deliveries
) -> None:
    deliveries.may_end.set()
    broken = connect(front, "Broken")
    lost, going = receive(front, broken), receive(front, channel)
    Channel.objects.filter(pk=broken.pk).update(app="broken")
    settings.FRONT_CHANNEL_APPS = {
        "default": {**APP, "HANDLER": "tests.front.Courier"},
        "broken": {**APP, "HANDLER": "no.such.Handler"},
    }
    with running("deliver"):
        until(lambda: state_of(going) == "delivered")
        until(lambda: state_of(lost) == "delivering")


def test_the_connection_of_a_slot_is_closed_after_each_delivery(
    front: Sandbox, channel: Channel, courier: type[Courier], monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[BaseDatabaseWrapper] = []

    def deliver(_handler: ChannelHandler, message: Message) -> None:
        Message.objects.get(pk=message.pk)
        used.append(connections["default"])

    monkeypatch.setattr(courier, "deliver", deliver)
    message = receive(front, channel)
    with running("deliver"):
        until(lambda: state_of(message) == "delivered")
        assert [connection.connection for connection in used] == [None]
