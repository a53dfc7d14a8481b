"""The database fails right after some work was done: the work is not repeated."""

from __future__ import annotations

import pytest
from django.db import InterfaceError, OperationalError
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.exceptions import DeliveryFailed
from django_front_channel.models import Channel, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.worker import rounds
from tests.front import (
    Courier,
    MovableClock,
    calls,
    entry_of,
    outcomes_of,
    receive,
    state_of,
    tell,
    told,
    work,
)
from tests.worker.faults import refusing

pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES = OutboxEntry._meta.db_table
SETTLING = ("UPDATE", ENTRIES, "settled_at")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SETTLE_PAUSE", 0.01)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_message_is_told_once(front: Sandbox, channel: Channel, error: type[Exception]) -> None:
    messages = [tell(channel, "sms-1"), tell(channel, "sms-2")]
    with refusing(error("away"), *SETTLING, times=3) as refused:
        work("sync")
    assert len(refused) == 3
    assert told(front) == ["sms-1", "sms-2"]
    assert [(state_of(each), outcomes_of(each)) for each in messages] == [("accepted", {})] * 2


@pytest.mark.parametrize(
    ("outcome", "state"), [(None, "delivered"), ("SM-42", "handed_over"), (DeliveryFailed("No"), "failed")]
)
def test_a_message_is_delivered_once(
    courier: type[Courier], front: Sandbox, channel: Channel, *, heard, outcome: object, state: str
) -> None:
    delivered = heard(signals.message_delivered)
    courier.outcomes.append(outcome)
    message = receive(front, channel)
    with refusing(OperationalError("away"), *SETTLING, times=3) as refused:
        work()
    assert len(refused) == 3
    assert (courier.tried, state_of(message)) == (["Hello"], state)
    assert (entry_of(message).state, outcomes_of(message)) == ("done", {})
    assert len(delivered) == (state == "delivered")
    assert len(calls(front, "/status")) == (state == "failed")


def test_a_failed_attempt_is_counted_once(front: Sandbox, channel: Channel) -> None:
    message = tell(channel, "sms-1")
    front.fail_next(status=500)
    with refusing(OperationalError("away"), "UPDATE", ENTRIES, "detail", times=3) as refused:
        work("sync")
    assert len(refused) == 3
    assert (entry_of(message).attempts, outcomes_of(message)) == (1, {"ambiguous": 1})


def test_a_signal_that_cannot_be_struck_off_spoils_no_outcome(
    front: Sandbox, channel: Channel, time: MovableClock, heard
) -> None:
    accepted = heard(signals.sync_accepted)
    first, second = tell(channel, "sms-1"), tell(channel, "sms-2")
    with refusing(OperationalError("away"), "DELETE", ENTRIES, times=1) as refused:
        work("sync")
    assert refused
    assert told(front) == ["sms-1", "sms-2"]
    assert outcomes_of(first) == outcomes_of(second) == {}

    time.advance(31)
    work("announce")
    assert [each["message"] for each in accepted] == [first, second, first], "At least once."
    assert not OutboxEntry.objects.filter(kind="announce").exists()


def test_a_worker_that_waits_longer_than_its_lease_gives_up(
    front: Sandbox, channel: Channel, settings: Settings, time: MovableClock
) -> None:
    settings.FRONT_CHANNEL_API_TIMEOUT = 0.5
    settings.FRONT_CHANNEL_OUTBOX = {"LEASE": 1.5}
    message = tell(channel, "sms-1")
    with refusing(OperationalError("away"), *SETTLING, times=10**6), pytest.raises(OperationalError):
        work("sync")
    time.advance(2)
    work("sync")
    assert told(front) == ["sms-1", "sms-1"]
    assert (state_of(message), outcomes_of(message)) == ("accepted", {"ambiguous": 1})
