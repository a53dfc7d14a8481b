"""Creating channels, and saying whether they work."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from django_front_channel import signals
from django_front_channel.core import clock
from django_front_channel.core.digests import digest
from django_front_channel.exceptions import ChannelUnavailable, FrontNotFoundError, InvalidArgument
from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels
from tests.front import calls, connect


@pytest.fixture
def pending(db: None) -> channels.NewChannel:
    return channels.create(name="SMS")


def test_create(db: None) -> None:
    new = channels.create(name="SMS", address="+351210000000", host_data={"shop": 7})

    stored = Channel.objects.get()
    assert (stored.app, stored.name, stored.address) == ("default", "SMS", "+351210000000")
    assert (stored.state, stored.host_data, stored.front_id) == ("pending", {"shop": 7}, None)
    assert new.webhook_url == f"/front/default/{stored.webhook_key}/"


def test_of_the_token_only_the_digest_is_kept(pending: channels.NewChannel) -> None:
    values = Channel.objects.values().get()

    assert values["token_digest"] == digest(pending.token)
    assert pending.token not in repr(values)
    assert pending.token not in repr(pending)
    assert len(pending.token) >= 43


def test_every_channel_has_a_token_and_an_address_of_its_own(pending: channels.NewChannel) -> None:
    other = channels.create(name="SMS")

    assert other.token != pending.token
    assert other.webhook_url != pending.webhook_url


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": "  "}, InvalidArgument),
        ({"name": "\0"}, InvalidArgument),
        ({"name": "n" * 201}, InvalidArgument),
        ({"name": "half a sign \ud83d"}, InvalidArgument),
        ({"name": "SMS", "address": "a" * 201}, InvalidArgument),
        ({"name": "SMS", "host_data": {"note": "\0"}}, InvalidArgument),
        ({"name": "SMS", "host_data": {"price": float("nan")}}, InvalidArgument),
        ({"name": "SMS", "app": "unknown"}, ImproperlyConfigured),
    ],
    ids=ascii,
)
def test_create_refuses(db: None, arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        channels.create(**arguments)
    assert not Channel.objects.exists()


def test_nul_is_dropped_from_name_and_address(db: None) -> None:
    stored = channels.create(name="S\0MS" + "n" * 197, address="+1\0").channel
    stored.refresh_from_db()
    assert (stored.name, stored.address) == ("SMS" + "n" * 197, "+1")


def test_webhook_urls_are_absolute_with_a_public_url(
    pending: channels.NewChannel, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_PUBLIC_URL = "https://chan.example.org/"
    key = pending.channel.webhook_key

    assert channels.webhook_url(pending.channel) == f"https://chan.example.org/front/default/{key}/"
    assert channels.app_webhook_url("default") == "https://chan.example.org/front/default/"


@pytest.mark.parametrize(("redirects", "scheme"), [(False, "http"), (True, "https")])
def test_webhook_urls_by_the_request_are_those_that_are_not_redirected(
    settings: Settings, redirects: bool, scheme: str
) -> None:
    settings.SECURE_SSL_REDIRECT = redirects
    request = RequestFactory().get("/admin/")

    assert channels.app_webhook_url("default", request) == f"{scheme}://testserver/front/default/"


def test_only_the_newest_token_connects(front: Sandbox, pending: channels.NewChannel) -> None:
    token = channels.rotate_token(pending.channel)

    assert front.connect(token=pending.token)["error"]
    assert front.connect(token=token)["error"] is None


def test_a_token_that_was_rotated_cuts_off_nobody(front: Sandbox, channel: Channel) -> None:
    channels.rotate_token(channel)

    assert channel.front_id is not None
    assert front.compose(channel_id=channel.front_id, to=["+33612345678"], text="Hello")["status"] == "sent"


def test_disconnect(
    front: Sandbox,
    channel: Channel,
    heard,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    disconnected, changed = (
        heard(signals.channel_disconnected),
        heard(signals.channel_state_changed),
    )

    with django_capture_on_commit_callbacks(execute=True):
        channels.disconnect(channel)

    channel.refresh_from_db()
    assert channel.state == "disconnected"
    assert channel.disconnected_at is not None
    assert timezone.now() - channel.disconnected_at < timedelta(minutes=1)
    assert [each["channel"] for each in disconnected] == [channel]
    assert [(each["old"], each["new"]) for each in changed] == [("connected", "disconnected")]


def test_the_token_of_a_disconnected_channel_connects_another_one_in_front(front: Sandbox) -> None:
    new = channels.create(name="SMS")
    first = front.connect(token=new.token)["channel_id"]
    assert front.connect(token=new.token)["error"]

    new.channel.refresh_from_db()
    channels.disconnect(new.channel)
    second = front.connect(token=new.token)["channel_id"]

    new.channel.refresh_from_db()
    assert (new.channel.state, new.channel.front_id) == ("connected", second)
    assert first != second


@pytest.mark.parametrize("state", ["auth_failed", "unreachable"])
def test_release_lets_a_stuck_channel_try_again(channel: Channel, state: str) -> None:
    Channel.objects.filter(pk=channel.pk).update(state=state, held_at=clock.now(), held_by="Rita")
    channel.refresh_from_db()

    channels.release(channel)

    channel.refresh_from_db()
    assert (channel.state, channel.is_held, channel.held_by) == ("connected", False, "")


@pytest.mark.parametrize("state", ["pending", "disconnected"])
def test_release_connects_nothing(channel: Channel, state: str) -> None:
    Channel.objects.filter(pk=channel.pk).update(state=state)
    channel.refresh_from_db()

    channels.release(channel)

    channel.refresh_from_db()
    assert channel.state == state


def test_hold(channel: Channel) -> None:
    channels.hold(channel, by="Rita", detail="The provider is down.")
    channels.hold(channel, by="Ana")

    channel.refresh_from_db()
    assert channel.is_held
    assert (channel.held_by, channel.hold_detail) == ("Rita", "The provider is down.")
    assert channel.held_at is not None


def test_hold_does_not_go_by_what_was_read_before(channel: Channel) -> None:
    stale = Channel.objects.get(pk=channel.pk)
    channels.hold(stale)
    channels.release(channel)

    channels.hold(stale, by="Rita")

    channel.refresh_from_db()
    assert channel.held_by == "Rita"


def test_adopt(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_API_URL = "https://elsewhere.example.org"

    channels.adopt(channel)

    channel.refresh_from_db()
    assert channel.connected_api_url == "https://elsewhere.example.org"


def test_adopt_needs_an_app(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {}
    with pytest.raises(ImproperlyConfigured):
        channels.adopt(channel)


def test_set_status(front: Sandbox, channel: Channel) -> None:
    channels.set_status(channel, status="offline")

    channel.refresh_from_db()
    assert channel.status == "offline"
    assert front.snapshot()["channels"][0]["status"] == "offline"
    assert json.loads(calls(front, "/channels/")[0]["body"]) == {"status": "offline"}


def test_set_status_refuses_other_words(front: Sandbox, channel: Channel) -> None:
    with pytest.raises(InvalidArgument):
        channels.set_status(channel, status="away")  # type: ignore[arg-type]
    assert not calls(front, "/channels/")


def test_a_status_that_front_refused_is_not_noted(front: Sandbox, channel: Channel) -> None:
    front.fail_next(status=404)
    with pytest.raises(FrontNotFoundError):
        channels.set_status(channel, status="offline")
    channel.refresh_from_db()
    assert channel.status == ""


def test_a_channel_that_is_not_connected_cannot_be_called(pending: channels.NewChannel) -> None:
    with pytest.raises(ChannelUnavailable):
        channels.set_status(pending.channel, status="ok")


def test_channels_may_share_a_name(front: Sandbox) -> None:
    assert connect(front, "SMS").front_id != connect(front, "SMS").front_id
