"""Answers to Front are in the app's language, with their code."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import MessageRefused
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient
from tests.languages import in_german

pytestmark = pytest.mark.django_db

EMPTY = {"type": "message", "payload": {"id": "msg_1", "text": " ", "body": ""}}


class Refusing(ChannelHandler):
    def accept(self, message: Message) -> None:
        raise MessageRefused(str(gettext_lazy("Nobody is there.")))


def use(settings: Settings, **app: Any) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**settings.FRONT_CHANNEL_APPS["default"], **app}}


@pytest.mark.parametrize(
    ("app", "project", "told"),
    [
        ({"LANGUAGE": "de"}, "en", "Leer."),
        ({"LANGUAGE": "en"}, "de", "The message is empty, so it was not sent."),
        ({}, "de", "Leer."),
        ({"LANGUAGE": None}, "de", "Leer."),
    ],
    ids=str,
)
def test_a_refusal_is_in_the_language_of_the_app(  # noqa: PLR0917
    front: FrontWebhookClient,
    channel: Channel,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    app: dict[str, str],
    project: str,
    told: str,
) -> None:
    settings.LANGUAGE_CODE = project
    use(settings, **app)
    in_german(monkeypatch, Code.MESSAGE_EMPTY, "Leer.")
    response = front.post(channel, EMPTY)

    assert (response.status_code, response.json()["message"]) == (400, told)
    event = WebhookEvent.objects.get(type="message")
    assert (event.state, event.code, event.parameters, event.detail) == ("refused", "message_empty", {}, "")
    assert event.answer == response.json()


def test_the_hosts_own_words_are_shown_as_they_are(
    front: FrontWebhookClient, channel: Channel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings, LANGUAGE="de", HANDLER=f"{__name__}.Refusing")
    in_german(monkeypatch, Code.MESSAGE_REFUSED, "Abgelehnt.")
    response = front.message(channel)

    assert response.json() == {"type": "bad_request", "message": "Nobody is there."}
    event = WebhookEvent.objects.get(type="message")
    assert (event.code, event.detail) == ("message_refused", "Nobody is there.")


def test_what_is_not_verified_is_told_in_the_language_of_the_app_too(
    front: FrontWebhookClient, channel: Channel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings, LANGUAGE="de")
    in_german(monkeypatch, Code.UNVERIFIED, "Nicht von Front.")
    response = front.post(channel, {"type": "message"}, timestamp=1_000_000_000)

    assert (response.status_code, response.json()["message"]) == (401, "Nicht von Front.")


def test_the_first_answer_is_repeated_as_it_was(
    front: FrontWebhookClient, channel: Channel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = int(time.time() * 1000)
    first = front.post(channel, EMPTY, timestamp=stamp)
    use(settings, LANGUAGE="de")
    in_german(monkeypatch, Code.MESSAGE_EMPTY, "Leer.")

    assert front.post(channel, EMPTY, timestamp=stamp).json() == first.json()
    assert front.post(channel, EMPTY, timestamp=stamp + 1).json()["message"] == "Leer."
