"""How much memory a worker needs to send a file and to fetch one."""

from __future__ import annotations

import hashlib
import json
import random
import sys
from pathlib import Path

from django_front_channel import services
from django_front_channel.client.front_limits import LARGEST_REQUEST
from django_front_channel.models import Attachment, Channel, Message
from django_front_channel.testing import FrontWebhookClient, factories
from tests.attachments import far_front, weighed_worker
from tests.front import state_of, tell
from tests.processes import Process

# What a request says besides its file: names, ids and the text.
ROOM = 2_000
SIZES = (100_000, LARGEST_REQUEST - ROOM)


def peaks(front: Process, environment: dict[str, str], folder: Path) -> list[int]:
    """The most memory, in kB, that one worker has had after files of each of ``SIZES``, both ways.

    ``environment`` is the worker's. The settings of this process name the same Front.
    """
    channel = factories.connected_channel(front_id=far_front.CHANNEL_ID)
    found, hashes = [], []
    with Process([sys.executable, str(weighed_worker.__file__)], env=environment) as worker:
        for size in SIZES:
            path = folder / str(size)
            path.write_bytes(random.randbytes(size))
            hashes.append(hashlib.sha256(path.read_bytes()).hexdigest())
            message, attachment = both_ways(front, channel, path)
            found.append(int(worker.ask("")))
            check(message, attachment, sha256=hashes[-1])
    assert json.loads(front.ask("")) == hashes
    return found


def both_ways(front: Process, channel: Channel, path: Path) -> tuple[Message, Attachment]:
    """A message with this file to Front, and the same file of a teammate to be fetched: both wait for a worker."""
    with path.open("rb") as file:
        message = tell(channel, path.name, attachments=[file])
    message_id, file_id = json.loads(front.ask(str(path)))
    FrontWebhookClient().message(channel, front_id=message_id, attachments=[{"id": file_id}])
    attachment = Attachment.objects.get(front_id=file_id)
    services.attachments.fetch.enqueue(attachment)
    return message, attachment


def check(message: Message, attachment: Attachment, *, sha256: str) -> None:
    """Both have happened."""
    assert state_of(message) == "accepted"
    attachment.refresh_from_db()
    assert attachment.sha256 == sha256
