import pytest

from django_front_channel.models import Channel
from django_front_channel.testing import FrontWebhookClient, factories


@pytest.fixture
def front() -> FrontWebhookClient:
    return FrontWebhookClient()


@pytest.fixture
def channel(db: None) -> Channel:
    return factories.connected_channel(front_id="cha_55c8c")
