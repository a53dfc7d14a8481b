"""``kill -9`` of a worker that sends or fetches a file: the next one handles the same bytes, and none are lost."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from django_front_channel import services
from django_front_channel.models import Attachment, Channel
from django_front_channel.sandbox import Sandbox
from tests.attachments.shelf import PICTURE, in_front, kept, multipart, picture, receive_files
from tests.crash import dies_while_storing
from tests.front import calls, outcomes_of, state_of, tell
from tests.workers import Start, until

pytestmark = pytest.mark.django_db(transaction=True)

DYING = (str(dies_while_storing.__file__),)
# Short enough to be in Front's journal as a whole.
LABEL = PICTURE[:10_000]


@pytest.mark.fault("F107")
def test_between_the_upload_and_its_settling(
    front: Sandbox, channel: Channel, media: Path, start: Start
) -> None:
    message = tell(channel, "mms-1", attachments=[picture(content=LABEL), picture("b.csv", b"Order;Sum")])
    front.hold(seconds=60)
    victim = start("--only", "sync")
    until(lambda: calls(front))
    victim.kill()
    victim.wait(60)
    assert state_of(message) == "sending", "It was not settled."

    start()
    until(lambda: state_of(message) == "accepted")
    sent = [multipart(call) for call in calls(front)]
    assert len(sent) > 1
    assert set(sent) == {sent[0]}
    assert outcomes_of(message)["ambiguous"] == len(sent) - 1
    assert in_front(front)[0] == [("photo.png", "image/png", LABEL), ("b.csv", "text/csv", b"Order;Sum")]
    assert kept(media) == sorted([LABEL, b"Order;Sum"])


@pytest.mark.fault("F108")
def test_with_half_of_a_file_in_the_storage(
    front: Sandbox, channel: Channel, media: Path, start: Start
) -> None:
    attachment = receive_files(front, channel, ("label.png", PICTURE)).attachments.get()
    services.attachments.fetch.enqueue(attachment)
    victim = start(command=DYING)
    assert victim.wait(60) == -signal.SIGKILL
    assert kept(media) == [PICTURE[: len(PICTURE) // 2]]
    assert not Attachment.objects.get().is_stored, "No row calls it the file."

    start()
    until(lambda: Attachment.objects.get().is_stored)
    with Attachment.objects.get().open() as file:
        assert file.read() == PICTURE
