"""DELETE: a channel goes."""

import pytest
from django.db import transaction

from django_front_channel import services
from django_front_channel.core import clock
from django_front_channel.lifecycle.channels import disconnect_as_told
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.services.events import process_again
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from django_front_channel.worker.loop import Worker
from tests.webhooks.listening import Announced, listening
from tests.webhooks.times import later, now_in_ms

pytestmark = pytest.mark.django_db


def test_a_delete_disconnects_and_keeps_what_waits(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    waiting = factories.customer_message(channel)
    response = front.delete(channel)
    assert (response.status_code, response.json()) == (200, {"type": "success"})

    channel.refresh_from_db()
    assert (channel.state, channel.front_id) == (Channel.State.DISCONNECTED, "cha_55c8c")
    assert channel.disconnected_at is not None
    assert announced.names == ["channel_state_changed", "channel_disconnected"]
    assert announced.of("channel_state_changed")[0]["old"] == "connected"
    waiting.refresh_from_db()
    assert waiting.state == "queued"

    assert front.delete(channel).json() == {"type": "success"}
    assert announced.names == ["channel_state_changed", "channel_disconnected"], "told once"


def test_a_channel_that_was_removed_may_be_connected_again(
    channel: Channel, front: FrontWebhookClient
) -> None:
    front.delete(channel)
    token = services.channels.rotate_token(channel)
    assert front.authorization("cha_55c8c", token).status_code == 200
    channel.refresh_from_db()
    assert channel.state == Channel.State.CONNECTED
    assert front.message(channel).status_code == 200


def fail(event: WebhookEvent) -> None:
    """As if the database had refused the effect of the event, and kept the event alone."""
    assert event.channel is not None
    Channel.objects.filter(pk=event.channel.pk).update(state="connected", disconnected_at=None)
    WebhookEvent.objects.filter(pk=event.pk).update(state=WebhookEvent.State.FAILED)
    event.refresh_from_db()
    process_again(event)


@pytest.mark.parametrize("body", [b"", b'{"type":"delete","payload":{"channel_id":"cha_55c8c"}}'])
def test_a_delete_that_could_not_be_processed_is_processed_later(
    channel: Channel, front: FrontWebhookClient, worker: Worker, body: bytes
) -> None:
    url = services.channels.webhook_url(channel)
    assert front.send(url, body, method="DELETE").status_code == 200
    fail(WebhookEvent.objects.get(type="delete"))

    with listening("channel_disconnected") as announced, later(10):
        worker.run_until_quiet()
    channel.refresh_from_db()
    assert channel.state == Channel.State.DISCONNECTED
    assert WebhookEvent.objects.get(type="delete").state == WebhookEvent.State.PROCESSED
    assert announced.names == ["channel_disconnected"]


@pytest.mark.fault("F63")
def test_a_late_delete_does_not_remove_a_channel_that_was_connected_again(
    channel: Channel, front: FrontWebhookClient, worker: Worker
) -> None:
    front.delete(channel)
    fail(WebhookEvent.objects.get(type="delete"))
    token = services.channels.rotate_token(channel)
    assert front.authorization("cha_55c8c", token).status_code == 200

    with later(10):
        worker.run_until_quiet()
    channel.refresh_from_db()
    assert channel.state == Channel.State.CONNECTED
    assert WebhookEvent.objects.get(type="delete").state == WebhookEvent.State.PROCESSED


@pytest.mark.fault("F63")
def test_nor_one_that_was_connected_with_another_id_since_it_was_read(
    channel: Channel, front: FrontWebhookClient
) -> None:
    as_read = Channel.objects.get(pk=channel.pk)
    front.delete(channel)
    delete = WebhookEvent.objects.get(type="delete")
    token = services.channels.rotate_token(channel)
    assert front.authorization("cha_other", token).status_code == 200

    with transaction.atomic():
        assert disconnect_as_told(delete, as_read, clock.now()) == []
    channel.refresh_from_db()
    assert (channel.state, channel.front_id) == (Channel.State.CONNECTED, "cha_other")


@pytest.mark.fault("F63")
@pytest.mark.parametrize(
    ("milliseconds_later", "state"), [(-60_000, "connected"), (-1, "connected"), (1, "disconnected")]
)
def test_of_a_delete_and_an_authorization_the_one_signed_later_counts(
    channel: Channel, front: FrontWebhookClient, milliseconds_later: int, state: str
) -> None:
    token, signed = services.channels.rotate_token(channel), now_in_ms()
    connecting = bodies.authorization("cha_55c8c")
    url = services.channels.app_webhook_url("default")
    assert front.send(url, connecting, token=token, timestamp=signed).status_code == 200

    url, timestamp = services.channels.webhook_url(channel), signed + milliseconds_later
    assert front.send(url, b"", method="DELETE", timestamp=timestamp).status_code == 200
    channel.refresh_from_db()
    assert channel.state == state
