"""After a 429 of Front, no request starts in that scope before the pause ends."""

import itertools
import sys
import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from django_front_channel import gateway, signals
from django_front_channel.core import clock
from django_front_channel.exceptions import FrontRateLimitError
from django_front_channel.models import Channel, Conversation, Message, OutboxLane, Pause
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, conversations, messages
from tests.front import (
    APP,
    MovableClock,
    calls,
    connect,
    entry_of,
    outcomes_of,
    receive,
    state_of,
    tell,
    told,
    work,
    worker,
)

BUSY = {"Retry-After": "30"}
COMPANY_BUSY = {**BUSY, "X-RateLimit-Remaining": "0"}


def test_the_channel_waits_and_another_one_goes_on(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    other = connect(front, "Chat")
    tell(channel, "sms a", "a")
    front.fail_next(status=429, headers=BUSY)
    work("sync")
    tell(channel, "sms b", "b")
    tell(channel, "sms c", "c")
    tell(other, "chat-1")
    work("sync")
    assert told(front) == ["sms a", "chat-1"]

    time.advance(28)
    work("sync")
    assert told(front) == ["sms a", "chat-1"]

    time.advance(4)
    work("sync")
    assert sorted(told(front)[2:]) == ["sms a", "sms b", "sms c"]


def test_it_costs_no_attempt(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    message = tell(channel, "sms-1")
    front.fail_next(status=429, headers=BUSY, count=3)
    for _ in range(3):
        work("sync")
        time.advance(31)
    assert (state_of(message), entry_of(message).attempts, outcomes_of(message)) == ("queued", 0, {})

    work("sync")
    assert told(front) == ["sms-1"] * 4
    assert state_of(message) == "accepted"


def test_a_pause_stops_direct_requests_too(front: Sandbox, channel: Channel) -> None:
    front.fail_next(status=429, headers=BUSY)
    with pytest.raises(FrontRateLimitError):
        channels.set_status(channel, status="ok")
    with pytest.raises(FrontRateLimitError) as caught:
        channels.set_status(channel, status="ok")

    assert len(calls(front, "/channels/")) == 1
    assert caught.value.retry_after == pytest.approx(30, abs=2)


@pytest.fixture
def of_one_company(front: Sandbox, channel: Channel) -> list[Channel]:
    """Two channels of one company, and one of another."""
    rows = [channel, connect(front, "Chat"), connect(front, "Elsewhere")]
    for row, host in zip(rows, ("acme", "acme", "other"), strict=True):
        row.company = f"{host}.api.frontapp.com"
        row.save()
    return rows


def test_a_companys_limit_stops_the_company_and_no_other(
    front: Sandbox, of_one_company: list[Channel], time: MovableClock
) -> None:
    first, sibling, stranger = of_one_company
    tell(first, "first")
    front.fail_next(status=429, headers=COMPANY_BUSY)
    work("sync")
    tell(sibling, "sibling")
    tell(stranger, "stranger")
    work("sync")
    assert told(front) == ["first", "stranger"]

    time.advance(32)
    work("sync")
    assert sorted(told(front)[2:]) == ["first", "sibling"]


def test_a_companys_limit_stops_no_other_app(
    front: Sandbox, of_one_company: list[Channel], settings: Settings
) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": APP, "other": APP}
    first, sibling, _stranger = of_one_company
    sibling.app = "other"
    sibling.save()
    tell(first, "first")
    front.fail_next(status=429, headers=COMPANY_BUSY)
    work("sync")
    tell(sibling, "sibling")
    work("sync")
    assert (Pause.objects.get().app, Pause.objects.get().key) == ("default", first.company)
    assert told(front) == ["first", "sibling"]


def test_what_remains_tells_whose_limit_it_is(front: Sandbox, of_one_company: list[Channel]) -> None:
    first, sibling, _stranger = of_one_company
    tell(first, "first")
    front.fail_next(status=429, headers=BUSY)
    work("sync")
    tell(sibling, "sibling")
    work("sync")
    assert told(front) == ["first", "sibling"]


def test_a_conversations_limit_stops_the_conversation(front: Sandbox, channel: Channel) -> None:
    for thread in ("a", "b"):
        tell(channel, thread, thread)
    work("sync")
    front.run_until_quiet()
    one, other = Conversation.objects.all()
    front.fail_next(status=429, headers=BUSY)
    for _ in range(2):
        with pytest.raises(FrontRateLimitError):
            conversations.refresh(one)
    conversations.refresh(other)
    tell(channel, "sms-3")
    work("sync")

    assert [call["url"].rpartition("/")[2] for call in calls(front, "/conversations/")] == [
        one.front_id,
        other.front_id,
    ]
    assert told(front)[-1] == "sms-3"


def test_without_retry_after_it_waits_a_little(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    """Until the minute is over that Front's limit is about."""
    tell(channel, "sms-1")
    front.fail_next(status=429)
    work("sync")
    assert len(told(front)) == 1
    time.advance(61)
    work("sync")
    assert told(front) == ["sms-1", "sms-1"]


def test_a_pause_is_never_shortened(channel: Channel) -> None:
    now = clock.now()
    for seconds in (60, 10, 90, 90, 5):
        Pause.objects.extend("default", "channel", str(channel.pk), now + timedelta(seconds=seconds))
    assert Pause.objects.get().until == now + timedelta(seconds=90)


def test_a_pause_does_not_stop_deliveries(front: Sandbox, channel: Channel, courier) -> None:
    Pause.objects.extend("default", "channel", str(channel.pk), clock.now() + timedelta(hours=1))
    message = receive(front, channel)
    work()
    assert state_of(message) == "delivered"


@pytest.mark.parametrize("scope", ["channel", "company"])
def test_a_lane_is_not_even_taken_during_a_pause(
    front: Sandbox, of_one_company: list[Channel], time: MovableClock, scope: str
) -> None:
    first, sibling, stranger = of_one_company
    for each in of_one_company:
        tell(each, each.name)
    key = {"channel": str(first.pk), "company": first.company}[scope]
    Pause.objects.extend("default", scope, key, clock.now() + timedelta(seconds=60))
    work("sync")
    going = {stranger.name} | ({sibling.name} if scope == "channel" else set())
    assert set(told(front)) == going
    taken = OutboxLane.objects.filter(lease_token__gt=0)
    assert set(taken.values_list("channel__name", flat=True)) == going


def test_the_lane_waits_as_long_as_front_says(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    for status in (429, 503):
        tell(channel, f"sms {status}", f"thread {status}")
        front.fail_next(status=status, headers={"Retry-After": "300"})
        work("sync")
        lane = OutboxLane.objects.latest("pk")
        assert lane.due_at is not None
        assert lane.due_at - time() == pytest.approx(timedelta(seconds=300), abs=timedelta(seconds=10))
        Pause.objects.all().delete()


def test_a_running_worker_learns_of_the_company(front: Sandbox, channel: Channel, time: MovableClock) -> None:
    """Its client was made before the channel's company was known."""
    running = worker("sync")
    tell(channel, "before")
    running.run_until_quiet()
    Channel.objects.update(company="acme.api.frontapp.com")
    tell(channel, "after")
    front.fail_next(status=429, headers=COMPANY_BUSY)
    running.run_until_quiet()
    assert (Pause.objects.get().scope, Pause.objects.get().key) == ("company", "acme.api.frontapp.com")

    time.advance(32)
    Pause.objects.all().delete()
    Pause.objects.extend("default", "company", "acme.api.frontapp.com", clock.now() + timedelta(seconds=60))
    running.run_until_quiet()
    assert told(front) == ["before", "after"]


def test_a_pause_that_begins_in_the_middle_of_a_lane_stops_it(front: Sandbox, channel: Channel) -> None:
    for number in range(3):
        tell(channel, f"sms-{number}")

    def pause(**_arguments: object) -> None:
        Pause.objects.extend("default", "channel", str(channel.pk), clock.now() + timedelta(seconds=60))

    signals.api_request_finished.connect(pause)
    try:
        work("sync")
    finally:
        signals.api_request_finished.disconnect(pause)
    assert told(front) == ["sms-0"]


def test_a_running_worker_signs_with_the_newest_secret(
    front: Sandbox, channel: Channel, settings: Settings
) -> None:
    running = worker("sync")
    tell(channel, "before")
    running.run_until_quiet()
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "APP_SECRET": "f" * 32}}
    tell(channel, "refused")
    running.run_until_quiet()
    refused = Message.objects.get(external_id="refused")
    assert refused.code == "front_refused_credentials"

    settings.FRONT_CHANNEL_APPS = {"default": APP}
    messages.retry(refused)
    running.run_until_quiet()
    assert (told(front)[0], told(front)[-1]) == ("before", "refused")
    assert set(Message.objects.values_list("state", flat=True)) == {"accepted"}


@pytest.mark.django_db(transaction=True)
class TestInTheCallersTransaction:
    @pytest.fixture(autouse=True)
    def own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What one test's process knows is no other's."""
        monkeypatch.setattr(gateway, "_own", {})

    def refused(self, front: Sandbox, channel: Channel) -> None:
        """Front refuses, and then this process by itself."""
        front.fail_next(status=429, headers=BUSY)
        for _ in range(2):
            with pytest.raises(FrontRateLimitError) as caught:
                channels.set_status(channel, status="ok")
        assert caught.value.retry_after == pytest.approx(30, abs=2)
        assert len(calls(front, "/channels/")) == 1

    def test_a_pause_is_stored_after_the_commit(self, front: Sandbox, channel: Channel) -> None:
        with transaction.atomic():
            self.refused(front, channel)
            assert not Pause.objects.exists()
        assert Pause.objects.get().key == str(channel.pk)

    def test_a_rollback_does_not_make_this_process_forget(
        self, front: Sandbox, channel: Channel, time: MovableClock
    ) -> None:
        with transaction.atomic():
            self.refused(front, channel)
            transaction.set_rollback(True)
        assert not Pause.objects.exists()
        with pytest.raises(FrontRateLimitError):
            channels.set_status(channel, status="ok")
        assert len(calls(front, "/channels/")) == 1

        time.advance(31)
        channels.set_status(channel, status="ok")
        assert [call["status"] for call in calls(front, "/channels/")] == [429, 204]


def test_threads_meet_in_the_memory_of_the_process() -> None:
    """While one looks which pauses are over, others note new ones."""
    now, begun, done = timezone.now(), threading.Event(), threading.Event()

    def note() -> None:
        for number in itertools.cycle(range(1000)):
            gateway._remember(("default", "channel", str(number)), now)
            begun.set()
            if done.is_set():
                return

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    other = threading.Thread(target=note)
    other.start()
    try:
        assert begun.wait(60)
        for _ in range(20_000):
            assert gateway._remembered([("default", "channel", "7")], now) == []
    finally:
        done.set()
        other.join()
        sys.setswitchinterval(switch)
        gateway.forget_pauses()
