"""The pages say why something waits."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_front_channel.models import Channel, Message, OutboxEntry, OutboxLane, Pause
from tests.admin.conftest import Person, from_front, lane, page, queued


def entry_page(person: Person, entry: OutboxEntry | None = None) -> str:
    row = entry or OutboxEntry.objects.get()
    return str(person.open(OutboxEntry, row).content.decode())


def test_for_a_worker(boss: Person, channel: Channel):
    message = queued(channel)

    assert "[waits_for_worker]" in entry_page(boss)
    assert "[waits_for_worker]" in boss.open(Message, message).content.decode()


def test_for_its_channel(boss: Person, channel: Channel, later: datetime):
    waiting = lane(channel, "t-1", due_at=later)
    queued(channel)
    Channel.objects.update(held_at=timezone.now())

    assert "[channel_held]" in entry_page(boss)
    assert "[channel_held]" in boss.open(OutboxLane, waiting).content.decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "disconnected"}, "channel_disconnected"),
        ({"state": "auth_failed"}, "channel_credentials_refused"),
        ({"state": "unreachable"}, "channel_unreachable"),
        ({"app": "gone"}, "channel_app_missing"),
        ({"connected_app_uid": "another"}, "channel_connected_elsewhere"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_for_a_channel_that_cannot_be_used(
    boss: Person, channel: Channel, change: dict[str, str], code: str
) -> None:
    queued(channel)
    Channel.objects.update(**change)

    assert f"[{code}]" in entry_page(boss)
    assert f"[{code}]" in boss.open(Channel, channel).content.decode()


def test_for_others_that_have_been_due_for_longer(boss: Person, channel: Channel) -> None:
    queued(channel)
    before = timezone.now() - timedelta(minutes=1)
    for number in range(3):
        lane(channel, f"other-{number}", due_at=before)

    page_of_entry = entry_page(boss)
    assert "[waits_for_turn]" in page_of_entry
    assert "3 others" in page_of_entry


def test_for_front_that_asked_to_wait(boss: Person, channel: Channel, later: datetime):
    queued(channel)
    Pause.objects.create(app="default", scope=Pause.Scope.CHANNEL, key=str(channel.pk), until=later)

    assert "[paused]" in entry_page(boss)


def test_a_pause_does_not_hold_up_deliveries(boss: Person, channel: Channel, later: datetime):
    message = from_front(channel, state=Message.State.FAILED)
    boss.operate("retry", message)
    Pause.objects.create(app="default", scope=Pause.Scope.CHANNEL, key=str(channel.pk), until=later)

    assert "[waits_for_worker]" in entry_page(boss)


def test_for_an_earlier_entry(boss: Person, channel: Channel):
    queued(channel, 1, thread="t")
    queued(channel, 2, thread="t")
    first, second = OutboxEntry.objects.order_by("pk")

    assert "[behind]" in entry_page(boss, second)
    assert "[waits_for_worker]" in entry_page(boss, first)


def test_for_the_next_attempt(boss: Person, channel: Channel, later: datetime):
    queued(channel)
    lane(channel, "t-1", due_at=later)

    assert "[due_later]" in entry_page(boss)


def test_for_an_attempt_that_has_begun(boss: Person, channel: Channel, later: datetime):
    queued(channel)
    OutboxEntry.objects.update(attempt_started_at=later, state="pending")

    assert "[under_way]" in entry_page(boss)


def test_what_has_no_lane_does_not_wait_for_its_channel(boss: Person, channel: Channel, later: datetime):
    Channel.objects.update(held_at=timezone.now())
    OutboxEntry.objects.create(kind="announce", state="pending", channel=channel, due_at=later)

    assert "[due_later]" in entry_page(boss)


def test_what_is_settled_does_not_wait(boss: Person, channel: Channel):
    queued(channel)
    OutboxEntry.objects.update(state="done")

    content = entry_page(boss)
    assert "[waits_for_worker]" not in content
    assert "The channel" not in content


def test_a_pending_channel_says_how_to_connect_it(boss: Person, channel: Channel, settings: Any):
    assert "How to connect it in Front" not in boss.open(Channel, channel).content.decode()

    Channel.objects.update(state=Channel.State.PENDING)
    content = boss.open(Channel, channel).content.decode()
    assert "[channel_not_connected]" in content
    assert "http://testserver/front/default/" in content
    settings.FRONT_CHANNEL_PUBLIC_URL = "https://shop.example"
    assert "https://shop.example/front/default/" in boss.client.get(page(Channel, "change", channel.pk)).text
