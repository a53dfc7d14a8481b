"""External ids that come again: repetitions, conflicts and echoes."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.signals import pre_save

from django_front_channel.exceptions import ExternalIdConflict, InvalidArgument
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, messages
from tests.front import Courier, calls, receive, told, work

INBOUND: dict[str, Any] = {
    "sender": "+33612345678",
    "text": "Hello",
    "external_id": "sms-1",
    "external_conversation_id": "thread-1",
}
OUTBOUND: dict[str, Any] = {
    "to": ["+33612345678"],
    "text": "Hello",
    "external_id": "out-1",
    "external_conversation_id": "thread-1",
}


@pytest.fixture
def pending(db: None) -> Channel:
    return channels.create(name="SMS").channel


def test_a_repeated_message_is_the_one_there_is(pending: Channel) -> None:
    first = messages.sync_inbound(pending, **INBOUND, host_data={"first": True})
    again = messages.sync_inbound(pending, **INBOUND, host_data={"first": False})

    assert again == first
    assert again.host_data == {"first": True}
    assert OutboxEntry.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Other"},
        {"sender": "+33612345679"},
        {"external_conversation_id": "thread-2"},
        {"subject": "Order"},
        {"in_reply_to": "sms-0"},
    ],
    ids=repr,
)
def test_an_id_that_says_something_else_is_a_conflict(pending: Channel, change: dict[str, Any]) -> None:
    messages.sync_inbound(pending, **INBOUND)

    with pytest.raises(ExternalIdConflict, match="sms-1"):
        messages.sync_inbound(pending, **{**INBOUND, **change})
    assert Message.objects.get().text == "Hello"
    assert OutboxEntry.objects.count() == 1


def test_an_id_of_the_other_direction_is_a_conflict(pending: Channel) -> None:
    messages.sync_inbound(pending, **INBOUND)
    with pytest.raises(ExternalIdConflict):
        messages.sync_outbound(pending, **{**OUTBOUND, "external_id": "sms-1"})


def test_each_channel_has_its_own_ids(pending: Channel) -> None:
    other = channels.create(name="Chat").channel

    assert messages.sync_inbound(pending, **INBOUND) != messages.sync_inbound(other, **INBOUND)


@pytest.mark.fault("F30")
@pytest.mark.parametrize(("one", "other"), [("sms-A", "sms-a"), ("a", "a "), ("é", "e"), ("x😀", "x🍣")])
def test_ids_that_a_collation_confuses(pending: Channel, one: str, other: str) -> None:
    first = messages.sync_inbound(pending, **{**INBOUND, "external_id": one})
    second = messages.sync_inbound(pending, **{**INBOUND, "external_id": other, "text": "Other"})

    assert first != second
    assert messages.sync_inbound(pending, **{**INBOUND, "external_id": one}) == first


@pytest.mark.fault("F55")
def test_what_the_database_refuses_is_no_repetition(pending: Channel) -> None:
    """Say a constraint that the host has added."""

    def refuse(**_: Any) -> None:
        raise IntegrityError("CHECK constraint failed")

    pre_save.connect(refuse, sender=Message)
    try:
        with pytest.raises(IntegrityError), transaction.atomic():
            messages.sync_inbound(pending, **INBOUND)
    finally:
        pre_save.disconnect(refuse, sender=Message)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "host_data", [{"price": float("nan")}, {"a": ["\0"]}, {"\ud800": 1}, {"a": object()}]
)
def test_host_data_that_databases_refuse_is_refused_before(
    pending: Channel, host_data: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument, match="host_data"):
        messages.sync_inbound(pending, **INBOUND, host_data=host_data)


@pytest.mark.fault("F54")
def test_a_conflict_leaves_the_callers_transaction_usable(pending: Channel) -> None:
    messages.sync_inbound(pending, **INBOUND)
    with transaction.atomic():
        with pytest.raises(ExternalIdConflict):
            messages.sync_inbound(pending, **{**INBOUND, "text": "Other"})
        messages.sync_inbound(pending, **{**INBOUND, "external_id": "sms-2"})

    assert set(Message.objects.values_list("external_id", flat=True)) == {"sms-1", "sms-2"}


def test_a_message_that_front_told_of_first_is_the_one_there_is(front: Sandbox, channel: Channel) -> None:
    """As after a lost database, whose host tells everything again."""
    told_before = messages.sync_inbound(channel, **INBOUND)
    work("sync")
    OutboxEntry.objects.all().delete()
    told_before.delete()
    front.run_until_quiet()
    imported = Message.objects.get()

    assert messages.sync_inbound(channel, **INBOUND) == imported
    work("sync")
    assert Message.objects.get().state == "imported"
    assert len(told(front)) == 1


@pytest.mark.fault("F61")
def test_the_echo_of_a_teammates_message_is_not_sent_back(front: Sandbox, channel: Channel) -> None:
    received = receive(front, channel, "From Front")

    echo = messages.sync_outbound(
        channel,
        to=["+33612345678"],
        text="From Front, as the provider shows it",
        external_id=received.external_id,
        external_conversation_id="any",
    )
    work("sync")

    assert echo == received
    assert not calls(front)


def test_the_echo_by_the_providers_id_is_not_sent_back(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    courier.outcomes.append("SM-42")
    received = receive(front, channel, "From Front")
    work("deliver")

    assert messages.sync_outbound(channel, **{**OUTBOUND, "external_id": "SM-42"}) == received
    assert messages.sync_outbound(channel, **{**OUTBOUND, "external_id": "sm-42"}) != received
    work("sync")
    assert told(front) == ["sm-42"]


def test_an_echo_in_another_channel_is_a_message(
    courier: type[Courier], front: Sandbox, channel: Channel
) -> None:
    other = channels.create(name="Chat").channel
    received = receive(front, channel)
    echo = messages.sync_outbound(other, **{**OUTBOUND, "external_id": received.external_id})
    assert echo != received
