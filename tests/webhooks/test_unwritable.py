"""A database that takes nothing: Front is asked to try again, in its own shape, and nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, factories
from tests.webhooks.examples import IMPORTED, MESSAGE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault("F123")]
SECRET = "0123456789abcdef0123456789abcdef"
READ_ONLY = {
    "postgresql": ("options", " -c default_transaction_read_only=on"),
    "mysql": ("init_command", "SET SESSION transaction_read_only = 1"),
    "sqlite": ("init_command", "PRAGMA query_only = 1"),
}


class Failover:
    """Every new connection is to a server that takes nothing, until the test says otherwise."""

    def __init__(self) -> None:
        self.options: dict[str, Any] = connection.settings_dict["OPTIONS"]
        self.before = dict(self.options)

    def begin(self) -> None:
        name, more = READ_ONLY[connection.vendor]
        is_longer = connection.vendor == "postgresql"
        self.options[name] = self.options.get(name, "") + more if is_longer else more
        connection.close()

    def end(self) -> None:
        self.options.clear()
        self.options.update(self.before)
        connection.close()


@pytest.fixture
def failover() -> Iterator[Failover]:
    failover = Failover()
    yield failover
    failover.end()


@pytest.mark.parametrize("body", [MESSAGE, IMPORTED], ids=["message", "import"])
def test_a_read_only_database_is_an_error_that_front_repeats(
    channel: Channel, front: FrontWebhookClient, failover: Failover, body: dict[str, Any]
) -> None:
    known = factories.customer_message(channel, external_id="prov-msg-980", external_conversation_id="thr-7")
    failover.begin()
    answer = front.post(channel, body)
    assert (answer.status_code, answer.json()["type"]) == (503, "internal_error")
    assert "read" not in answer.json()["message"]
    failover.end()
    assert list(Message.objects.all()) == [known]
    assert not WebhookEvent.objects.filter(type=body["type"]).exists()

    assert front.post(channel, body).status_code == 200
    assert WebhookEvent.objects.get(type=body["type"]).state == "processed"
