"""``kill -9`` of the worker at its two worst moments: its messages still arrive, in order."""

from __future__ import annotations

import signal

import pytest

from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane
from django_front_channel.sandbox import Sandbox
from tests.crash import dies_before_sending
from tests.front import calls, outcomes_of, state_of, tell, told
from tests.workers import Start, until

pytestmark = pytest.mark.django_db(transaction=True)

DYING = (str(dies_before_sending.__file__),)


@pytest.fixture
def waiting(channel: Channel) -> list[Message]:
    return [tell(channel, f"sms-{number}") for number in (1, 2, 3)]


def all_accepted() -> bool:
    return set(Message.objects.values_list("state", flat=True)) == {"accepted"}


def check_that_nothing_is_left() -> None:
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {"done"}
    assert not OutboxLane.objects.filter(due_at__isnull=False).exists()


@pytest.mark.fault("F70")
def test_between_claim_and_post(front: Sandbox, waiting: list[Message], start: Start) -> None:
    victim = start(command=DYING)
    assert victim.wait(60) == -signal.SIGKILL
    entry = OutboxEntry.objects.get(message=waiting[0])
    assert (entry.state, entry.attempt_started_at is None) == ("pending", False), "It was claimed."
    assert told(front) == [], "It was not sent."

    start()
    until(all_accepted)
    assert told(front) == ["sms-1", "sms-2", "sms-3"]
    assert outcomes_of(waiting[0]) == {"ambiguous": 1}
    until(lambda: not OutboxLane.objects.filter(lease_until__isnull=False).exists())
    check_that_nothing_is_left()


@pytest.mark.fault("F71")
def test_between_post_and_settle(front: Sandbox, waiting: list[Message], start: Start) -> None:
    front.hold(seconds=60)
    victim = start("--only", "sync")
    until(lambda: told(front))
    victim.kill()
    assert victim.wait(60) == -signal.SIGKILL
    assert state_of(waiting[0]) == "sending", "It was not settled."

    start()
    until(all_accepted)
    assert told(front) == ["sms-1", "sms-1", "sms-2", "sms-3"]
    first, again = calls(front)[:2]
    assert first["body"] == again["body"]
    assert outcomes_of(waiting[0]) == {"ambiguous": 1}
    until(lambda: not OutboxLane.objects.filter(lease_until__isnull=False).exists())
    check_that_nothing_is_left()


def test_between_post_and_settle_when_the_import_comes(
    front: Sandbox, waiting: list[Message], start: Start
) -> None:
    """Front's word that it has the message saves the second request."""
    front.hold(seconds=60)
    victim = start("--only", "sync")
    until(lambda: told(front))
    victim.kill()
    victim.wait(60)
    until(lambda: len(front.company.schedule) == 1)
    front.run_until_quiet()

    start()
    until(lambda: [state_of(message) for message in waiting] == ["imported", "accepted", "accepted"])
    assert told(front) == ["sms-1", "sms-2", "sms-3"]
