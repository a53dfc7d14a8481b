"""``wait``: how long a verb may wait for the end of a pause that Front asked for."""

from __future__ import annotations

import inspect
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from django_front_channel import services
from django_front_channel.client import front_client as client_module
from django_front_channel.exceptions import FrontRateLimitError, InvalidArgument
from django_front_channel.models import Channel, Pause
from django_front_channel.sandbox import Sandbox
from tests.front import MovableClock, calls
from tests.services.every import DIRECT, World, call, function

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

    call(verb, row, **arguments, wait=2 * HOUR)
    assert 0 < sum(slept) <= HOUR
    assert len(front.journal.since(0)) > before


@pytest.mark.parametrize("verb", DIRECT)
def test_every_verb_says_so_in_its_signature(verb: str) -> None:
    wait = inspect.signature(function(verb)).parameters["wait"]
    assert (wait.kind, wait.default, wait.annotation) == (inspect.Parameter.KEYWORD_ONLY, 0.0, "float")


@pytest.mark.parametrize("wait", [-1, None, "5", True, float("inf"), float("nan")], ids=repr)
def test_what_is_no_time_to_wait(front: Sandbox, channel: Channel, wait: Any) -> None:
    with pytest.raises(InvalidArgument, match="wait must be a number of seconds"):
        services.channels.set_status(channel, status="ok", wait=wait)
    with pytest.raises(InvalidArgument, match="wait must be a number of seconds"):
        services.client_for(channel, wait=wait)
    assert not calls(front, "/channels/")
