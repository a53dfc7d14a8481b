"""Front does not sign the URL: the token tells whose request it is, and a queue stays where it was meant to go."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from django_front_channel import services
from django_front_channel.core.log_events import LogEvent
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import ChannelUnavailable
from django_front_channel.gateway import refusal
from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.services.channels import NewChannel
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from django_front_channel.worker.loop import Worker
from tests.log_records import events
from tests.webhooks.times import now_in_ms

pytestmark = pytest.mark.django_db

IMPORTED = bodies.message_imported(external_id="in-1", external_conversation_ids=["thr-7"])
EVERY_TYPE: dict[str, dict[str, Any]] = {
    "message": bodies.message(external_conversation_ids=["thr-7"]),
    "message_autoreply": bodies.message_autoreply(),
    "message_imported": IMPORTED,
    "unknown": {"type": "something_new", "payload": {}},
    "delete": {"type": "delete", "payload": {}},
}


def connected(front: FrontWebhookClient, front_id: str) -> NewChannel:
    new = services.channels.create(name=front_id)
    assert front.authorization(front_id, new.token).status_code == 200
    new.channel.refresh_from_db()
    return new


def send(
    front: FrontWebhookClient, channel: Channel, kind: str, token: str, timestamp: int | None = None
) -> int:
    method = "DELETE" if kind == "delete" else "POST"
    url = services.channels.webhook_url(channel)
    return front.send(url, EVERY_TYPE[kind], token=token, method=method, timestamp=timestamp).status_code


def rows() -> tuple[Any, ...]:
    return (
        list(Channel.objects.order_by("pk").values()),
        list(Message.objects.values()),
        list(WebhookEvent.objects.values()),
    )


@pytest.mark.fault("bearer")
@pytest.mark.fault("F7")
@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_request_with_the_token_of_another_channel_is_refused(
    front: FrontWebhookClient, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = connected(front, "cha_1"), connected(front, "cha_2")
    before = rows()
    with caplog.at_level(logging.WARNING, "django_front_channel.webhooks"):
        assert send(front, other.channel, kind, one.token) == 401
    assert rows() == before
    assert events(caplog.records) == [LogEvent.WEBHOOK_TOKEN_DIFFERS]
    assert send(front, one.channel, kind, one.token) == 200, "at its own URL"


@pytest.mark.fault("bearer")
@pytest.mark.parametrize("kind", EVERY_TYPE)
@pytest.mark.parametrize("token", ["guessed", "é" * 9, "x" * 5000])
def test_a_token_that_nobody_has_is_refused(front: FrontWebhookClient, kind: str, token: str) -> None:
    new = connected(front, "cha_1")
    before = rows()
    assert send(front, new.channel, kind, token) == 401
    assert rows() == before


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_request_without_a_token_is_tolerated(front: FrontWebhookClient, kind: str) -> None:
    assert send(front, connected(front, "cha_1").channel, kind, "") == 200


@pytest.mark.fault("bearer")
@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_rotating_the_token_cuts_off_nobody_until_the_channel_is_connected_again(
    front: FrontWebhookClient, kind: str
) -> None:
    new = connected(front, "cha_1")
    rotated = services.channels.rotate_token(new.channel)
    assert send(front, new.channel, kind, rotated) == 401, "the channel is not connected with it yet"
    if kind != "delete":
        assert send(front, new.channel, kind, new.token) == 200
    assert front.authorization("cha_1", rotated).status_code == 200
    assert send(front, new.channel, kind, new.token, now_in_ms() + 5) == 401
    assert send(front, new.channel, kind, rotated, now_in_ms() + 6) == 200


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_channel_that_was_never_connected_knows_no_token(front: FrontWebhookClient, kind: str) -> None:
    new = services.channels.create(name="Support")
    assert send(front, new.channel, kind, new.token) == 401


@pytest.mark.fault("bodiless-identity")
@pytest.mark.parametrize("body", [b"", b'{"type":"delete"}'])
@pytest.mark.parametrize("has_token", [True, False])
def test_two_channels_that_are_removed_at_one_moment_are_both_removed(
    front: FrontWebhookClient, body: bytes, has_token: bool
) -> None:
    both = [connected(front, "cha_1"), connected(front, "cha_2")]
    stamp = now_in_ms() + 1000  # later than both, however slow the machine is
    for new in both:
        token = new.token if has_token else ""
        for _ in range(2):
            answer = front.send(new.webhook_url, body, method="DELETE", token=token, timestamp=stamp)
            assert answer.status_code == 200
    assert set(Channel.objects.values_list("state", flat=True)) == {"disconnected"}
    assert WebhookEvent.objects.filter(type="delete").count() == 2


@pytest.mark.fault("other-front-id")
def test_the_token_of_a_channel_that_was_removed_in_front_is_spent(front: FrontWebhookClient) -> None:
    new = connected(front, "cha_1")
    assert front.delete(new.channel).status_code == 200
    for front_id in ("cha_1", "cha_2"):
        assert front.authorization(front_id, new.token).status_code == 400
    assert set(WebhookEvent.objects.filter(state="refused").values_list("code", flat=True)) == {
        Code.TOKEN_SPENT
    }
    new.channel.refresh_from_db()
    assert (new.channel.state, new.channel.front_id) == (Channel.State.DISCONNECTED, "cha_1")


def test_a_new_token_outlives_the_removal_of_the_channel(front: FrontWebhookClient) -> None:
    new = connected(front, "cha_1")
    rotated = services.channels.rotate_token(new.channel)
    assert front.delete(new.channel).status_code == 200
    assert front.authorization("cha_1", rotated).status_code == 200


def moved(front: FrontWebhookClient) -> Channel:
    """A channel with a queue, which somebody has connected as another channel of Front."""
    new = connected(front, "cha_1")
    factories.customer_message(new.channel)
    services.channels.disconnect(new.channel)
    assert front.authorization("cha_2", new.token).status_code == 200
    new.channel.refresh_from_db()
    return new.channel


@pytest.mark.fault("other-front-id")
def test_a_queue_follows_its_channel_to_another_one_of_front_only_when_adopted(
    front: FrontWebhookClient, worker: Worker
) -> None:
    channel = moved(front)
    assert (channel.state, channel.front_id, channel.is_held) == (Channel.State.CONNECTED, "cha_2", True)
    assert refusal(channel) == Code.CHANNEL_MOVED
    with pytest.raises(ChannelUnavailable) as refused:
        services.client_for(channel)
    assert refused.value.code == Code.CHANNEL_MOVED
    worker.run_until_quiet()
    assert Message.objects.get().state == Message.State.QUEUED

    with pytest.raises(ChannelUnavailable) as refused:
        services.channels.release(channel)
    assert refused.value.code == Code.CHANNEL_MOVED
    channel.refresh_from_db()
    assert channel.is_held

    services.channels.adopt(channel)
    assert (channel.is_held, refusal(channel)) == (False, None)


@pytest.mark.fault("other-front-id")
def test_a_queue_follows_no_channel_to_another_company(front: FrontWebhookClient, settings: Any) -> None:
    """A copy of production has its own app in Front, and its own sandbox."""
    new = connected(front, "cha_1")
    settings.FRONT_CHANNEL_API_URL = "http://127.0.0.1:8090"
    assert front.authorization("cha_1", new.token).status_code == 200
    new.channel.refresh_from_db()
    assert refusal(new.channel) == Code.CHANNEL_MOVED


def test_a_channel_whose_id_went_to_another_row_remembers_that_it_was_connected(
    front: FrontWebhookClient,
) -> None:
    first, second = connected(front, "cha_1"), services.channels.create(name="Second")
    services.channels.disconnect(first.channel)
    assert front.authorization("cha_1", second.token).status_code == 200
    assert front.authorization("cha_3", first.token).status_code == 200
    first.channel.refresh_from_db()
    second.channel.refresh_from_db()
    assert (refusal(first.channel), refusal(second.channel)) == (Code.CHANNEL_MOVED, None)


@pytest.mark.fault("other-front-id")
def test_the_hold_of_an_operator_outlasts_the_move(front: FrontWebhookClient) -> None:
    new = connected(front, "cha_1")
    services.channels.hold(new.channel, by="rita")
    services.channels.disconnect(new.channel)
    assert front.authorization("cha_2", new.token).status_code == 200
    new.channel.refresh_from_db()
    assert refusal(new.channel) == Code.CHANNEL_MOVED
    services.channels.adopt(new.channel)
    assert (refusal(new.channel), new.channel.held_by) == (Code.CHANNEL_HELD, "rita")
    services.channels.release(new.channel)
    assert refusal(new.channel) is None


def test_the_same_channel_of_front_goes_on_by_itself(front: FrontWebhookClient) -> None:
    new = connected(front, "cha_1")
    assert front.delete(new.channel).status_code == 200
    token = services.channels.rotate_token(new.channel)
    assert front.authorization("cha_1", token).status_code == 200
    new.channel.refresh_from_db()
    assert refusal(new.channel) is None
