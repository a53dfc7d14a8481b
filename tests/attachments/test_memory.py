"""24 MB in both directions, and a worker that hardly notices: no file is ever held in memory as a whole."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.client.content import MAX_BYTES
from django_front_channel.models import Attachment, Channel, Message
from django_front_channel.testing import FrontWebhookClient, factories
from tests.attachments import far_front, weighed_worker
from tests.front import state_of, tell

pytestmark = pytest.mark.django_db(transaction=True)

ALLOWED = 8_000_000 // 1024  # the kernel counts in kibibytes
# What a request says besides: names, ids and the text.
ROOM = 2_000


class Process:
    """A script that answers each line with a line."""

    def __init__(self, script: str, environment: dict[str, str], resources: ExitStack) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, script], env=environment, stdin=pipe, stdout=pipe, text=True
        )
        resources.enter_context(self._process)
        resources.callback(self._process.kill)

    def answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, line: str = "") -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self.answer()


@pytest.fixture
def resources() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_24_mb_in_both_directions(
    child_environment: dict[str, str], resources: ExitStack, settings: Settings, tmp_path: Path
) -> None:
    environment = {**child_environment, "PYTHONPATH": str(Path(__file__).parents[2])}
    front = Process(str(far_front.__file__), environment, resources)
    settings.FRONT_CHANNEL_API_URL = environment["FRONT_CHANNEL_TEST_API_URL"] = front.answer()
    environment["DJANGO_SETTINGS_MODULE"] = "tests.attachments.settings"
    channel = factories.connected_channel(front_id=far_front.CHANNEL_ID)
    worker = Process(str(weighed_worker.__file__), environment, resources)
    peaks, hashes = [], []

    for name, size in (("small", 100_000), ("large", MAX_BYTES - ROOM)):
        path = tmp_path / name
        path.write_bytes(random.randbytes(size))
        hashes.append(hashlib.sha256(path.read_bytes()).hexdigest())
        exchanged = both_ways(front, channel, path)
        peaks.append(worker.ask())
        check(*exchanged, sha256=hashes[-1])

    assert front.ask() == hashes
    assert peaks[1] - peaks[0] < ALLOWED


def both_ways(front: Process, channel: Channel, path: Path) -> tuple[Message, Attachment]:
    """A message with this file to Front, and the same file of a teammate to be fetched: both wait for a worker."""
    with path.open("rb") as file:
        message = tell(channel, path.name, attachments=[file])
    message_id, file_id = front.ask(str(path))
    FrontWebhookClient().message(channel, front_id=message_id, attachments=[{"id": file_id}])
    attachment = Attachment.objects.get(front_id=file_id)
    services.queue("attachments.fetch", attachment)
    return message, attachment


def check(message: Message, attachment: Attachment, *, sha256: str) -> None:
    """Both have happened."""
    assert state_of(message) == "accepted"
    attachment.refresh_from_db()
    assert attachment.sha256 == sha256
