"""Many attempts are settled in one transaction. One that cannot be stored stops no other."""

from __future__ import annotations

import pytest
from django.db import DataError, IntegrityError

from django_front_channel.models import Channel, Message, OutboxAttempt, OutboxEntry, OutboxLane
from django_front_channel.sandbox import Sandbox
from tests.front import MovableClock, entry_of, state_of, tell, told, work
from tests.worker.faults import refusing

MESSAGES = Message._meta.db_table


@pytest.mark.parametrize("error", [IntegrityError, DataError])
def test_one_outcome_among_many_cannot_be_stored(
    front: Sandbox, channel: Channel, error: type[Exception]
) -> None:
    messages = [tell(channel, f"sms-{number}", f"thread {number}") for number in range(20)]
    following = tell(channel, "following", "thread 7")
    poisoned = messages[7]
    accepting = ("UPDATE", MESSAGES, "accepted", f" {poisoned.pk} ")
    with refusing(error("no such value"), *accepting, times=1000) as refused:
        work("sync")

    assert len(refused) == 2, "Once with the others, and once alone."
    assert sorted(told(front)) == sorted([*(each.external_id for each in messages), "following"])
    assert not OutboxAttempt.objects.exists()
    assert (state_of(poisoned), entry_of(poisoned).state) == ("failed", "failed")
    assert entry_of(poisoned).code == "unexpected_error"
    others = [each for each in [*messages, following] if each != poisoned]
    assert {(state_of(each), entry_of(each).state) for each in others} == {("accepted", "done")}


def test_not_even_the_failure_can_be_stored(front: Sandbox, channel: Channel) -> None:
    """The entry fails alone, and the lane goes on."""
    poisoned, following = tell(channel, "sms-1"), tell(channel, "sms-2")
    updating = ("UPDATE", MESSAGES, "state_changed_at", f" {poisoned.pk} ")
    with (
        refusing(DataError("no such value"), *updating, "accepted", times=1000),
        refusing(DataError("no such value"), *updating, "failed", times=1000),
    ):
        work("sync")
    assert told(front) == ["sms-1", "sms-2"]
    assert (entry_of(poisoned).state, entry_of(poisoned).code) == ("failed", "unexpected_error")
    assert state_of(following) == "accepted"


def test_one_entry_among_many_cannot_be_begun(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    messages = [tell(channel, f"sms-{number}", f"thread {number}") for number in range(20)]
    poisoned = messages[7]
    beginning = ("UPDATE", MESSAGES, "sending", f" {poisoned.pk} ")
    with refusing(DataError("no such value"), *beginning, times=1000):
        work("sync")
    assert [state_of(each) for each in messages].count("accepted") == 19
    assert (state_of(poisoned), entry_of(poisoned).attempt_started_at) == ("queued", None)

    time.advance(61)
    work("sync")
    assert state_of(poisoned) == "accepted"
    assert not OutboxLane.objects.exclude(due_at=None).exists()
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {"done"}
