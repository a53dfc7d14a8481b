"""Files that a host gives along with a message, on their way to Front."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

import pytest
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import transaction
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.client.front_limits import LARGEST_REQUEST
from django_front_channel.exceptions import ExternalIdConflict, InvalidArgument
from django_front_channel.models import Attachment, Channel, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import StoredFile, sync
from django_front_channel.signals import sync_failed
from tests.attachments.shelf import PICTURE, in_front, kept, multipart, picture
from tests.front import MovableClock, calls, entry_of, state_of, tell, work

pytestmark = pytest.mark.usefixtures("media")


def test_a_customers_files_arrive_as_they_were(front: Sandbox, channel: Channel, media: Path) -> None:
    message = tell(channel, "mms-1", attachments=[picture(), picture("bill.csv", b"Order;Sum")])

    work("sync")

    assert in_front(front) == [[("photo.png", "image/png", PICTURE), ("bill.csv", "text/csv", b"Order;Sum")]]
    rows = message.attachments.values_list("filename", "content_type", "size", "sha256", "storage")
    assert list(rows) == [
        ("photo.png", "image/png", len(PICTURE), hashlib.sha256(PICTURE).hexdigest(), "default"),
        ("bill.csv", "text/csv", 9, hashlib.sha256(b"Order;Sum").hexdigest(), "default"),
    ]
    assert kept(media) == sorted([PICTURE, b"Order;Sum"])
    with message.attachments.all()[0].open() as file:
        assert file.read() == PICTURE


def test_a_message_of_the_team_may_have_files_too(front: Sandbox, channel: Channel) -> None:
    services.messages.sync_outbound(
        channel,
        to=["+33612345678"],
        html="<b>Your bill</b>",
        external_id="out-1",
        external_conversation_id="thread-1",
        attachments=(picture("bill.pdf"),),
    )
    work("sync")
    assert in_front(front) == [[("bill.pdf", "application/pdf", PICTURE)]]
    assert next(iter(front.state.messages.values())).body == "<b>Your bill</b>"


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_files_alone_get_the_body_that_front_needs(
    front: Sandbox, channel: Channel, text: str | None
) -> None:
    message = tell(channel, "mms-1", text=text, attachments=[picture("a<b.png"), picture("c.png")])
    work("sync")
    in_front(front)
    assert next(iter(front.state.messages.values())).body == "a&lt;b.png, c.png"
    assert Message.objects.get(pk=message.pk).text.strip() == "", "Nobody wrote that."


def on_disk(tmp_path: Path) -> Any:
    path = tmp_path / "on disk.png"
    path.write_bytes(PICTURE)
    return path.open("rb")


def an_upload(_: Path) -> Any:
    return SimpleUploadedFile("dir/on disk.png", PICTURE, "image/png; a=b")


def a_large_upload(_: Path) -> Any:
    upload = TemporaryUploadedFile("on disk.png", "no type at all", len(PICTURE), None)
    upload.write(PICTURE)
    return upload


def read_to_its_end(_: Path) -> Any:
    file = File(io.BytesIO(PICTURE), "C:\\pictures\\on disk.png")
    file.read()
    return file


@pytest.mark.parametrize("source", [on_disk, an_upload, a_large_upload, read_to_its_end])
def test_every_kind_of_file_is_copied_from_its_beginning(
    front: Sandbox, channel: Channel, tmp_path: Path, source: Any
) -> None:
    with source(tmp_path) as file:
        tell(channel, "mms-1", attachments=[file])
        file.seek(0)
        assert file.read() == PICTURE, "The file is still its owner's."
    work("sync")
    assert in_front(front) == [[("on disk.png", "image/png", PICTURE)]]


def test_a_file_by_reference_is_not_copied(front: Sandbox, channel: Channel, media: Path) -> None:
    name = default_storage.save("chat/7f3a.bin", picture())
    tell(channel, "mms-1", attachments=[StoredFile(name), StoredFile(name, "default", filename="photo.png")])
    assert kept(media) == [PICTURE]
    work("sync")
    assert in_front(front) == [
        [("7f3a.bin", "application/octet-stream", PICTURE), ("photo.png", "image/png", PICTURE)]
    ]


def test_another_storage_may_be_chosen(
    channel: Channel, media: Path, tmp_path: Path, settings: Settings
) -> None:
    backend = "django.core.files.storage.FileSystemStorage"
    shared = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path / "shared")}}
    settings.STORAGES = {**settings.STORAGES, "shared": shared}
    settings.FRONT_CHANNEL_ATTACHMENT_STORAGE = "shared"
    message = tell(channel, "mms-1", attachments=[picture()])
    assert (kept(tmp_path / "shared"), kept(media)) == ([PICTURE], [])
    with message.attachments.get().open() as file:
        assert file.read() == PICTURE


@pytest.mark.fault("F107")
def test_every_attempt_sends_the_same_bytes(
    front: Sandbox, channel: Channel, time: MovableClock, tmp_path: Path
) -> None:
    """Though the host's own file has changed since, or is gone."""
    path = tmp_path / "photo.png"
    path.write_bytes(PICTURE)
    with path.open("rb") as file:
        message = tell(channel, "mms-1", attachments=[file])
    path.write_bytes(b"another picture")
    front.fail_next(status=500)
    work("sync")
    path.unlink()
    time.advance(3600)
    work("sync")
    assert state_of(message) == "accepted"
    first, second = calls(front)
    assert multipart(first) == multipart(second)
    assert in_front(front) == [[("photo.png", "image/png", PICTURE)]]


def rewrite(path: Path) -> None:
    path.write_bytes(PICTURE.swapcase())


def shorten(path: Path) -> None:
    path.write_bytes(PICTURE[:-1])


def lengthen(path: Path) -> None:
    path.write_bytes(PICTURE + b"more")


@pytest.mark.fault("F107")
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (rewrite, "file_changed"),
        (shorten, "file_changed"),
        (lengthen, "file_changed"),
        (Path.unlink, "file_missing"),
    ],
)
def test_a_file_that_is_not_the_one_that_was_given_is_not_sent(
    front: Sandbox, channel: Channel, heard: Any, harm: Any, reason: str
) -> None:
    failures = heard(sync_failed)
    media = Path(default_storage.path(""))
    message = tell(channel, "mms-1", attachments=[picture("a.png", b"small"), picture()])
    following = tell(channel, "sms-2")
    stored = message.attachments.get(position=1).name
    harm(media / stored)

    work("sync")

    message.refresh_from_db()
    assert (message.state, message.code, message.parameters) == ("failed", reason, {"file": "2"})
    assert [each["message"] for each in failures] == [message]
    assert state_of(following) == "accepted", "The thread goes on."
    assert in_front(front) == [[]]

    (media / stored).write_bytes(PICTURE)
    services.messages.retry(message)
    work("sync")
    assert state_of(message) == "accepted"
    assert len(in_front(front)[1]) == 2


@pytest.mark.fault("F107")
def test_a_deleted_row_is_no_message_without_its_file(front: Sandbox, channel: Channel) -> None:
    message = tell(channel, "mms-1", attachments=[picture(), picture("b.png")])
    Attachment.objects.get(position=0).delete()
    work("sync")
    assert state_of(message) == "failed"
    assert calls(front) == []


class Broken(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


class Angry(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise RuntimeError("503 from the storage\nwith a secret line")


@pytest.mark.fault("F108")
@pytest.mark.parametrize("trouble", [Broken, Angry])
def test_a_storage_that_fails_is_tried_again(
    front: Sandbox, channel: Channel, time: MovableClock, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    message = tell(channel, "mms-1", attachments=[picture()])
    with monkeypatch.context() as patch:
        patch.setattr(Attachment, "open", lambda _row: trouble())
        work("sync")
    entry = entry_of(message)
    assert (state_of(message), entry.state) == ("queued", "pending")
    assert entry.code == "storage_failed"
    assert "secret" not in entry.detail
    assert in_front(front) == []
    time.advance(3600)
    work("sync")
    assert state_of(message) == "accepted"


@pytest.mark.fault("F108")
def test_a_storage_that_takes_nothing_leaves_no_message(channel: Channel, media: Path) -> None:
    media.write_text("a file, where the folder should be")
    with pytest.raises(OSError, match=r"."):
        tell(channel, "mms-1", attachments=[picture()])
    assert not Message.objects.exists()
    assert not OutboxEntry.objects.exists()


@pytest.mark.fault("F108")
def test_half_a_file_is_taken_back(channel: Channel, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chunks(self: File[bytes], chunk_size: int | None = None) -> Any:
        yield b"half"
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(File, "chunks", chunks)
        with pytest.raises(OSError, match="No space left"):
            tell(channel, "mms-1", attachments=[io_file()])
    assert kept(media) == []
    assert not Message.objects.exists()


def io_file() -> File[bytes]:
    return File(io.BytesIO(PICTURE), "photo.png")


def test_a_repetition_returns_the_first_and_copies_nothing(channel: Channel, media: Path) -> None:
    first = tell(channel, "mms-1", attachments=[picture()])
    again = tell(channel, "mms-1", attachments=[picture("another name.png")])
    assert again == first
    assert kept(media) == [PICTURE]
    assert OutboxEntry.objects.count() == 1


@pytest.mark.parametrize(
    "others",
    [[], [b"other"], [PICTURE, PICTURE], [PICTURE, b"other"]],
    ids=["none", "other", "twice", "more"],
)
def test_other_files_are_other_content(channel: Channel, media: Path, others: list[bytes]) -> None:
    tell(channel, "mms-1", attachments=[picture()])
    with pytest.raises(ExternalIdConflict):
        tell(channel, "mms-1", attachments=[picture(content=content) for content in others])
    assert kept(media) == [PICTURE]


def test_the_order_of_files_counts(channel: Channel) -> None:
    two = [picture(), picture(content=b"other")]
    tell(channel, "mms-1", attachments=two)
    with pytest.raises(ExternalIdConflict):
        tell(channel, "mms-1", attachments=two[::-1])


def test_an_id_that_somebody_else_takes_meanwhile(
    channel: Channel, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look finds nothing, the database then refuses the second message."""
    first = tell(channel, "mms-1", attachments=[picture()])
    answers = iter([None, first])
    monkeypatch.setattr(sync, "_stored", lambda _message: next(answers))
    assert tell(channel, "mms-1", attachments=[picture()]) == first
    assert kept(media) == [PICTURE], "The copy for the second message is gone again."


def test_a_rolled_back_message_is_not_sent(channel: Channel, front: Sandbox) -> None:
    with transaction.atomic():
        tell(channel, "mms-1", attachments=[picture()])
        transaction.set_rollback(True)
    work("sync")
    assert calls(front) == []
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    "sizes",
    [[LARGEST_REQUEST + 1], [LARGEST_REQUEST], [LARGEST_REQUEST // 2] * 2],
    ids=["more", "whole", "halves"],
)
def test_24_mb_is_the_limit_of_the_whole_request(channel: Channel, media: Path, sizes: list[int]) -> None:
    with ExitStack() as files:
        given = [zeros(files.enter_context(tempfile.TemporaryFile()), size) for size in sizes]
        with pytest.raises(InvalidArgument, match=r"too large.*24000000"):
            tell(channel, "mms-1", attachments=given)
    assert kept(media) == []
    assert not Message.objects.exists()


def zeros(file: IO[bytes], size: int) -> File[bytes]:
    """A file that takes no room."""
    file.truncate(size)
    return File(file, "zeros.bin")


@pytest.mark.parametrize(
    ("given", "code", "argument"),
    [
        (["photo.png"], "missing", "attachments[0]"),
        ([picture(), 7], "missing", "attachments[1]"),
        ([io.BytesIO(PICTURE)], "missing", "attachments[0]"),
        ([picture("..")], "missing", "attachments[0]"),
        (picture(), "wrong_type", "attachments"),
        ([io.TextIOWrapper(io.BytesIO(PICTURE))], "missing", "attachments[0]"),
        ([File(io.StringIO("text"), "a.txt")], "not_readable", "attachments[0]"),
        ([StoredFile("nowhere.png")], "not_readable", "attachments[0]"),
        ([StoredFile("photo.png", "nowhere")], "unknown", "attachments[0]"),
        ([StoredFile("p" * 501)], "too_long", "attachments[0]"),
        ([StoredFile("../photo.png")], "malformed", "attachments[0]"),
        ([StoredFile("/etc/hostname")], "malformed", "attachments[0]"),
        ([StoredFile("photo\0.png")], "malformed", "attachments[0]"),
        ([StoredFile("chat")], "not_readable", "attachments[0]"),
        ([StoredFile("chat/bill.png/more")], "not_readable", "attachments[0]"),
        ([StoredFile("")], "wrong_type", "attachments[0]"),
        ([StoredFile(cast("str", Path("photo.png")))], "wrong_type", "attachments[0]"),
        ([StoredFile(cast("str", 7), filename="photo.png")], "wrong_type", "attachments[0]"),
        ([StoredFile("photo.png", cast("str", ["default"]))], "wrong_type", "attachments[0]"),
        ([StoredFile("photo.png", cast("str", None))], "wrong_type", "attachments[0]"),
    ],
)
def test_what_is_no_file_is_refused_at_once(channel: Channel, given: Any, code: str, argument: str) -> None:
    default_storage.save("chat/bill.png", picture())
    with pytest.raises(InvalidArgument) as caught:
        tell(channel, "mms-1", attachments=given)
    assert (caught.value.code, caught.value.argument) == (code, argument)
    assert not Message.objects.exists()


def test_a_file_that_is_closed_or_cannot_be_read_twice(channel: Channel, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PICTURE)
    with path.open("rb") as closed:
        pass
    reader, writer = os.pipe()
    os.close(writer)
    with os.fdopen(reader, "rb") as once:
        for file in (closed, File(once, "a.png")):
            with pytest.raises(InvalidArgument, match="supports seek"):
                tell(channel, "mms-1", attachments=[file])
