"""Who opts out while a message to them is on its way gets it only if its delivery had begun."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from django.db import connections
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.core.log_events import LogEvent
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.testing import FrontWebhookClient, factories
from tests.front import (  # noqa: F401 - fixtures
    APP,
    Courier,
    MovableClock,
    calls,
    connect,
    courier,
    front,
    receive,
    state_of,
    time,
    work,
)
from tests.log_records import events

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault("opt-outs")]
NUMBER = "+33612345678"


@pytest.mark.parametrize("known", [False, True], ids=["the outcome is unknown", "the provider has it"])
def test_a_delivery_that_failed_is_not_repeated(
    courier: type[Courier],  # noqa: F811
    front: Sandbox,  # noqa: F811
    time: MovableClock,  # noqa: F811
    known: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    channel = connect(front)
    courier.outcomes.append(TimeoutError("slow"))
    message = receive(front, channel)
    work("deliver")
    assert state_of(message) == "delivering"
    services.people.opt_out(channel, handle=NUMBER)
    if known:
        courier.found[message.external_id] = "SM-1"
    time.advance(3600)
    work()

    message.refresh_from_db()
    assert len(courier.tried) == 1
    if known:
        assert (message.state, message.delivery_id) == ("handed_over", "SM-1")
    else:
        assert (message.state, message.code) == ("failed", "opted_out")
        assert len(calls(front, "/status")) == 1, "the team is told"
    assert LogEvent.DELIVERY_GIVEN_UP not in events(caplog.records)


class WhileTheyOptOut(Courier):
    """Accepts a message while its customer opts out, in another process, say."""

    channel: ClassVar[Channel]

    def accept(self, message: Message) -> None:
        with ThreadPoolExecutor(1) as other:
            other.submit(self._opt_out).result()

    def _opt_out(self) -> None:
        try:
            services.people.opt_out(self.channel, handle=NUMBER)
        finally:
            connections.close_all()


@pytest.mark.servers
def test_a_message_that_is_accepted_meanwhile_is_not_delivered(
    courier: type[Courier],  # noqa: F811
    settings: Settings,
) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.WhileTheyOptOut"}}
    WhileTheyOptOut.channel = factories.connected_channel()
    assert FrontWebhookClient().message(WhileTheyOptOut.channel, to=[NUMBER]).status_code == 200
    work("deliver")

    message = Message.objects.get()
    assert (message.state, message.code, courier.tried) == ("failed", "opted_out", [])
