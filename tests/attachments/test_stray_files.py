"""Pruning deletes files that no row names, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.core.management import call_command
from django.db import transaction
from pytest_django import Settings

from django_front_channel.core.stored_files import folder_of
from django_front_channel.lifecycle.retention import prune
from django_front_channel.models import Attachment, Channel, Message, Pause
from django_front_channel.services import StoredFile
from tests.attachments.shelf import PICTURE, kept, picture
from tests.front import MovableClock, connect, tell

pytestmark = pytest.mark.usefixtures("media")

TWO_DAYS = 2 * 24 * 3600


@pytest.fixture
def stray(channel: Channel) -> None:
    """A file whose transaction was rolled back."""
    with transaction.atomic():
        tell(channel, "rolled back", attachments=[picture(content=b"stray")])
        transaction.set_rollback(True)


def test_a_file_of_a_rolled_back_transaction_goes_after_two_days(
    channel: Channel, stray: None, media: Path, time: MovableClock
) -> None:
    message = tell(channel, "kept", attachments=[picture()])
    assert kept(media) == [b"stray", PICTURE]
    assert prune().files == 0, "Its transaction may be open still."

    time.advance(TWO_DAYS)
    assert prune(dry_run=True).files == 1
    assert kept(media) == [b"stray", PICTURE]
    assert prune().files == 1
    assert prune().files == 0
    assert kept(media) == [PICTURE]
    with message.attachments.get().open() as file:
        assert file.read() == PICTURE


def test_a_file_goes_with_its_last_row(channel: Channel, media: Path, time: MovableClock) -> None:
    first = tell(channel, "first", attachments=[picture()])
    row = first.attachments.get()
    again = tell(channel, "again", attachments=[StoredFile(row.name, row.storage)])
    time.advance(TWO_DAYS)

    row.delete()
    assert (prune().files, kept(media)) == (0, [PICTURE])
    again.attachments.get().delete()
    assert (prune().files, kept(media)) == (1, [])
    assert Message.objects.count() == 2


def test_files_of_the_host_are_not_ours(
    channel: Channel, stray: None, media: Path, time: MovableClock
) -> None:
    theirs = {
        "photo.png",
        "front_channel/photo.png",
        f"{folder_of(channel.webhook_key)}/photo.png",
        f"{folder_of(channel.webhook_key)}/notes/photo.png",
        f"front_channel/{'0' * 32}/2020-01-01/photo.png",
    }
    for name in theirs:
        default_storage.save(name, picture())
    time.advance(TWO_DAYS)

    assert prune().files == 1
    assert {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()} == theirs


@pytest.mark.parametrize(
    "elsewhere",
    [{"connected_app_uid": "another"}, {"connected_api_url": "https://b.example"}, {"app": "gone"}],
)
def test_a_copy_of_the_database_deletes_nothing_of_the_original(
    channel: Channel, stray: None, media: Path, time: MovableClock, elsewhere: dict[str, str]
) -> None:
    Channel.objects.update(**elsewhere)
    time.advance(TWO_DAYS)
    assert (prune().files, kept(media)) == (0, [b"stray"])


def test_every_channel_has_a_folder_of_its_own(front: Any, channel: Channel) -> None:
    assert folder_of(channel.webhook_key) != folder_of(connect(front, "Other").webhook_key)
    assert channel.webhook_key not in folder_of(channel.webhook_key), "It is the secret part of a URL."


def test_many_files_take_many_looks(channel: Channel, media: Path, time: MovableClock) -> None:
    for number in range(3):
        tell(channel, f"kept {number}", attachments=[picture()])
        default_storage.save(
            f"{folder_of(channel.webhook_key)}/2020-01-01/stray{number}", picture(content=b"stray")
        )
    time.advance(TWO_DAYS)
    assert prune(batch=2).files == 3
    assert kept(media) == [PICTURE] * 3


def test_the_days_of_files_are_those_of_utc(channel: Channel, media: Path) -> None:
    default_storage.save(f"{folder_of(channel.webhook_key)}/2026-05-31/late", picture())
    early = timezone(timedelta(hours=14))
    assert prune(now=datetime(2026, 6, 2, 1, tzinfo=early)).files == 0, "It may be 11 hours old."
    assert prune(now=datetime(2026, 6, 3, 1, tzinfo=early)).files == 1


class Unlisted(FileSystemStorage):
    listdir = Storage.listdir


class Undeletable(FileSystemStorage):
    def delete(self, name: str) -> None:
        raise PermissionError(13, "Permission denied")


class Away(FileSystemStorage):
    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        raise ConnectionError("The storage is away.")


@pytest.mark.django_db
def test_a_storage_that_is_away_keeps_no_row(channel: Channel, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "away": {"BACKEND": f"{__name__}.Away"}}
    settings.FRONT_CHANNEL_ATTACHMENT_STORAGE = "away"
    Pause.objects.create(app="default", scope="channel", key="over", until=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(ConnectionError):
        prune()
    assert not Pause.objects.exists()


@pytest.mark.parametrize("storage", [Unlisted, Undeletable])
def test_a_storage_that_will_not_keeps_its_files(
    channel: Channel, media: Path, time: MovableClock, settings: Settings, storage: type[Storage]
) -> None:
    settings.STORAGES = {**settings.STORAGES, "odd": {"BACKEND": f"{__name__}.{storage.__name__}"}}
    settings.FRONT_CHANNEL_ATTACHMENT_STORAGE = "odd"
    tell(channel, "kept", attachments=[picture()])
    Attachment.objects.all().delete()
    time.advance(TWO_DAYS)
    assert (prune().files, kept(media)) == (0, [PICTURE])


def test_the_command_says_how_many(channel: Channel, stray: None, media: Path) -> None:
    day = next(media.glob("front_channel/*/*"))
    old = datetime.now(UTC) - timedelta(days=10)
    day.rename(day.with_name(str(old.date())))
    said = [StringIO(), StringIO()]
    call_command("front_channel_prune", "--dry-run", stdout=said[0])
    call_command("front_channel_prune", stdout=said[1])
    assert "1 stray files would be deleted\n" in said[0].getvalue()
    assert "1 stray files deleted\n" in said[1].getvalue()
    assert kept(media) == []
