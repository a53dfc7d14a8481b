"""The verbs about messages that Front has: who has seen them, and their files."""

from __future__ import annotations

import base64
import io

import pytest

from django_front_channel.exceptions import FrontAPIError, FrontNotFoundError, InvalidArgument
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from tests.front import calls, receive, tell, work
from tests.services.conversations import imported


def test_seen(front: Sandbox, channel: Channel) -> None:
    message = receive(front, channel)
    assert list(messages.seen(message)) == []

    assert messages.mark_seen(message) == message

    (receipt,) = messages.seen(message)
    assert receipt.first_seen_at is not None
    assert len(front.snapshot()["conversations"][0]["messages"][0]["seen_at"]) == 1


def test_a_message_that_front_has_not_accepted(front: Sandbox, channel: Channel) -> None:
    message = messages.sync_outbound(
        channel, to=["ana"], text="Hello", external_id="1", external_conversation_id="ana"
    )
    for verb in (messages.seen, messages.mark_seen):
        with pytest.raises(InvalidArgument) as caught:
            verb(message)
        assert caught.value.code == "not_accepted"
    assert not calls(front, "/messages/")


@pytest.mark.parametrize("verb", ["refresh", "seen", "mark_seen", "download"])
def test_a_message_that_was_deleted_meanwhile(front: Sandbox, channel: Channel, verb: str) -> None:
    message = receive(front, channel)
    Message.objects.filter(pk=message.pk).delete()
    given = {"attachment_id": "fil_1", "to": io.BytesIO()} if verb == "download" else {}

    with pytest.raises(InvalidArgument, match="This Message has been deleted"):
        getattr(messages, verb)(message, **given)

    assert not calls(front, "/messages/")


def test_a_message_that_front_has_accepted_only_is_named_by_its_uid(front: Sandbox, channel: Channel) -> None:
    message = tell(channel, "sms-1")
    work("sync")

    with pytest.raises(FrontNotFoundError):
        list(messages.seen(message))

    message.refresh_from_db()
    assert message.message_uid in calls(front, "/seen")[-1]["url"]


class TestDownload:
    @pytest.fixture
    def message(self, front: Sandbox, channel: Channel) -> Message:
        (conversation,) = imported(front, channel, "one")
        file = {"filename": "bill.pdf", "content": base64.b64encode(b"%PDF" * 100).decode()}
        front.reply(conversation_id=conversation.front_id, text="Your bill", attachments=[file])
        return Message.objects.latest("pk")

    def file_of(self, front: Sandbox) -> str:
        sent = front.snapshot()["conversations"][0]["messages"][-1]
        file_id: str = sent["attachments"][0]["id"]
        return file_id

    def test_a_file_is_written(self, front: Sandbox, message: Message) -> None:
        to = io.BytesIO()
        downloaded = messages.download(message, attachment_id=self.file_of(front), to=to)

        assert to.getvalue() == b"%PDF" * 100
        assert downloaded.size == 400

    def test_a_file_that_is_too_large(self, front: Sandbox, message: Message) -> None:
        with pytest.raises(FrontAPIError):
            messages.download(message, attachment_id=self.file_of(front), to=io.BytesIO(), limit=399)

    def test_no_limit_of_nothing(self, front: Sandbox, message: Message) -> None:
        with pytest.raises(InvalidArgument):
            messages.download(message, attachment_id="fil_1", to=io.BytesIO(), limit=0)
