"""Work that Front does later, in a thread of its own."""

from __future__ import annotations

import threading
import time

import pytest

from django_front_channel.sandbox.schedule import Schedule


def test_a_job_in_the_far_future_disturbs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """No thread can be told to wait so long."""
    schedule, has_run = Schedule(time.time), threading.Event()
    schedule.add(1e300, lambda: None)
    schedule.start()
    try:
        schedule.add(0, has_run.set)
        assert has_run.wait(60)
    finally:
        schedule.stop()

    assert len(schedule) == 1
    assert caplog.messages == []
