"""``patience``: how long verbs may wait for the end of a pause that Front asked for."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from django_front_channel import services
from django_front_channel.client import front_client as client_module
from django_front_channel.exceptions import FrontRateLimitError, InvalidArgument
from django_front_channel.models import Channel, Pause
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import direct
from tests.front import MovableClock
from tests.services.every import DIRECT, World, call

HOUR = 3600


@pytest.fixture
def slept(time: MovableClock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls have waited. Nobody waits in truth: the clock is moved on."""
    seconds: list[float] = []

    def sleep(length: float) -> None:
        seconds.append(length)
        time.advance(length)

    monkeypatch.setattr(client_module, "time", SimpleNamespace(sleep=sleep))
    return seconds


@pytest.mark.usefixtures("media")
@pytest.mark.parametrize("verb", DIRECT)
def test_every_verb_waits_when_asked_to_and_else_says_how_long(
    front: Sandbox, channel: Channel, time: MovableClock, slept: list[float], verb: str
) -> None:
    world = World(front, channel)
    arguments, row = world.arguments(verb), world.row(verb)
    Pause.objects.extend(channel.app, Pause.Scope.CHANNEL, str(channel.pk), time() + timedelta(hours=1))
    before = len(front.journal.since(0))

    with pytest.raises(FrontRateLimitError) as raised:
        call(verb, row, **arguments)
    assert raised.value.retry_after is not None
    assert 0 < raised.value.retry_after <= HOUR
    assert (slept, len(front.journal.since(0))) == ([], before)

    with services.patience(2 * HOUR):
        call(verb, row, **arguments)
    assert 0 < sum(slept) <= HOUR
    assert len(front.journal.since(0)) > before


def pause(channel: Channel, time: MovableClock, seconds: float) -> None:
    Pause.objects.all().delete()
    Pause.objects.extend(
        channel.app, Pause.Scope.CHANNEL, str(channel.pk), time() + timedelta(seconds=seconds)
    )


def set_status(channel: Channel) -> None:
    services.channels.set_status(channel, status="ok")


def test_patience_is_for_all_verbs_of_a_block_together(
    channel: Channel, time: MovableClock, slept: list[float]
) -> None:
    with services.patience(10):
        pause(channel, time, 6)
        set_status(channel)
        pause(channel, time, 6)
        with pytest.raises(FrontRateLimitError):
            set_status(channel)
        pause(channel, time, 3)
        services.client_for(channel).channels.update(status="ok")
    assert sum(slept) == pytest.approx(9, abs=0.5)


def test_an_inner_block_counts_instead_and_ends_with_itself(
    channel: Channel, time: MovableClock, slept: list[float]
) -> None:
    with services.patience(10):
        pause(channel, time, 5)
        with services.patience(0), pytest.raises(FrontRateLimitError):
            set_status(channel)
        set_status(channel)
    pause(channel, time, 1)
    with pytest.raises(FrontRateLimitError):
        set_status(channel)
    assert len(slept) == 1


def test_a_thread_of_its_own_has_no_patience() -> None:
    found: list[object] = []
    with services.patience(10):
        thread = threading.Thread(target=lambda: found.append(direct._patience.get()))
        thread.start()
        thread.join()
        assert direct._patience.get() is not None
    assert found == [None]


@pytest.mark.parametrize("seconds", [-1, None, "5", True, float("inf"), float("nan")], ids=repr)
def test_what_is_no_time_to_wait(seconds: Any) -> None:
    with (
        pytest.raises(InvalidArgument, match="seconds must be a number of seconds"),
        services.patience(seconds),
    ):
        raise AssertionError
