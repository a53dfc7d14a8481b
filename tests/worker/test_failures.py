"""Front's refusals, outages and silences, and their effect on waiting messages."""

import pytest
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.core.log_events import LogEvent
from django_front_channel.models import Channel, Message, OutboxAttempt
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels
from tests.front import (
    APP,
    MovableClock,
    calls,
    connect,
    entry_of,
    outcomes_of,
    state_of,
    tell,
    told,
    work,
)
from tests.log_records import events


@pytest.mark.fault("F78")
@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_what_front_refuses_is_given_up_and_the_lane_goes_on(
    front: Sandbox, channel: Channel, heard, status: int
) -> None:
    failed = heard(signals.sync_failed)
    refused, following = tell(channel, "sms-1"), tell(channel, "sms-2")
    front.fail_next(status=status)
    work("sync")

    assert (state_of(refused), state_of(following)) == ("failed", "accepted")
    assert told(front) == ["sms-1", "sms-2"]
    assert [each["message"] for each in failed] == [refused]
    assert str(status) in failed[0]["error"]
    refused.refresh_from_db()
    assert refused.code == "front_refused_request"
    assert refused.parameters == {"operation": "sync-inbound-message", "status": status}
    assert entry_of(refused).state == "failed"


def test_an_outage_is_waited_out_with_growing_pauses(
    front: Sandbox, channel: Channel, time: MovableClock, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"BACKOFF": (10, 40)}
    message = tell(channel, "sms-1")
    front.fail_next(status=503, count=4)
    for attempts, least, most in ((1, 5, 10), (2, 10, 20), (3, 20, 40), (4, 20, 40)):
        work("sync")
        assert len(told(front)) == attempts
        assert (state_of(message), entry_of(message).attempts) == ("queued", attempts)
        time.advance(least - 2)
        work("sync")
        assert len(told(front)) == attempts
        time.advance(most - least + 2)
    work("sync")

    assert told(front) == ["sms-1"] * 5
    assert state_of(message) == "accepted"
    assert outcomes_of(message) == {"failed": 4}


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_answer_that_leaves_the_outcome_open_is_ambiguous(
    front: Sandbox, channel: Channel, time: MovableClock, status: int
) -> None:
    message = tell(channel, "sms-1")
    front.fail_next(status=status)
    work("sync")

    assert outcomes_of(message) == {"ambiguous": 1}
    attempt = OutboxAttempt.objects.get()
    assert (attempt.code, attempt.parameters["status"]) == ("front_failed", status)
    assert attempt.started_at <= attempt.ended_at
    assert "text of" not in attempt.detail

    time.advance(20)
    work("sync")
    assert len(told(front)) == 1, "Not before the import could have come."
    time.advance(20)
    work("sync")
    assert told(front) == ["sms-1", "sms-1"]
    assert state_of(message) == "accepted"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 425])
def test_what_a_proxy_on_the_way_says_passes(
    front: Sandbox, channel: Channel, time: MovableClock, status: int
) -> None:
    message = tell(channel, "sms-1")
    front.fail_next(status=status)
    work("sync")
    assert (state_of(message), outcomes_of(message)) == ("queued", {"failed": 1})
    time.advance(60)
    work("sync")
    assert state_of(message) == "accepted"


@pytest.mark.parametrize("answer", ["{}", "<html>", '{"status": "accepted"}', ""])
def test_a_202_counts_only_with_its_uid(front: Sandbox, channel: Channel, answer: str) -> None:
    message = tell(channel, "sms-1")
    front.fail_next(status=202, body=answer)
    work("sync")
    assert state_of(message) == "queued"
    assert outcomes_of(message) == {"ambiguous": 1}


def test_an_answer_that_never_comes_is_ambiguous(
    front: Sandbox, channel: Channel, settings: Settings, time: MovableClock
) -> None:
    settings.FRONT_CHANNEL_API_TIMEOUT = 0.2
    message = tell(channel, "sms-1")
    front.hold(seconds=5)
    work("sync")

    assert outcomes_of(message) == {"ambiguous": 1}
    time.advance(60)
    work("sync")
    first, second = (entry["body"] for entry in calls(front))
    assert first == second
    assert state_of(message) == "accepted"


def test_front_that_is_not_there_is_no_doubt(front: Sandbox, channel: Channel, settings: Settings) -> None:
    message = tell(channel, "sms-1")
    settings.FRONT_CHANNEL_API_URL = "http://127.0.0.1:9"
    channels.adopt(channel)
    work("sync")
    assert outcomes_of(message) == {"failed": 1}


def test_a_message_that_proves_to_be_imported_is_not_sent_again(
    front: Sandbox, channel: Channel, settings: Settings, time: MovableClock
) -> None:
    settings.FRONT_CHANNEL_API_TIMEOUT = 0.2
    message, following = tell(channel, "sms-1"), tell(channel, "sms-2")
    front.hold(seconds=5)
    work("sync")
    front.run_until_quiet()
    assert state_of(message) == "imported"

    time.advance(60)
    work("sync")
    assert told(front) == ["sms-1", "sms-2"]
    assert state_of(message) == "imported"
    assert entry_of(message).state == "done"
    assert state_of(following) == "accepted"


def test_refused_credentials_stop_the_channel_until_it_is_released(
    front: Sandbox, channel: Channel, settings: Settings, heard
) -> None:
    changed = heard(signals.channel_state_changed)
    for thread in ("a", "b"):
        for number in (1, 2):
            tell(channel, f"{thread}{number}", thread)
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "APP_SECRET": "f" * 32}}
    work("sync")

    assert state_of(channel) == "auth_failed"
    assert sorted(told(front)) == ["a1", "a1", "b1", "b1"], (
        "Each lane, twice: the second time with a new JWT."
    )
    assert [(each["old"], each["new"]) for each in changed] == [("connected", "auth_failed")]
    assert Message.objects.get(external_id="a1").code == "front_refused_credentials"
    assert set(Message.objects.values_list("state", flat=True)) == {"queued"}

    settings.FRONT_CHANNEL_APPS = {"default": APP}
    channel.refresh_from_db()
    channels.release(channel)
    work("sync")
    assert sorted(told(front)[4:]) == ["a1", "a2", "b1", "b2"]
    assert set(Message.objects.values_list("state", "code", "detail")) == {("accepted", "", "")}


def test_a_message_past_its_age_fails_aloud(
    front: Sandbox, channel: Channel, settings: Settings, time: MovableClock, heard
) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"MAX_AGE": 3600, "BACKOFF": (600, 600)}
    failed = heard(signals.sync_failed)
    message = tell(channel, "sms-1")
    front.fail_next(status=503, count=100)
    for _ in range(20):
        work("sync")
        time.advance(601)

    assert state_of(message) == "failed"
    assert [each["message"] for each in failed] == [message]
    assert "503" in failed[0]["error"]
    assert 6 <= len(told(front)) <= 14


def test_messages_of_a_pending_channel_go_once_it_is_connected(front: Sandbox) -> None:
    new = channels.create(name="SMS")
    message = tell(new.channel, "sms-1")
    work("sync")
    assert state_of(message) == "queued"

    assert front.connect(token=new.token)["error"] is None
    work("sync")
    assert state_of(message) == "accepted"


@pytest.mark.parametrize("way", ["hold", "disconnect"])
def test_a_held_or_disconnected_channel_waits(front: Sandbox, channel: Channel, way: str) -> None:
    other = connect(front, "Chat")
    getattr(channels, way)(channel)
    tell(channel, "sms-1")
    tell(other, "chat-1")
    work("sync")
    assert told(front) == ["chat-1"]


def test_a_released_channel_goes_on(front: Sandbox, channel: Channel) -> None:
    channels.hold(channel)
    tell(channel, "sms-1")
    work("sync")
    channels.release(channel)
    work("sync")
    assert told(front) == ["sms-1"]


def test_a_channel_of_another_installation_waits_until_it_is_adopted(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    """A dump of production on staging, which names another Front."""
    Channel.objects.filter(pk=channel.pk).update(connected_api_url="https://api2.frontapp.com")
    message = tell(channel, "sms-1")
    work("sync")
    time.advance(3600)
    work("sync")
    assert told(front) == []
    assert state_of(message) == "queued"

    channel.refresh_from_db()
    channels.adopt(channel)
    time.advance(120)
    work("sync")
    assert told(front) == ["sms-1"]


def test_a_channel_without_its_app_waits(front: Sandbox, channel: Channel, settings: Settings) -> None:
    message = tell(channel, "sms-1")
    settings.FRONT_CHANNEL_APPS = {}
    work("sync")
    assert (told(front), state_of(message)) == ([], "queued")


def test_an_error_of_the_apps_own_is_tried_again(
    front: Sandbox, channel: Channel, settings: Settings, time: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FRONT_CHANNEL_JWT_LIFETIME = "soon"
    message, following = tell(channel, "sms-1"), tell(channel, "sms-2")
    work("sync")
    assert state_of(message) == "queued"
    assert LogEvent.ENTRY_BROKE in events(caplog.records)

    settings.FRONT_CHANNEL_JWT_LIFETIME = 20
    time.advance(60)
    work("sync")
    assert told(front) == ["sms-1", "sms-2"]
    assert state_of(following) == "accepted"
