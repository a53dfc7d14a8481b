"""Every answer says how long it is, whatever middleware the host has: it is whole before a slow receiver ends."""

from typing import Any

import pytest
from django.test import Client

from django_front_channel.models import Channel
from django_front_channel.testing import FrontWebhookClient, bodies

pytestmark = pytest.mark.django_db


@pytest.mark.fault("answer-length")
def test_without_any_middleware(channel: Channel, settings: Any) -> None:
    settings.MIDDLEWARE = []
    front = FrontWebhookClient()
    url = f"/front/default/{channel.webhook_key}/"
    answers = [
        front.message(channel),
        front.message_imported(channel, external_id="a", external_conversation_ids=["thr-1"]),
        front.post(channel, b"[]"),
        front.post(channel, {"type": "authorization"}),
        front.authorization("cha_9", "wrong"),
        Client().post(url, bodies.message(), "application/json"),
        Client().get(url),
        Client().put("/front/default/"),
        front.delete(channel),
    ]
    assert {answer.status_code for answer in answers} >= {200, 400, 401, 405}
    assert [int(answer["Content-Length"]) for answer in answers] == [
        len(answer.content) for answer in answers
    ]
