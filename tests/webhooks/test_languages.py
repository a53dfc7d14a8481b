"""Answers to Front are in the app's language, with their code."""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import MessageRefused
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies
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


def write_catalogue(path: Path, texts: dict[str, str]) -> None:
    """Write a compiled catalogue of gettext: two tables of lengths and offsets, then the texts."""
    texts = {"": "Content-Type: text/plain; charset=UTF-8\n", **texts}
    columns = [sorted(texts), [texts[text] for text in sorted(texts)]]
    tables, content, start = b"", b"", 28 + 16 * len(texts)
    for text in (text.encode() for column in columns for text in column):
        tables += struct.pack("<2I", len(text), start + len(content))
        content += text + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, len(texts), 28, 28 + 8 * len(texts), 0, start)
    path.parent.mkdir(parents=True)
    path.write_bytes(header + tables + content)


@pytest.mark.parametrize(
    ("name", "count", "told"),
    [
        ("recipients", 101, "Die Nachricht hat mehr als 100 Empfänger."),
        ("attachments", 51, "Die Nachricht hat mehr als 50 Anhänge."),
    ],
)
def test_the_team_reads_the_projects_catalogue(  # noqa: PLR0917
    front: FrontWebhookClient,
    channel: Channel,
    settings: Settings,
    tmp_path: Path,
    name: str,
    count: int,
    told: str,
) -> None:
    texts = {
        "The message has more than {most} recipients.": "Die Nachricht hat mehr als {most} Empfänger.",
        "The message has more than {most} attachments.": "Die Nachricht hat mehr als {most} Anhänge.",
    }
    write_catalogue(tmp_path / "de/LC_MESSAGES/django.mo", texts)
    settings.LOCALE_PATHS = [tmp_path]
    use(settings, LANGUAGE="de")
    body = bodies.message()
    body["payload"][name] = [{}] * count

    assert front.post(channel, body).json()["message"] == told
