"""The gateway, where a channel meets the client."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.core.log_events import LogEvent
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import ChannelUnavailable, FrontRateLimitError, FrontServerError
from django_front_channel.gateway import client_for, refusal
from django_front_channel.models import Channel, Pause
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels
from tests.front import APP, MovableClock, calls, channel, front, heard, time
from tests.log_records import events

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

__all__ = ["channel", "front", "heard", "time"]


def test_a_client_calls_front_as_the_channel(front: Sandbox, channel: Channel) -> None:
    client_for(channel).channels.update(status="offline")

    assert [call["url"] for call in calls(front, "/channels/")] == [f"/channels/{channel.front_id}"]
    assert front.snapshot()["channels"][0]["status"] == "offline"


def test_a_pending_channel_has_no_client(db: None) -> None:
    with pytest.raises(ChannelUnavailable, match="connection token"):
        client_for(channels.create(name="SMS").channel)


def test_a_disconnected_channel_has_no_client(channel: Channel) -> None:
    channels.disconnect(channel)
    with pytest.raises(ChannelUnavailable, match="connection token"):
        client_for(channel)


def test_a_held_channel_has_no_client(channel: Channel) -> None:
    channels.hold(channel)
    with pytest.raises(ChannelUnavailable, match=r"services\.channels\.release"):
        client_for(channel)

    channels.release(channel)
    client_for(channel).close()


def test_an_app_that_the_settings_lack(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {}
    with pytest.raises(ImproperlyConfigured):
        client_for(channel)


@pytest.mark.parametrize(
    "changed",
    [{"APP_UID": "another"}, {"API_URL": "http://127.0.0.1:9"}],
    ids=["App UID", "API URL"],
)
def test_a_channel_of_another_installation_has_no_client(
    front: Sandbox, channel: Channel, settings: Settings, changed: dict[str, str]
) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, **changed}}
    with pytest.raises(ChannelUnavailable, match="adopt"):
        client_for(channel)
    assert refusal(channel) == Code.CHANNEL_CONNECTED_ELSEWHERE

    channels.adopt(channel)
    assert refusal(channel) is None
    assert client_for(channel).api_url == channel.connected_api_url
    assert not calls(front, "/channels/")


def test_an_apps_own_api_url_wins(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "API_URL": "http://127.0.0.1:9/"}}
    channels.adopt(channel)
    assert client_for(channel).api_url == "http://127.0.0.1:9"


def test_no_secret_is_shown(channel: Channel) -> None:
    assert APP["APP_SECRET"] not in repr(client_for(channel))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "pending"}, Code.CHANNEL_NOT_CONNECTED),
        ({"state": "disconnected"}, Code.CHANNEL_DISCONNECTED),
        ({"state": "auth_failed"}, Code.CHANNEL_CREDENTIALS_REFUSED),
        ({"state": "unreachable"}, Code.CHANNEL_UNREACHABLE),
        ({"front_id": None}, Code.CHANNEL_NOT_CONNECTED),
        ({"held_at": NOON}, Code.CHANNEL_HELD),
        ({"app": "unknown"}, Code.CHANNEL_APP_MISSING),
        ({}, None),
    ],
    ids=str,
)
def test_why_a_channel_may_not_be_used(
    channel: Channel, change: dict[str, object], code: Code | None
) -> None:
    for name, value in change.items():
        setattr(channel, name, value)
    assert refusal(channel) == code


def test_every_call_is_told_of_at_once(front: Sandbox, channel: Channel, heard) -> None:
    finished = heard(signals.api_request_finished)
    client = client_for(channel)
    client.channels.update(status="ok")
    front.fail_next(status=500)
    with pytest.raises(FrontServerError) as caught:
        client.channels.update(status="ok")

    assert [(each["operation"], each["status_code"]) for each in finished] == [
        ("update-channel", 204),
        ("update-channel", 500),
    ]
    assert (finished[0]["error"], finished[1]["error"]) == (None, caught.value)
    assert finished[0]["channel"] == channel
    assert 0 <= finished[0]["duration"] < 10


def test_a_pause_holds_for_all_clients_of_the_channel(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    front.fail_next(status=429, headers={"Retry-After": "10"})
    with pytest.raises(FrontRateLimitError):
        client_for(channel).channels.update(status="ok")
    other = client_for(Channel.objects.get())
    with pytest.raises(FrontRateLimitError) as caught:
        other.channels.update(status="ok")

    assert caught.value.retry_after == pytest.approx(10, abs=1)
    assert len(calls(front, "/channels/")) == 1
    time.advance(11)
    other.channels.update(status="ok")
    assert len(calls(front, "/channels/")) == 2


def test_a_refused_call_during_a_pause_does_not_lengthen_it(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    front.fail_next(status=429, headers={"Retry-After": "10"})
    with pytest.raises(FrontRateLimitError):
        client_for(channel).channels.update(status="ok")
    until = Pause.objects.get().until
    time.advance(5)
    with pytest.raises(FrontRateLimitError):
        client_for(channel).channels.update(status="ok")
    assert Pause.objects.get().until == until


@pytest.mark.parametrize(
    ("host", "headers", "scope"),
    [
        ("", {}, "channel"),
        ("acme.api.frontapp.com", {}, "channel"),
        ("", {"X-RateLimit-Remaining": "0"}, "channel"),
        ("acme.api.frontapp.com", {"X-RateLimit-Remaining": "0"}, "company"),
    ],
)
def test_the_scope_of_a_pause(
    front: Sandbox, channel: Channel, host: str, headers: dict[str, str], scope: str
) -> None:
    channel.company = host
    front.fail_next(status=429, headers={"Retry-After": "10", **headers})
    with pytest.raises(FrontRateLimitError):
        client_for(channel).channels.update(status="ok")
    pause = Pause.objects.get()
    assert (pause.scope, pause.key) == (scope, host if scope == "company" else str(channel.pk))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Reset": ""}, 10),
        ({"Retry-After": "7", "X-RateLimit-Reset": "in 40"}, 7),
        ({"X-RateLimit-Reset": "in 40"}, 40),
        ({"X-RateLimit-Reset": "in 4000"}, 60),
        ({"X-RateLimit-Reset": "in -40"}, 10),
        ({"X-RateLimit-Reset": "soon"}, 10),
        ({"X-RateLimit-Reset": "9" * 5000}, 10),
    ],
    ids=str,
)
def test_the_length_of_a_pause(
    front: Sandbox, channel: Channel, time: MovableClock, headers: dict[str, str], seconds: int
) -> None:
    """What Front says, or until its minute is over, or a guess. ``in n`` stands for so many seconds from now."""
    now = time()
    said = {
        name: str(int(now.timestamp()) + int(value[3:])) if value.startswith("in ") else value
        for name, value in headers.items()
    }
    front.fail_next(status=429, headers=said)
    with pytest.raises(FrontRateLimitError):
        client_for(channel).channels.update(status="ok")
    assert (Pause.objects.get().until - now).total_seconds() == pytest.approx(seconds, abs=2)


def test_a_call_waits_for_the_end_of_a_pause_when_asked_to(front: Sandbox, channel: Channel) -> None:
    front.fail_next(status=429, headers={"Retry-After": "0.3"})

    client_for(channel, patience=5).channels.update(status="offline")

    assert front.snapshot()["channels"][0]["status"] == "offline"


def test_a_call_waits_no_longer_than_asked_to(front: Sandbox, channel: Channel) -> None:
    front.fail_next(status=429, headers={"Retry-After": "30"})

    with pytest.raises(FrontRateLimitError) as raised:
        client_for(channel, patience=5).channels.update(status="offline")

    assert raised.value.retry_after == 30
    assert len(calls(front, "/channels/")) == 1


@pytest.mark.parametrize("state", ["auth_failed", "unreachable"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"held_at": NOON}, Code.CHANNEL_HELD),
        ({"connected_app_uid": "production"}, Code.CHANNEL_CONNECTED_ELSEWHERE),
    ],
    ids=["held", "of another installation"],
)
def test_a_channel_that_front_refuses_is_asked_about_only_where_nothing_else_forbids_it(
    channel: Channel, state: str, change: dict[str, object], code: Code
) -> None:
    channel.state = state
    client_for(channel).close()
    for name, value in change.items():
        setattr(channel, name, value)
    assert refusal(channel) == code
    with pytest.raises(ChannelUnavailable):
        client_for(channel)


def test_why_the_settings_had_no_app_is_in_the_log(
    channel: Channel, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def vault(alias: str) -> None:
        raise RuntimeError("the vault is sealed")

    settings.FRONT_CHANNEL_APPS = vault
    assert refusal(channel) == Code.CHANNEL_APP_MISSING
    assert LogEvent.APP_MISSING in events(caplog.records)
    assert "in vault" in caplog.text, "where it failed"


def test_a_state_of_a_newer_release_is_no_reason_to_fail(channel: Channel) -> None:
    channel.state = "probing"
    assert refusal(channel) is None
