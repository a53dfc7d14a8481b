"""The webhook client and ``sign``, which hosts test with."""

import sys

import pytest

from django_front_channel.models import Channel, Message
from django_front_channel.testing import FrontWebhookClient, bodies, factories, sign
from django_front_channel.testing.webhook_client import Body
from tests.processes import run

SECRET = "0123456789abcdef0123456789abcdef"
LOADED = "import sys, django_front_channel.testing; print({'pytest', 'responses'} & sys.modules.keys() or '')"


def test_importing_it_needs_no_test_runner_and_no_settings() -> None:
    child = run([sys.executable, "-W", "error", "-c", LOADED], env={})
    assert (child.returncode, child.output.strip()) == (0, ""), child.complaints


def test_a_body_may_be_bytes_text_or_an_object() -> None:
    body = '{"type":"x","payload":{"text":"Olá ☕"}}'
    forms: list[Body] = [body, body.encode(), {"type": "x", "payload": {"text": "Olá ☕"}}]
    assert len({tuple(sign(form, SECRET, timestamp=1764000000123).values()) for form in forms}) == 1
    assert sign(body, SECRET, timestamp="1764000000") != sign(body, SECRET, timestamp="1764000001")


@pytest.mark.django_db
def test_a_connected_channel_with_a_message_each_way() -> None:
    channel = factories.connected_channel(name="SMS", front_id="cha_1")
    assert (channel.name, channel.front_id, channel.state) == ("SMS", "cha_1", Channel.State.CONNECTED)
    waiting = factories.customer_message(channel, text="Hello")
    imported = factories.imported_message(channel, conversation_id="cnv_5")
    teammate = factories.teammate_message(
        channel, text="Hi", external_conversation_ids=["thr-1"], conversation_id="cnv_5"
    )
    assert [message.state for message in (waiting, imported, teammate)] == ["queued", "imported", "received"]
    assert waiting.text == "Hello"
    assert imported.conversation is not None
    assert imported.conversation.front_id == "cnv_5"
    assert Message.objects.filter(channel=channel).count() == 3


@pytest.mark.django_db
def test_a_factory_says_what_the_host_answered() -> None:
    channel = factories.connected_channel(front_id="cha_1")
    with pytest.raises(AssertionError, match="connected with another token"):
        factories.connected_channel(front_id="cha_1")
    Channel.objects.update(state="disconnected")
    with pytest.raises(AssertionError, match="404"):
        factories.teammate_message(channel)


@pytest.mark.django_db
def test_the_client_sends_what_front_sends() -> None:
    channel = factories.connected_channel()
    front = FrontWebhookClient()
    message = factories.customer_message(channel)
    answers = [
        front.list_addresses(),
        front.message(channel),
        front.message_autoreply(channel),
        front.message_imported(channel, message, external_conversation_ids=["thr-1"]),
        front.message_imported(channel, factories.imported_message(channel)),
        front.delete(channel),
    ]
    assert [(answer.status_code, answer.json()["type"]) for answer in answers] == [(200, "success")] * 6


def test_the_body_of_an_autoreply_without_metadata() -> None:
    assert "metadata" not in bodies.message_autoreply(external_conversation_ids=None)
    assert "metadata" in bodies.message_autoreply()
