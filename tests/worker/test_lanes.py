"""Order inside a lane, and lanes that do not wait for each other."""

import pytest
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.exceptions import DeliveryDelayed
from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane
from django_front_channel.outbox.admission import Admission
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from django_front_channel.worker.rounds import admit_portion
from tests.front import (
    Courier,
    MovableClock,
    calls,
    connect,
    entry_of,
    receive,
    reply,
    state_of,
    tell,
    told,
    work,
    worker,
)


def conversation_of(message: Message) -> str:
    message = Message.objects.get(pk=message.pk)
    assert message.conversation is not None
    return message.conversation.front_id


def imported(front: Sandbox, channel: Channel, thread: str) -> str:
    """A conversation in Front with one message of the customer."""
    message = tell(channel, f"first in {thread}", thread)
    work("sync")
    front.run_until_quiet()
    return conversation_of(message)


def test_a_lane_keeps_the_order_of_its_messages(front: Sandbox, channel: Channel) -> None:
    for number in range(10):
        tell(channel, f"sms-{number}")
    work("sync")

    assert told(front) == [f"sms-{number}" for number in range(10)]
    assert set(Message.objects.values_list("state", flat=True)) == {"accepted"}


def test_inbound_and_outbound_share_their_threads_lane(front: Sandbox, channel: Channel) -> None:
    tell(channel, "sms-1")
    messages.sync_outbound(
        channel, to=["+33612345678"], text="Hi", external_id="out-1", external_conversation_id="thread-1"
    )
    tell(channel, "sms-2")
    work("sync")
    assert told(front) == ["sms-1", "out-1", "sms-2"]


def test_a_lane_that_fails_keeps_its_order_and_holds_up_no_other(
    front: Sandbox, channel: Channel, time: MovableClock, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BACKOFF": (60, 60)}
    tell(channel, "a1", "a")
    tell(channel, "a2", "a")
    front.fail_next(status=503)
    work("sync")
    tell(channel, "b1", "b")
    work("sync")
    assert told(front) == ["a1", "b1"]

    time.advance(60)
    work("sync")
    assert told(front) == ["a1", "b1", "a1", "a2"]


@pytest.mark.parametrize(("one", "other"), [("conv-A", "conv-a"), ("a", "a "), ("é", "e"), ("x😀", "x🍣")])
def test_threads_that_a_collation_confuses_are_two_lanes(
    front: Sandbox, channel: Channel, settings: Settings, *, one: str, other: str
) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BACKOFF": (60, 60)}
    tell(channel, "sms-1", one)
    front.fail_next(status=503)
    work("sync")
    tell(channel, "sms-2", other)
    work("sync")

    assert told(front) == ["sms-1", "sms-2"]
    assert OutboxLane.objects.count() == 2


def test_deliveries_keep_their_order(courier: type[Courier], front: Sandbox, channel: Channel) -> None:
    conversation = imported(front, channel, "thread-1")
    for number in range(5):
        reply(front, conversation, f"text {number}")
    work("deliver")
    assert courier.tried == [f"text {number}" for number in range(5)]


def test_a_dead_provider_does_not_hold_up_what_goes_to_front(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    conversation = imported(front, channel, "thread-1")
    courier.outcomes += [ConnectionError("dead"), DeliveryDelayed(60)]
    waiting = reply(front, conversation, "to the customer")
    sent = tell(channel, "sms-2", "thread-1")
    work()

    assert (state_of(waiting), state_of(sent)) == ("delivering", "accepted")


def test_an_outage_of_front_does_not_hold_up_deliveries(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    conversation = imported(front, channel, "thread-1")
    delivered = reply(front, conversation, "to the customer")
    waiting = tell(channel, "sms-2", "thread-1")
    front.fail_next(status=503, count=5)
    work()

    assert (state_of(delivered), state_of(waiting)) == ("delivered", "queued")


def test_lanes_take_turns(front: Sandbox, channel: Channel) -> None:
    for external_id in ("a1", "a2", "a3", "b1", "b2"):
        tell(channel, external_id, external_id[0])
    work("sync")
    assert told(front) == ["a1", "b1", "a2", "b2", "a3"]


def test_a_portion_has_at_most_a_batch(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BATCH": 2}
    for number in range(3):
        tell(channel, f"sms-{number}")
    source = Admission(OutboxEntry.Kind.REQUEST)
    assert [admit_portion(source) for _ in range(3)] == [2, 1, 0]


def test_channels_take_turns_in_being_admitted(front: Sandbox, channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BATCH": 2}
    other = connect(front, "Chat")
    for number in range(5):
        tell(channel, f"sms-{number}")
    tell(other, "chat-1")
    source = Admission(OutboxEntry.Kind.REQUEST)
    admitted = []
    while portion := source.next_portion():
        admitted.append([entry.channel for entry in portion])
        OutboxEntry.objects.filter(pk__in=[entry.pk for entry in portion]).update(is_new=False)
    assert admitted == [[channel] * 2, [other], [channel] * 2, [channel]]


def test_a_stream_carries_out_its_own_entries_only(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    received = receive(front, channel)
    sent = tell(channel, "sms-1")

    work("sync")
    assert (state_of(received), state_of(sent)) == ("received", "accepted")
    work("deliver")
    assert state_of(received) == "delivered"


def test_a_settled_entry_keeps_no_personal_data(front: Sandbox, channel: Channel) -> None:
    accepted = tell(channel, "sms-1", "a", text="secret")
    refused = tell(channel, "sms-2", "b", text="secret")
    assert "secret" in str(entry_of(accepted).payload)
    front.fail_next(status=400)
    work("sync")

    for message in (accepted, refused):
        entry = entry_of(message)
        assert entry.payload == {}
        assert entry.settled_at is not None
        assert entry.attempt_started_at is None


def test_nothing_is_due_afterwards(front: Sandbox, channel: Channel) -> None:
    tell(channel, "sms-1")
    work()
    assert not OutboxLane.objects.filter(due_at__isnull=False).exists()
    assert not OutboxLane.objects.filter(lease_until__isnull=False).exists()
    assert worker().run_until_quiet() == 0


def test_channels_do_not_share_lanes(front: Sandbox, channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BACKOFF": (60, 60)}
    other = connect(front, "Chat")
    tell(channel, "sms-1", "same")
    front.fail_next(status=503)
    work("sync")
    tell(other, "chat-1", "same")
    work("sync")
    assert told(front) == ["sms-1", "chat-1"]


def test_a_worker_that_was_told_to_stop_begins_nothing(front: Sandbox, channel: Channel) -> None:
    tell(channel, "sms-1")
    stopped = worker()
    stopped.stop()
    assert stopped.run_until_quiet() == 0
    assert told(front) == []


@pytest.mark.fault("F85")
def test_a_worker_that_is_told_to_stop_finishes_the_attempt_at_hand(front: Sandbox, channel: Channel) -> None:
    first, second = tell(channel, "sms-1"), tell(channel, "sms-2")
    stopping = worker("sync")

    def stop(**_arguments: object) -> None:
        stopping.stop()

    signals.api_request_finished.connect(stop)
    try:
        stopping.run_until_quiet()
    finally:
        signals.api_request_finished.disconnect(stop)

    assert (state_of(first), state_of(second)) == ("accepted", "queued")
    assert entry_of(second).attempt_started_at is None
    work("sync")
    assert told(front) == ["sms-1", "sms-2"]


def test_a_message_that_came_back_before_its_202(front: Sandbox, channel: Channel) -> None:
    """``message_imported`` overtakes the answer of the POST."""
    message = tell(channel, "sms-1")

    def import_now(**_arguments: object) -> None:
        front.run_until_quiet()

    signals.api_request_finished.connect(import_now)
    try:
        work("sync")
    finally:
        signals.api_request_finished.disconnect(import_now)

    message.refresh_from_db()
    assert message.state == "imported"
    assert message.front_id
    assert message.message_uid
    assert entry_of(message).state == "done"
    assert len(calls(front)) == 1
