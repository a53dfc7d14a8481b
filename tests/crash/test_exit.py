"""A handler that calls ``sys.exit()``: a worker that does half its work must not look healthy."""

from __future__ import annotations

import pytest

from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from tests.crash import exits_in_deliver
from tests.front import Courier, receive
from tests.workers import Start

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_whole_worker_ends_and_says_so(
    courier: type[Courier], front: Sandbox, channel: Channel, start: Start
) -> None:
    receive(front, channel)
    process = start(command=(str(exits_in_deliver.__file__),))
    assert process.wait(60) == 1
    assert "deliver stream has ended" in process.complaints
