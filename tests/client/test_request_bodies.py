from __future__ import annotations

import email
import email.policy
import io
import socket
import threading
import tracemalloc

import pytest

from django_front_channel.client import Upload
from django_front_channel.client.front_limits import LARGEST_REQUEST
from django_front_channel.client.request_bodies import multipart_content
from django_front_channel.exceptions import FrontConnectionError, InvalidArgument

from .conftest import ACCEPTED, INBOUND, response
from .every import PICTURE, upload


def parts_of(request: bytes):
    """The parts of a multipart request, read by the standard library: name, filename, type, content."""
    head, _, body = request.partition(b"\r\n\r\n")
    [media_type] = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Type: ")]
    message = email.message_from_bytes(media_type + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    return [
        (
            part.get_param("name", header="Content-Disposition"),
            part.get_filename(),
            part.get_content_type() if part.get_filename() else None,
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


@pytest.mark.fault("F107")
def test_a_message_with_files_is_multipart(raw_front, raw_client):
    raw_front.responses = [ACCEPTED]
    raw_client.messages.sync_outbound(
        to=[{"handle": "ana"}, {"handle": "bob", "name": "Böb"}],
        body="Hi\r\nthere",
        external_id="m-1",
        external_conversation_id="c-1",
        delivered_at=1764000000,
        attachments=[upload(), upload('b".txt', "text/plain; charset=utf-8", b"two")],
    )
    assert parts_of(raw_front.requests[0]) == [
        ("to[0][handle]", None, None, b"ana"),
        ("to[1][handle]", None, None, b"bob"),
        ("to[1][name]", None, None, "Böb".encode()),
        ("body", None, None, b"Hi\r\nthere"),
        ("delivered_at", None, None, b"1764000000"),
        ("metadata[external_id]", None, None, b"m-1"),
        ("metadata[external_conversation_id]", None, None, b"c-1"),
        ("attachments[0]", "a.png", "image/png", PICTURE),
        ("attachments[1]", "b%22.txt", "text/plain", b"two"),
    ]


def test_a_reply_with_files_writes_true_and_false_as_words(raw_front, raw_client):
    raw_front.responses = [ACCEPTED]
    raw_client.conversations.reply(
        "cnv_1", body="Hi", archive=False, tag_ids=["tag_1"], attachments=[upload()]
    )
    names = [(name, content) for name, _, _, content in parts_of(raw_front.requests[0])]
    assert names[1:3] == [("options[tag_ids][0]", b"tag_1"), ("options[archive]", b"false")]


def test_a_recording_is_the_only_file(raw_front, raw_client):
    raw_front.responses = [response("202 Accepted")]
    sound = upload("call.mp3", "audio/mpeg")
    raw_client.calls.add_recording("call-1", recording=sound, recording_type="call")
    assert parts_of(raw_front.requests[0]) == [
        ("recording_type", None, None, b"call"),
        ("attachments", "call.mp3", "audio/mpeg", PICTURE),
    ]
    with pytest.raises(InvalidArgument, match="audio"):
        raw_client.calls.add_recording("call-1", recording=upload(), recording_type="call")


def test_without_files_it_stays_json(raw_front, raw_client):
    raw_front.responses = [ACCEPTED]
    raw_client.messages.sync_inbound(**INBOUND, attachments=[])
    assert b"Content-Type: application/json" in raw_front.requests[0]


@pytest.mark.fault("F107")
def test_a_second_try_sends_the_same_bytes(raw_front, raw_client):
    raw_front.responses = [response("401 Unauthorized"), ACCEPTED]
    raw_client.messages.sync_inbound(**INBOUND, attachments=[upload()])
    first, second = (request.partition(b"\r\n\r\n")[2] for request in raw_front.requests)
    assert first == second


@pytest.mark.fault("F107")
@pytest.mark.parametrize("size", [len(PICTURE) - 1, len(PICTURE) + 1])
def test_a_file_that_changed_is_not_sent_as_if_it_were_whole(raw_front, raw_client, size):
    raw_front.responses = [ACCEPTED]
    changed = Upload("a.png", "image/png", lambda: io.BytesIO(PICTURE), size)
    with pytest.raises(FrontConnectionError, match="attachment cannot be read") as caught:
        raw_client.messages.sync_inbound(**INBOUND, attachments=[changed])
    assert not caught.value.ambiguous
    assert raw_front.requests == []
    raw_front.responses = [ACCEPTED]
    assert raw_client.messages.sync_inbound(**INBOUND).message_uid == "uid-1"


@pytest.mark.fault("F108")
def test_an_unreadable_file_is_no_failure_of_the_network(raw_front, raw_client, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(PICTURE)
    file = Upload.from_path(path)
    path.unlink()
    with pytest.raises(FrontConnectionError, match="FileNotFoundError") as caught:
        raw_client.messages.sync_inbound(**INBOUND, attachments=[file])
    assert not caught.value.ambiguous
    assert raw_front.requests == []


class Failing(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError("EIO")
        return super().read(5)


@pytest.mark.fault("F108")
def test_a_file_that_fails_in_the_middle_is_not_sent_to_its_end(raw_front, raw_client):
    broken = Upload("a.png", "image/png", lambda: Failing(PICTURE), len(PICTURE))
    with pytest.raises(FrontConnectionError, match="EIO") as caught:
        raw_client.messages.sync_inbound(**INBOUND, attachments=[broken])
    assert not caught.value.ambiguous
    assert raw_front.requests == []


def test_a_path_becomes_an_upload(tmp_path):
    path = tmp_path / "Bild é.png"
    path.write_bytes(PICTURE)
    file = Upload.from_path(path)
    assert (file.filename, file.content_type, file.size) == ("Bild é.png", "image/png", len(PICTURE))
    assert b"".join(file.pieces()) == PICTURE == b"".join(file.pieces())
    assert Upload.from_path(str(path), content_type="text/plain").content_type == "text/plain"


@pytest.mark.parametrize(
    "wrong",
    [
        {"filename": ""},
        {"filename": "a\r\nX: y"},
        {"content_type": "image"},
        {"content_type": "image/png\r\nX: y"},
        {"size": -1},
        {"filename": None},
        {"content_type": None},
        {"open": b"bytes"},
        {"size": "3"},
        {"size": None},
        {"size": True},
    ],
    ids=str,
)
def test_an_impossible_upload_is_refused(wrong):
    [name] = wrong
    given = {"filename": "a.png", "content_type": "image/png", "size": 3, "open": io.BytesIO} | wrong
    with pytest.raises(InvalidArgument, match=name):
        Upload(**given)


def test_24_mb_is_the_limit_of_the_whole_request(raw_front, raw_client):
    empty = len(multipart_content({}, {"attachments[0]": upload(content=b"")}).body)
    fits = Upload("a.png", "image/png", io.BytesIO, LARGEST_REQUEST - empty)
    assert len(multipart_content({}, {"attachments[0]": fits}).body) == LARGEST_REQUEST
    with pytest.raises(InvalidArgument, match="24000000"):
        raw_client.messages.sync_inbound(**INBOUND, attachments=[fits])
    assert raw_front.connections == 0


class Zeros:
    """A file of zeros that takes no memory."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int, /) -> bytes:
        count = min(size, self.left)
        self.left -= count
        return bytes(count)

    def close(self) -> None:
        """Nothing is open."""


def test_a_file_is_sent_in_constant_memory(make_client):
    """The server only counts what it gets."""
    size = 20_000_000
    received: list[int] = []

    def count():
        connection, _ = listener.accept()
        with connection:
            buffer = bytearray(65536)
            while sum(received) < size:
                received.append(connection.recv_into(buffer))
            connection.sendall(ACCEPTED)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = threading.Thread(target=count)
        reader.start()
        client = make_client(api_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=20)
        file = Upload("zeros", "application/octet-stream", lambda: Zeros(size), size)
        tracemalloc.start()
        try:
            client.messages.sync_inbound(**INBOUND, attachments=[file])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        reader.join(60)
    assert peak < 2_000_000
