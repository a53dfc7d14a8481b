"""A teammate's files are fetched from Front when somebody wants them."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.db import OperationalError
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.client.front_limits import LARGEST_ATTACHMENT
from django_front_channel.exceptions import (
    FrontAPIError,
    FrontNotFoundError,
    FrontRedirectError,
    FrontServerError,
    InvalidArgument,
)
from django_front_channel.handlers import ChannelHandler
from django_front_channel.lifecycle import attachments as arrivals
from django_front_channel.models import Attachment, Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.signals import api_request_finished
from django_front_channel.testing import FrontWebhookClient
from tests.attachments.shelf import PICTURE, downloads, kept, receive_files
from tests.client.conftest import RawFront
from tests.front import Courier, MovableClock, calls, state_of, work
from tests.worker.faults import refusing

pytestmark = pytest.mark.usefixtures("media")


@pytest.fixture
def attachment(front: Sandbox, channel: Channel) -> Attachment:
    return receive_files(front, channel, ("label.png", PICTURE)).attachments.get()


def stored(attachment: Attachment) -> bytes:
    with attachment.open() as file:
        content: bytes = file.read()
    return content


def row(attachment: Attachment) -> dict[str, Any]:
    return dict(Attachment.objects.filter(pk=attachment.pk).values().get())


def replace(front: Sandbox, attachment: Attachment, content: bytes, content_type: str) -> None:
    """Have Front send another file than it told of."""
    files = front.state.messages[attachment.message.front_id or ""].attachments
    files[0] = dataclasses.replace(files[0], content=content, content_type=content_type)


def test_the_webhook_fetches_nothing(front: Sandbox, attachment: Attachment) -> None:
    assert (attachment.is_stored, attachment.filename, attachment.size) == (False, "label.png", len(PICTURE))
    assert calls(front, "") == []
    with pytest.raises(InvalidArgument, match=r"services\.attachments\.fetch"):
        attachment.open()


def test_it_is_stored_with_its_hash(front: Sandbox, attachment: Attachment, media: Path) -> None:
    assert services.attachments.fetch(attachment) is attachment
    assert stored(attachment) == PICTURE
    assert kept(media) == [PICTURE]
    known = {"storage": "default", "size": len(PICTURE), "sha256": hashlib.sha256(PICTURE).hexdigest()}
    assert row(attachment) == row(attachment) | known
    assert attachment.name == row(attachment)["name"]


def test_it_is_fetched_once(front: Sandbox, attachment: Attachment) -> None:
    other = Attachment.objects.get()
    services.attachments.fetch(attachment)
    services.attachments.fetch(other)
    entry = services.attachments.fetch.enqueue(Attachment.objects.get())
    work("sync")
    entry.refresh_from_db()
    assert (entry.state, len(downloads(front))) == ("done", 1)
    assert stored(other) == PICTURE


def test_a_worker_fetches_it_on_request(front: Sandbox, attachment: Attachment) -> None:
    entry = services.attachments.fetch.enqueue(attachment)
    assert downloads(front) == []
    work("sync")
    entry.refresh_from_db()
    attachment.refresh_from_db()
    assert (entry.state, entry.payload, stored(attachment)) == ("done", {}, PICTURE)


def test_a_worker_goes_on_when_front_is_back(
    front: Sandbox, attachment: Attachment, time: MovableClock
) -> None:
    entry = services.attachments.fetch.enqueue(attachment)
    front.fail_next(status=503, count=3)
    work("sync")
    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == ("pending", 1)
    time.advance(3600)
    work("sync")
    attachment.refresh_from_db()
    assert stored(attachment) == PICTURE


def test_a_file_that_front_does_not_have_is_given_up(front: Sandbox, attachment: Attachment) -> None:
    front.state.messages[attachment.message.front_id or ""].attachments.clear()
    with pytest.raises(FrontNotFoundError):
        services.attachments.fetch(attachment)
    entry = services.attachments.fetch.enqueue(attachment)
    work("sync")
    entry.refresh_from_db()
    assert (entry.state, entry.code) == ("failed", "front_not_found")


def test_a_row_that_is_gone_is_given_up(front: Sandbox, attachment: Attachment) -> None:
    entry = services.attachments.fetch.enqueue(attachment)
    Attachment.objects.all().delete()
    work("sync")
    entry.refresh_from_db()
    assert (entry.state, entry.code) == ("failed", "file_deleted")
    assert downloads(front) == []


def test_a_row_that_is_gone_cannot_be_fetched(front: Sandbox, attachment: Attachment) -> None:
    Attachment.objects.all().delete()
    with pytest.raises(InvalidArgument, match="This Attachment has been deleted"):
        services.attachments.fetch(attachment)
    assert downloads(front) == []


def delete_meanwhile(**_arguments: object) -> None:
    Attachment.objects.all().delete()


def test_a_row_that_goes_while_its_file_comes(front: Sandbox, attachment: Attachment, media: Path) -> None:
    api_request_finished.connect(delete_meanwhile)
    try:
        with pytest.raises(InvalidArgument, match="file_deleted"):
            services.attachments.fetch(attachment)
    finally:
        api_request_finished.disconnect(delete_meanwhile)
    assert kept(media) == []


def test_a_row_that_goes_while_a_worker_fetches_its_file(
    front: Sandbox, attachment: Attachment, media: Path
) -> None:
    entry = services.attachments.fetch.enqueue(attachment)
    api_request_finished.connect(delete_meanwhile)
    try:
        work("sync")
    finally:
        api_request_finished.disconnect(delete_meanwhile)
    entry.refresh_from_db()
    assert (entry.state, entry.code) == ("failed", "file_deleted")
    assert kept(media) == []


def test_front_must_have_named_the_file(channel: Channel) -> None:
    FrontWebhookClient().message(
        channel, attachments=[{"url": "https://acme.api.frontapp.com/download/fil_1"}]
    )
    attachment = Attachment.objects.get()
    for form in (services.attachments.fetch, services.attachments.fetch.enqueue):
        with pytest.raises(InvalidArgument) as caught:
            form(attachment)
        assert caught.value.code == "file_not_named"


def test_two_at_once_leave_one_file(
    front: Sandbox, attachment: Attachment, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Attachment.objects.get()
    write = arrivals._Arrival.write

    def fetch_meanwhile(self: Any, data: bytes, /) -> None:
        monkeypatch.setattr(arrivals._Arrival, "write", write)
        services.attachments.fetch(other)
        write(self, data)

    monkeypatch.setattr(arrivals._Arrival, "write", fetch_meanwhile)
    services.attachments.fetch(attachment)

    assert len(downloads(front)) == 2
    assert kept(media) == [PICTURE]
    assert attachment.name == other.name
    assert stored(attachment) == PICTURE


class Reader(ChannelHandler):
    """A handler that hands files over."""

    handed: list[tuple[str, bytes]]

    def deliver(self, message: Message) -> None:
        for attachment in message.attachments.all():
            services.attachments.fetch(attachment)
            Reader.handed.append((attachment.filename, stored(attachment)))


def test_a_handler_has_the_files_before_it_delivers(front: Sandbox, channel: Channel, settings: Any) -> None:
    apps = settings.FRONT_CHANNEL_APPS
    settings.FRONT_CHANNEL_APPS = {"default": {**apps["default"], "HANDLER": f"{__name__}.Reader"}}
    Reader.handed = []
    message = receive_files(front, channel, ("label.png", PICTURE), ("b.txt", b"two"))
    work("deliver")
    assert state_of(message) == "delivered"
    assert Reader.handed == [("label.png", PICTURE), ("b.txt", b"two")]


def test_the_courier_needs_no_files(front: Sandbox, courier: type[Courier], channel: Channel) -> None:
    message = receive_files(front, channel, ("label.png", PICTURE))
    work()
    assert (state_of(message), downloads(front)) == ("delivered", [])


@pytest.mark.fault("F107", "F140")
def test_the_storage_of_front_gets_no_token(front: Sandbox, attachment: Attachment) -> None:
    """The sandbox's storage, as Amazon's, refuses a request that brings one."""
    front.configure(download_redirect=True)
    services.attachments.fetch(attachment)
    assert stored(attachment) == PICTURE


INTERNAL = [
    "http://127.0.0.1:{port}/latest/meta-data/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://0x7f.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://[::]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.0.0.1.sslip.io:{port}/",
    "http://api2.frontapp.com@127.0.0.1:{port}/messages/msg_1/download/fil_1",
    "https://acme.api.frontapp.com.127.0.0.1.sslip.io:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
]


@pytest.mark.fault("F140")
def test_the_url_that_came_with_the_message_is_never_asked(front: Sandbox, attachment: Attachment) -> None:
    """The file is asked for by its id, at Front, whatever the URL says."""
    stranger = RawFront()
    port = stranger.url.rpartition(":")[2]
    for url in INTERNAL:
        Attachment.objects.update(url=url.format(port=port), name="")
        assert stored(services.attachments.fetch(attachment)) == PICTURE
    stranger.stop()
    assert stranger.connections == 0
    assert len(downloads(front)) == len(INTERNAL)


@pytest.mark.fault("F140")
def test_a_redirect_to_a_stranger_is_not_followed(
    front: Sandbox, attachment: Attachment, media: Path
) -> None:
    stranger = RawFront()
    port = stranger.url.rpartition(":")[2]
    for url in INTERNAL:
        front.fail_next(status=302, headers={"Location": url.format(port=port)})
        with pytest.raises(FrontRedirectError):
            services.attachments.fetch(attachment)
    stranger.stop()
    assert stranger.connections == 0
    assert kept(media) == []


@pytest.mark.fault("F141")
def test_a_file_may_not_be_larger_than_front_allows(
    front: Sandbox, attachment: Attachment, media: Path, settings: Settings
) -> None:
    """Whatever size was said."""
    # 25 MB may take their time on a busy machine.
    settings.FRONT_CHANNEL_API_TIMEOUT, settings.FRONT_CHANNEL_OUTBOX = 120, {"LEASE": 150}
    replace(front, attachment, bytes(LARGEST_ATTACHMENT + 1), "image/png")
    with pytest.raises(FrontAPIError, match="too large"):
        services.attachments.fetch(attachment)
    entry = services.attachments.fetch.enqueue(attachment)
    work("sync")
    entry.refresh_from_db()
    assert entry.state == "failed"
    assert (kept(media), row(attachment)["name"]) == ([], "")


@pytest.mark.fault("F141")
def test_what_was_said_of_a_file_is_not_believed(front: Sandbox, attachment: Attachment) -> None:
    page = b"<script>alert(1)</script>"
    replace(front, attachment, page, "text/html")
    services.attachments.fetch(attachment)
    assert (attachment.size, attachment.content_type) == (25, "image/png")
    assert attachment.sha256 == hashlib.sha256(page).hexdigest()


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("/absolute", "absolute"),
    ("page.html", "page.html"),
    ("drawing.svg", "drawing.svg"),
    ("nul\0byte.png", "nulbyte.png"),
    ("two\r\nlines.png", "two lines.png"),
    ("exe\u202egnp.exe", "exegnp.exe"),
    ("Screenshot 3.00\u202fPM.png", "Screenshot 3.00 PM.png"),
    ("x" * 300 + ".png", "x" * 251 + ".png"),
    ("é" * 200, "é" * 127),
    ("a." + "b" * 300, "a." + "b" * 253),
    ("half \ud83d.png", "half \ufffd.png"),
    (". .", ""),
    ("..", ""),
    ("", ""),
]


@pytest.mark.fault("F141")
@pytest.mark.parametrize(("said", "shown"), NAMES, ids=[ascii(said)[:20] for said, _ in NAMES])
def test_a_file_name_is_only_a_name(channel: Channel, media: Path, said: str, shown: str) -> None:
    FrontWebhookClient().message(channel, attachments=[{"id": "fil_1", "filename": said}])
    attachment = Attachment.objects.get()
    assert attachment.filename == shown
    assert len(attachment.filename.encode()) <= 255


@pytest.mark.fault("F141")
def test_no_part_of_a_path_comes_from_outside(front: Sandbox, channel: Channel, media: Path) -> None:
    message = receive_files(front, channel, ("../../page.html", b"<html>"))
    attachment = services.attachments.fetch(message.attachments.get())
    root, channel_folder, day, name = attachment.name.split("/")
    assert (root, len(channel_folder), len(day), len(name)) == ("front_channel", 32, 10, 32)
    assert name.isalnum(), "Without an extension no server takes it for a page."


@pytest.mark.fault("F108")
def test_half_a_file_is_not_kept(
    front: Sandbox, attachment: Attachment, media: Path, time: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = services.attachments.fetch.enqueue(attachment)

    def chunks(self: File[bytes], chunk_size: int | None = None) -> Any:
        yield b"half"
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(File, "chunks", chunks)
        with pytest.raises(OSError, match="No space left"):
            services.attachments.fetch(attachment)
        work("sync")
    entry.refresh_from_db()
    assert (entry.state, entry.attempts, "No space left" in entry.detail) == ("pending", 1, True)
    assert (kept(media), row(attachment)["name"]) == ([], "")
    time.advance(3600)
    work("sync")
    attachment.refresh_from_db()
    assert stored(attachment) == PICTURE


@pytest.mark.fault("F108")
def test_a_full_disk_while_front_still_sends(
    front: Sandbox, attachment: Attachment, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(arrivals, "TemporaryFile", Full)
    with pytest.raises(OSError, match="No space left"):
        services.attachments.fetch(attachment)
    entry = services.attachments.fetch.enqueue(attachment)
    work("sync")
    entry.refresh_from_db()
    assert (entry.state, "No space left" in entry.detail) == ("pending", True)
    assert kept(media) == []


def test_a_file_that_no_row_can_name_goes_again(front: Sandbox, attachment: Attachment, media: Path) -> None:
    error = OperationalError("gone")
    with (
        refusing(error, "UPDATE", "front_channel_attachment", times=1) as refused,
        pytest.raises(OperationalError),
    ):
        services.attachments.fetch(attachment)
    assert refused
    assert kept(media) == []


def test_front_being_down_leaves_the_row_as_it_was(front: Sandbox, attachment: Attachment) -> None:
    before = row(attachment)
    front.fail_next(status=500, count=5)
    with pytest.raises(FrontServerError):
        services.attachments.fetch(attachment)
    assert row(attachment) == before


@pytest.mark.parametrize("given", [None, "photo.png", Message(), Attachment()], ids=repr)
def test_only_a_stored_attachment_can_be_fetched(db: None, given: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        services.attachments.fetch(given)
    assert caught.value.code in ("missing", "wrong_type")
    assert caught.value.argument == "attachment"
