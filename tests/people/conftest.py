from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from django_front_channel.models import Channel
from django_front_channel.testing import factories
from tests.front import APP
from tests.people.courier import Postman


@pytest.fixture
def postman(settings: Settings) -> Iterator[type[Postman]]:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": "tests.people.courier.Postman"}}
    settings.FRONT_CHANNEL_OUTBOX = {"BACKOFF": (0.01, 0.01)}
    yield Postman
    for kept in (Postman.outcomes, Postman.tried, Postman.found, Postman.asked):
        kept.clear()


@pytest.fixture
def channel(db: None, postman: type[Postman], media: Path) -> Channel:
    return factories.connected_channel()
