"""What a direct verb leaves open: no connection waits for the garbage collector."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from requests.adapters import BaseAdapter

from django_front_channel import gateway
from django_front_channel.client.connections import DeadlineAdapter
from django_front_channel.conf import App
from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from tests.services.every import World, call

# The ways in which verbs call Front; the first makes two calls. Of a list, only its caller knows the end.
WAYS = (
    "conversations.add_tags",
    "templates.update",
    "calls.add_recording",
    "messages.refresh",
    "messages.download",
)


@pytest.fixture
def adapters() -> Iterator[list[DeadlineAdapter]]:
    """What has carried the calls, one for each client; they go over sockets as ever."""
    made: list[DeadlineAdapter] = []

    def adapter_for(_: App) -> BaseAdapter:
        made.append(DeadlineAdapter())
        return made[-1]

    with gateway.network_replaced(adapter_for):
        yield made


@pytest.mark.usefixtures("media")
@pytest.mark.parametrize("verb", WAYS)
def test_a_verb_closes_its_connections(
    front: Sandbox, channel: Channel, adapters: list[DeadlineAdapter], verb: str
) -> None:
    world = World(front, channel)
    arguments, row = world.arguments(verb), world.row(verb)
    adapters.clear()
    before = len(front.journal.since(0))

    call(verb, row, **arguments)

    assert len(front.journal.since(0)) > before
    assert adapters
    assert [len(adapter.poolmanager.pools) for adapter in adapters] == [0] * len(adapters)
