"""``deliver()`` that does not return: its worker ends in time, and the next one takes over as after a crash.

The provider has taken the message, and says so: its receipt outlives the worker too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from tests.crash import hangs_in_deliver
from tests.front import Courier, entry_of, outcomes_of, receive, state_of
from tests.workers import Start, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_ends_whose_delivery_hangs(
    courier: type[Courier], front: Sandbox, channel: Channel, start: Start, tmp_path: Path
) -> None:
    message = receive(front, channel)
    has_hung = tmp_path / "has hung"
    hanging = (str(hangs_in_deliver.__file__), str(has_hung))
    process = start(command=hanging)
    until(has_hung.exists)
    assert messages.report_delivery(channel=channel, delivery_id="SM-42", state="delivered") is None
    assert process.wait(60) == 1

    assert "deliver() exceeded its time limit" in process.complaints
    assert "in wait_for_a_dead_provider" in process.complaints
    assert state_of(message) == "delivering"
    assert entry_of(message).attempt_started_at is not None, "To the others it has died."

    start(command=hanging)
    until(lambda: state_of(message) == "delivered")
    assert outcomes_of(message) == {"ambiguous": 1}
