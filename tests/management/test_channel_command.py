"""``front_channel_channel`` does for channels what the admin does."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.core.digests import digest
from django_front_channel.models import Channel
from django_front_channel.testing import factories

pytestmark = [pytest.mark.django_db, pytest.mark.fault("guest")]


@pytest.fixture
def channel() -> Channel:
    return factories.connected_channel(front_id="cha_55c8c")


def said(*arguments: Any) -> str:
    out = StringIO()
    call_command("front_channel_channel", *map(str, arguments), stdout=out)
    return out.getvalue()


def facts(*arguments: Any) -> Any:
    return json.loads(said(*arguments, "--json"))


def test_create_shows_the_token_and_the_webhook_url_this_once() -> None:
    shown = facts("create", "Shop chat", "--address", "+33612345678")
    channel = Channel.objects.get()
    assert channel.token_digest == digest(shown["token"])
    assert (channel.name, channel.address, channel.app) == ("Shop chat", "+33612345678", "default")
    assert shown["webhook_url"] == services.channels.webhook_url(channel)
    assert shown["token"] not in said("show", channel.pk) + said("list")


def test_rotate_shows_a_new_token(channel: Channel) -> None:
    shown = facts("rotate", channel.pk)
    channel.refresh_from_db()
    assert channel.token_digest == digest(shown["token"])


def test_list_has_a_line_for_each_channel(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {
        **settings.FRONT_CHANNEL_APPS,
        "shop": settings.FRONT_CHANNEL_APPS["default"],
    }
    other = services.channels.create("shop", name="Chat").channel
    assert [each["id"] for each in facts("list")] == [channel.pk, other.pk]
    assert [each["id"] for each in facts("list", "--app", "shop")] == [other.pk]
    lines = said("list").splitlines()
    assert lines[0] == f"{channel.pk}  cha_55c8c  default  connected  {channel.name}"
    assert lines[1] == f"{other.pk}  -  shop  pending  Chat"


def test_nothing_to_list_is_no_line() -> None:
    assert (said("list"), facts("list")) == ("", [])


@pytest.mark.parametrize("by", ["number", "id in Front"])
def test_a_channel_is_held_and_released(channel: Channel, by: str) -> None:
    named = channel.pk if by == "number" else channel.front_id
    held = facts("hold", named, "--by", "Rita", "--detail", "The provider moves house.")
    assert (held["held"], held["held_by"], held["hold_detail"]) == (True, "Rita", "The provider moves house.")
    assert ", held" in said("list")
    assert facts("release", named)["held"] is False


def test_a_channel_is_disconnected(channel: Channel) -> None:
    assert facts("disconnect", channel.pk)["state"] == "disconnected"


def test_a_channel_is_adopted(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**settings.FRONT_CHANNEL_APPS["default"], "APP_UID": "new"}}
    said("adopt", channel.pk)
    channel.refresh_from_db()
    assert channel.connected_app_uid == "new"


@pytest.mark.parametrize("unknown", ["77", "cha_unknown", "Support", "9" * 40])
def test_an_unknown_channel_is_an_error_that_says_what_to_do(channel: Channel, unknown: str) -> None:
    with pytest.raises(CommandError, match="Run `front_channel_channel list`"):
        said("show", unknown)


def test_an_id_of_two_apps_is_never_guessed(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {
        **settings.FRONT_CHANNEL_APPS,
        "shop": settings.FRONT_CHANNEL_APPS["default"],
    }
    factories.connected_channel("shop", front_id="cha_55c8c")
    with pytest.raises(CommandError, match="Several channels"):
        said("disconnect", "cha_55c8c")


@pytest.mark.parametrize(
    "arguments",
    [("create", " "), ("create", "Chat", "--app", "nowhere"), ("create", "x" * 201), ("reboot", "1"), ()],
)
def test_what_cannot_be_done_is_a_command_error(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        said(*arguments)
    assert not Channel.objects.exists()
