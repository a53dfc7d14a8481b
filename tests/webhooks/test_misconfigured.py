"""Mistakes in the settings: the log names the setting."""

import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from django_front_channel import services
from django_front_channel.models import Channel
from django_front_channel.testing import FrontWebhookClient
from tests.log_records import fields

pytestmark = pytest.mark.django_db


@pytest.mark.fault("unknown-hosts")
def test_an_unknown_host_is_told_in_the_log_with_the_setting(
    front: FrontWebhookClient, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    # Which asks for the host itself, and answers before the view.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Common" not in name]
    new = services.channels.create(name="Support")

    response = front.authorization("cha_1", new.token)

    assert (response.status_code, response.json()["type"]) == (503, "internal_error")
    assert "(misconfigured)" in caplog.text
    assert "ALLOWED_HOSTS" in caplog.text
    assert "FRONT_CHANNEL_PUBLIC_URL" in caplog.text
    new.channel.refresh_from_db()
    assert new.channel.state == Channel.State.PENDING


def test_the_public_url_needs_no_host_of_the_request(front: FrontWebhookClient, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    settings.FRONT_CHANNEL_PUBLIC_URL = "https://shop.example.com"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Common" not in name]
    new = services.channels.create(name="Support")
    response = front.authorization("cha_1", new.token)
    assert response.json()["webhook_url"].startswith("https://shop.example.com/front/default/")


def test_a_handler_that_cannot_be_imported_is_told_in_the_log(
    channel: Channel, front: FrontWebhookClient, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = settings.FRONT_CHANNEL_APPS["default"]
    settings.FRONT_CHANNEL_APPS = {"default": {**app, "HANDLER": "shop.nowhere.Handler"}}
    response = front.message(channel)
    assert response.status_code == 503
    assert "FRONT_CHANNEL_APPS['default']['HANDLER']" in caplog.text


def no_vault(alias: str) -> dict[str, Any] | None:
    raise ImproperlyConfigured(f"The vault has no entry {alias!r}.")


def test_an_alias_that_a_stranger_chose_is_not_logged(
    client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FRONT_CHANNEL_APPS = f"{__name__}.no_vault"
    with caplog.at_level(logging.INFO, logger="django_front_channel"):
        assert client.post("/front/stranger/", b"{}", content_type="application/json").status_code == 503
    (record,) = [record for record in caplog.records if hasattr(record, "event")]
    assert fields(record) == {
        "app": "?",
        "type": "?",
        "channel_id": "?",
        "code": "misconfigured",
        "mistake": "FRONT_CHANNEL_APPS",
        "repeats": 0,
    }
    assert "stranger" not in logging.Formatter().format(record)
