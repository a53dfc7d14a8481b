"""All tables are in one database, and are read from where they are written."""

from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.models import Model
from pytest_django import Settings

from django_front_channel.models import Channel, Message
from django_front_channel.services import channels
from tests.front import tell


@pytest.fixture
def channel(db: None) -> Channel:
    return channels.create(name="SMS").channel


class ReplicaRouter:
    """A host that reads from a replica and writes to the primary."""

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return "replica"

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return "default"


@pytest.fixture
def replica(settings: Settings) -> Iterator[None]:
    """A second alias that cannot be reached: whoever reads from it fails."""
    connections.databases["replica"] = {
        **connections.databases["default"],
        "NAME": "/nowhere/at/all",
        "HOST": "127.0.0.1",
        "PORT": "9",
    }
    settings.DATABASE_ROUTERS = [f"{__name__}.ReplicaRouter"]
    yield
    del connections["replica"], connections.databases["replica"]


@pytest.mark.fault("F45")
@pytest.mark.fault("F47")
def test_our_tables_are_read_from_where_they_are_written(channel: Channel, replica: None) -> None:
    message = tell(channel, "sms-1")

    assert tell(channel, "sms-1") == message, "A replica that lags would hide the repetition."
    assert Message.objects.all().db == "default"
    assert Message.objects.using("replica").db == "replica"
    assert list(channel.messages.all()) == [message]
