"""The files in Front, and the files in the storage."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from tests.front import calls

PICTURE = b"\x89PNG\r\n--limit\r\n\x00\xff" * 10_000


def picture(name: str = "photo.png", content: bytes = PICTURE) -> ContentFile[bytes]:
    return ContentFile(content, name)


def in_front(front: Sandbox) -> list[list[tuple[str, str, bytes]]]:
    """The files of every message that Front has, as it has them."""
    front.run_until_quiet()
    return [
        [(file.filename, file.content_type, file.content) for file in message.attachments]
        for message in front.state.messages.values()
    ]


def kept(media: Path) -> list[bytes]:
    """The content of every file in the storage."""
    return sorted(path.read_bytes() for path in media.rglob("*") if path.is_file())


def multipart(entry: dict[str, Any]) -> str:
    """The body of a request in the journal, without the boundary that each request has of its own."""
    boundary = entry["headers"]["Content-Type"].rpartition("boundary=")[2]
    body: str = entry["body"]
    return body.replace(boundary, "boundary")


def receive_files(front: Sandbox, channel: Channel, *files: tuple[str, bytes], text: str = "Look") -> Message:
    """A teammate sends files to a customer."""
    described = [{"filename": name, "content": base64.b64encode(content).decode()} for name, content in files]
    assert channel.front_id is not None
    sent = front.compose(channel_id=channel.front_id, to=["+33612345678"], text=text, attachments=described)
    assert sent["error"] is None, sent
    return Message.objects.get(front_id=sent["message_id"])


def downloads(front: Sandbox) -> list[dict[str, Any]]:
    """The requests for files."""
    return calls(front, "/download/")
