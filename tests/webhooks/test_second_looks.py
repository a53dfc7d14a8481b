"""A worker looks at a kept fact again without asking Front: its message may be known by now, or never."""

from typing import Any

import pytest

from django_front_channel import services
from django_front_channel.models import Channel, Message, OutboxEntry, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, factories
from django_front_channel.worker.loop import Worker
from tests.webhooks.examples import IMPORTED, changed
from tests.webhooks.listening import Announced
from tests.webhooks.times import later

pytestmark = pytest.mark.django_db

NO_THREAD = {**changed(IMPORTED), "metadata": {}}


@pytest.mark.parametrize(
    "body", [changed(IMPORTED, id=None), NO_THREAD], ids=["no id", "no external conversation"]
)
def test_what_no_second_look_makes_readable_is_given_up_at_once(
    channel: Channel,
    front: FrontWebhookClient,
    worker: Worker,
    body: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    front.post(channel, body)
    caplog.clear()
    with later(10):
        assert worker.run_until_quiet() == 1
    event = WebhookEvent.objects.get(type="message_imported")
    entry = OutboxEntry.objects.get(kind="process")
    assert (entry.state, event.state) == (OutboxEntry.State.FAILED, WebhookEvent.State.FAILED)
    assert event.detail == entry.detail
    assert caplog.records == []
    with later(86_400):
        assert worker.run_until_quiet() == 0


def test_front_is_not_asked_once_the_202_has_told(
    channel: Channel, front: FrontWebhookClient, worker: Worker, announced: Announced, settings: Any
) -> None:
    """The import came before the 202 was noted, and names the message by the 202's UID alone."""
    message = factories.customer_message(channel)
    OutboxEntry.objects.all().delete()
    front.message_imported(
        channel, external_id=None, message_uid="uid-9", external_conversation_ids=["thr-1"]
    )
    assert WebhookEvent.objects.get(type="message_imported").state == WebhookEvent.State.PENDING
    Message.objects.filter(pk=message.pk).update(state="accepted", message_uid="uid-9")

    # Whoever calls Front now would meet a closed door.
    settings.FRONT_CHANNEL_API_URL = "http://127.0.0.1:9"
    services.channels.adopt(channel)
    with later(10):
        worker.run_until_quiet()

    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED
    assert WebhookEvent.objects.get(type="message_imported").state == WebhookEvent.State.PROCESSED
    assert OutboxEntry.objects.get(kind="process").attempts == 0
    assert announced.names == ["message_imported"]


def test_an_import_whose_body_is_gone_by_retention_is_given_up(
    channel: Channel, front: FrontWebhookClient, worker: Worker
) -> None:
    front.message_imported(channel, external_id=None, external_conversation_ids=["thr-1"])
    WebhookEvent.objects.filter(type="message_imported").update(body="")
    with later(10):
        worker.run_until_quiet()
    assert OutboxEntry.objects.get(kind="process").state == OutboxEntry.State.FAILED


def test_a_fact_that_was_processed_meanwhile_is_not_processed_again(
    channel: Channel, front: FrontWebhookClient, announced: Announced, worker: Worker
) -> None:
    front.post(channel, NO_THREAD)
    WebhookEvent.objects.filter(type="message_imported").update(state="processed")
    with later(10):
        worker.run_until_quiet()
    assert OutboxEntry.objects.get(kind="process").state == OutboxEntry.State.DONE
    assert not Message.objects.exists()
    assert announced == []
