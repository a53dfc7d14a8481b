"""A worker process that is stopped in the middle of a request, and wakes up after another has taken over."""

from __future__ import annotations

import signal

import pytest

from django_front_channel.models import Channel, OutboxEntry
from django_front_channel.sandbox import Sandbox
from tests.front import outcomes_of, state_of, tell, told
from tests.workers import Start, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.fault("F72")
def test_a_process_that_wakes_up_too_late_changes_nothing(
    front: Sandbox, channel: Channel, start: Start
) -> None:
    message = tell(channel, "sms-1")
    front.hold(seconds=60)
    sleeper = start("--only", "sync")
    until(lambda: told(front))
    sleeper.send_signal(signal.SIGSTOP)

    other = start("--only", "sync")
    until(lambda: state_of(message) == "accepted")
    other.terminate()
    assert other.wait(60) == 0
    settled = OutboxEntry.objects.values().get()
    assert told(front) == ["sms-1", "sms-1"]

    sleeper.send_signal(signal.SIGCONT)
    until(lambda: "was taken over by another worker" in sleeper.complaints)
    assert OutboxEntry.objects.values().get() == settled
    assert (state_of(message), outcomes_of(message)) == ("accepted", {"ambiguous": 1})

    following = tell(channel, "sms-2")
    until(lambda: state_of(following) == "accepted")
    sleeper.terminate()
    assert sleeper.wait(60) == 0
    assert told(front) == ["sms-1", "sms-1", "sms-2"]
