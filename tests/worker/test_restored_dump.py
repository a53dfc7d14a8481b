"""A dump of production that was restored elsewhere writes neither to Front nor to customers, until it is adopted."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from django_front_channel.exceptions import ChannelUnavailable
from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels
from tests.front import APP, Courier, MovableClock, calls, connect, receive, state_of, tell, told, work

HERE: dict[str, Any] = {**APP, "HANDLER": "tests.front.Courier"}


@pytest.fixture(
    params=[{"APP_UID": "0000000000000000"}, {"API_URL": "http://127.0.0.1:9"}], ids=["uid", "url"]
)
def elsewhere(request: pytest.FixtureRequest, settings: Settings) -> Any:
    """Go to where the settings name another app, or another Front; and back."""

    def go(away: bool) -> None:
        settings.FRONT_CHANNEL_APPS = {"default": {**HERE, **request.param} if away else HERE}

    return go


@pytest.mark.fault("F148")
def test_both_directions_wait(
    courier: type[Courier], front: Sandbox, channel: Channel, *, time: MovableClock, elsewhere: Any
) -> None:
    sent, received = tell(channel, "sms-1"), receive(front, channel, "Hello")
    elsewhere(True)
    work()
    time.advance(3600)
    work()
    assert (told(front), courier.tried) == ([], [])
    assert (state_of(sent), state_of(received)) == ("queued", "received")
    with pytest.raises(ChannelUnavailable):
        channels.set_status(channel, status="offline")
    assert not calls(front, "/channels/")

    elsewhere(False)
    time.advance(3600)
    work()
    assert (told(front), courier.tried) == (["sms-1"], ["Hello"])


def test_it_works_there_once_it_is_adopted(
    courier: type[Courier], front: Sandbox, channel: Channel, *, time: MovableClock, elsewhere: Any
) -> None:
    receive(front, channel, "Hello")
    elsewhere(True)
    channels.adopt(channel)
    time.advance(3600)
    work("deliver")
    assert courier.tried == ["Hello"]


def test_other_channels_go_on(
    courier: type[Courier], front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    other = connect(front, "Chat")
    Channel.objects.filter(pk=channel.pk).update(connected_app_uid="another")
    tell(channel, "held")
    tell(other, "going")
    work("sync")
    assert told(front) == ["going"]
