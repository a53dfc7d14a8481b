from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel
from django_front_channel.testing import FrontWebhookClient, factories
from django_front_channel.worker.loop import Worker
from tests.webhooks.listening import FACTS, Announced, listening

UseHandler = Callable[[type[ChannelHandler]], None]


@pytest.fixture
def front() -> FrontWebhookClient:
    return FrontWebhookClient()


@pytest.fixture
def channel(db: None) -> Channel:
    return factories.connected_channel(front_id="cha_55c8c")


@pytest.fixture
def announced(channel: Channel) -> Iterator[Announced]:
    """What is announced from the time on when the channel is connected."""
    with listening(*FACTS) as announced:
        yield announced


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def use_handler(settings: Any) -> UseHandler:
    def use(handler: type[ChannelHandler]) -> None:
        app = settings.FRONT_CHANNEL_APPS["default"]
        path = f"{handler.__module__}.{handler.__name__}"
        settings.FRONT_CHANNEL_APPS = {**settings.FRONT_CHANNEL_APPS, "default": {**app, "HANDLER": path}}

    return use
