"""Each room writes only what it may."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from django_front_channel.core.texts import storable
from django_front_channel.lifecycle import channels as lifecycle
from django_front_channel.models import Channel, OutboxLane, Pause
from django_front_channel.services import channels
from tests import rooms

pytestmark = pytest.mark.django_db

UPDATE = "channel.save(update_fields=['name'])"
INSERT = "Pause.objects.create(app='a', scope='channel', key='1', until=now)"


SAVED_BY_DJANGO = """
from django.contrib.admin import ModelAdmin, site
ModelAdmin(Channel, site).save_model(None, channel, None, True)
"""


def written_by(room: str, code: str) -> None:
    """Run the code as if it stood in the room."""
    channel = channels.create(name="SMS").channel
    known = {
        "connection": connection,
        "channel": channel,
        "Channel": Channel,
        "Pause": Pause,
        "OutboxLane": OutboxLane,
        "now": timezone.now(),
    }
    exec(compile(code, str(rooms.PACKAGE / room / "made_up.py"), "exec"), known)


@pytest.mark.parametrize(
    "room", ["outbox", "worker", "webhooks", "services", "admin", "testing", "management", "gateway"]
)
def test_a_room_that_may_not_change_a_row_is_refused(room: str) -> None:
    with pytest.raises(rooms.WrongRoom, match=f"{room}: UPDATE channel"):
        written_by(room, UPDATE)
    rooms.refused.clear()


def test_a_page_of_django_that_saves_by_itself_is_the_admin() -> None:
    with pytest.raises(rooms.WrongRoom, match="admin: UPDATE channel"):
        written_by("../../host", SAVED_BY_DJANGO)
    rooms.refused.clear()


@pytest.mark.parametrize(
    "sql",
    [
        "WITH one AS (SELECT 1) UPDATE front_channel_channel SET name = name",
        "/* quick */ UPDATE front_channel_channel SET name = name",
        "-- quick\nDELETE FROM front_channel_channel",
    ],
)
def test_sql_by_hand_is_seen_too(sql: str) -> None:
    with pytest.raises(rooms.WrongRoom, match=r"worker: (UPDATE|DELETE) channel"):
        written_by("worker", f"connection.cursor().execute({sql!r})")
    rooms.refused.clear()


def test_another_wrapper_does_not_take_this_one_away() -> None:
    with connection.execute_wrapper(lambda execute, *rest: execute(*rest)):
        rooms._watch(connection)
    with pytest.raises(rooms.WrongRoom):
        written_by("worker", UPDATE)
    rooms.refused.clear()


def test_only_what_begins_a_story_is_inserted_by_services() -> None:
    with pytest.raises(rooms.WrongRoom, match="services: INSERT pause"):
        written_by("services", INSERT)
    rooms.refused.clear()


def test_the_rooms_that_may() -> None:
    written_by("lifecycle", UPDATE)
    written_by("outbox", "OutboxLane.objects.update(due_at=now)")
    written_by("gateway.py", INSERT)


def test_a_tool_writes_for_whoever_uses_it() -> None:
    assert storable.__module__.startswith("django_front_channel.core")
    with pytest.raises(rooms.WrongRoom, match="worker: INSERT pause"):
        written_by("worker", "Pause.objects.extend('a', 'channel', '1', now)")
    rooms.refused.clear()


def test_the_real_state_machine_is_allowed() -> None:
    channel = channels.create(name="SMS").channel
    lifecycle.describe(channel, name="Letters", address="")
    channel.refresh_from_db()
    assert channel.name == "Letters"
