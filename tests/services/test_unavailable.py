"""No verb calls Front for a channel that is held, disconnected or connected elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.exceptions import ChannelUnavailable
from django_front_channel.models import Channel, OutboxEntry
from django_front_channel.sandbox import Sandbox
from tests.front import APP, calls, work
from tests.services.every import DIRECT, TASKS, World, call


def hold(channel: Channel, _: Settings) -> None:
    services.channels.hold(channel)


def restore_elsewhere(_: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "APP_UID": "0000000000000000"}}


def disconnect(channel: Channel, _: Settings) -> None:
    services.channels.disconnect(channel)


@pytest.mark.parametrize(
    ("stop", "advice"),
    [(hold, "release it"), (restore_elsewhere, "adopt it"), (disconnect, "Add it in Front")],
    ids=["held", "elsewhere", "disconnected"],
)
def test_no_verb_calls_front(
    front: Sandbox,
    channel: Channel,
    settings: Settings,
    *,
    stop: Callable[[Channel, Settings], None],
    advice: str,
) -> None:
    world = World(front, channel)
    # Those about tasks last: the sandbox answers their next requests with what they want.
    in_turn = sorted(DIRECT, key=TASKS.__contains__)
    arguments = {verb: world.arguments(verb) for verb in in_turn}
    stop(channel, settings)
    before = len(calls(front, ""))

    for verb in DIRECT:
        row = world.row(verb)
        with pytest.raises(ChannelUnavailable, match=advice):
            call(verb, type(row).objects.get(pk=row.pk), **arguments[verb])
    entry = services.conversations.archive.enqueue(world.conversation)
    work("sync")

    assert len(calls(front, "")) == before
    assert list(OutboxEntry.objects.unsettled()) == [entry]
