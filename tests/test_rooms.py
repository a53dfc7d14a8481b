"""Each room writes only what it may."""

from __future__ import annotations

import pytest
from django.utils import timezone

from django_front_channel.core.texts import storable
from django_front_channel.lifecycle import channels as lifecycle
from django_front_channel.models import Channel, Pause
from django_front_channel.services import channels
from tests import rooms

pytestmark = pytest.mark.django_db

UPDATE = "channel.save(update_fields=['name'])"
INSERT = "Pause.objects.create(app='a', scope='channel', key='1', until=now)"


def written_by(room: str, code: str) -> None:
    """Run the code as if it stood in the room."""
    channel = channels.create(name="SMS").channel
    known = {"channel": channel, "Channel": Channel, "Pause": Pause, "now": timezone.now()}
    exec(compile(code, str(rooms.PACKAGE / room / "made_up.py"), "exec"), known)


@pytest.mark.parametrize(
    "room", ["worker", "webhooks", "services", "admin", "testing", "management", "gateway"]
)
def test_a_room_that_may_not_change_a_row_is_refused(room: str) -> None:
    with pytest.raises(rooms.WrongRoom, match=f"{room}: UPDATE channel"):
        written_by(room, UPDATE)
    rooms.refused.clear()


def test_only_what_begins_a_story_is_inserted_by_services() -> None:
    with pytest.raises(rooms.WrongRoom, match="services: INSERT pause"):
        written_by("services", INSERT)
    rooms.refused.clear()


def test_the_rooms_that_may() -> None:
    written_by("lifecycle", UPDATE)
    written_by("outbox", UPDATE)
    written_by("gateway.py", INSERT)


def test_a_tool_writes_for_whoever_uses_it() -> None:
    assert storable.__module__.startswith("django_front_channel.core")
    with pytest.raises(rooms.WrongRoom, match="worker: INSERT pause"):
        written_by("worker", "Pause.objects.extend('a', 'channel', '1', now)")
    rooms.refused.clear()


def test_the_real_state_machine_is_allowed() -> None:
    channel = channels.create(name="SMS").channel
    lifecycle.note_status(channel, "offline")
    channel.refresh_from_db()
    assert channel.status == "offline"
