"""Asking Front about messages and conversations."""

import json
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from django_front_channel import signals
from django_front_channel.exceptions import FrontAPIError, FrontNotFoundError, InvalidArgument
from django_front_channel.lifecycle import threads as register
from django_front_channel.models import Channel, Conversation, Fact, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, conversations, messages
from tests.front import (
    calls,
    state_of,
    tell,
    work,
)

Commit = DjangoCaptureOnCommitCallbacks
HOSTILE = ["too long", "NUL", "lone surrogate"]


def shown(front: Sandbox, message: Message) -> dict[str, str]:
    """A message as the team sees it in Front."""
    return next(
        each
        for conversation in front.snapshot()["conversations"]
        for each in conversation["messages"]
        if each["external_id"] == message.external_id
    )


class TestRefresh:
    def test_front_has_imported_it(self, front: Sandbox, channel: Channel) -> None:
        message = tell(channel, "sms-1")
        work("sync")
        channels.disconnect(channel)  # its webhook will not come
        front.run_until_quiet()
        channel.state = Channel.State.CONNECTED
        channel.save()
        Message.objects.filter(pk=message.pk).update(state="accepted", front_id=None)
        message.refresh_from_db()

        messages.refresh(message)

        assert message.state == "imported"
        assert message.front_id == shown(front, message)["id"]
        assert message.conversation is not None
        assert message.conversation.front_id == front.snapshot()["conversations"][0]["id"]

    def test_an_import_that_it_brings_is_announced_once(
        self, front: Sandbox, channel: Channel, heard, django_capture_on_commit_callbacks: Commit
    ) -> None:
        imported = heard(signals.message_imported)
        message = tell(channel, "sms-1")
        work("sync")
        front.run_until_quiet()
        Message.objects.filter(pk=message.pk).update(state="accepted")  # as if Front's word were lost
        imported.clear()

        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                messages.refresh(message)

        assert [(each["message"], each["event"]) for each in imported] == [(message, None)]
        assert imported[0]["conversation"] == Conversation.objects.get()

    def test_a_webhook_that_creates_the_conversation_meanwhile(
        self, front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message = tell(channel, "sms-1")
        work("sync")
        front.run_until_quiet()
        Message.objects.update(state="accepted")
        look = register._conversation

        def look_too_early(channel: Channel, fact: Fact, *_: Any) -> Conversation:
            monkeypatch.setattr(register, "_conversation", look)
            return Conversation.objects.create(channel=channel, front_id=fact.front_id)

        monkeypatch.setattr(register, "_conversation", look_too_early)
        refreshed = messages.refresh(Message.objects.get(pk=message.pk))

        assert refreshed.state == "imported"
        assert refreshed.conversation == Conversation.objects.get()

    def test_front_has_not_imported_it_yet(self, front: Sandbox, channel: Channel) -> None:
        message = tell(channel, "sms-1")
        work("sync")
        message.refresh_from_db()
        with pytest.raises(FrontNotFoundError):
            messages.refresh(message)
        assert state_of(message) == "accepted"

    def accepted(self, channel: Channel, external_id: str = "sms-1") -> Message:
        message = tell(channel, external_id)
        work("sync")
        message.refresh_from_db()
        return message

    def refreshed(self, front: Sandbox, message: Message, answer: dict[str, Any]) -> Message:
        """The message after Front has answered this, whatever it may be."""
        front.fail_next(status=200, body=json.dumps(answer), headers={"Content-Type": "application/json"})
        return messages.refresh(message)

    @pytest.mark.parametrize("front_id", ["msg_" + "1" * 61, "msg_\0", "msg_\ud800"], ids=HOSTILE)
    def test_an_id_that_is_none_of_fronts(self, front: Sandbox, channel: Channel, front_id: str) -> None:
        message = self.accepted(channel)
        with pytest.raises(FrontAPIError, match="no usable message id"):
            self.refreshed(front, message, {"id": front_id})

        stored = Message.objects.get()
        assert (stored.state, stored.front_id) == ("accepted", None)

    @pytest.mark.parametrize("uid", ["u" * 501, "u\0", "\ud800"], ids=HOSTILE)
    def test_a_uid_that_is_none_of_fronts_is_left_out(
        self, front: Sandbox, channel: Channel, uid: str
    ) -> None:
        message = self.accepted(channel)
        before = message.message_uid

        self.refreshed(front, message, {"id": "msg_1", "message_uid": uid})

        stored = Message.objects.get()
        assert (stored.state, stored.front_id, stored.message_uid) == ("imported", "msg_1", before)

    def test_a_conversation_that_is_none_of_fronts_is_left_out(
        self, front: Sandbox, channel: Channel
    ) -> None:
        message = self.accepted(channel)
        links = {"related": {"conversation": "https://api2.frontapp.com/conversations/cnv_" + "1" * 61}}

        self.refreshed(front, message, {"id": "msg_1", "_links": links})

        stored = Message.objects.get()
        assert (stored.state, stored.conversation) == ("imported", None)

    def test_an_answer_about_another_message(self, front: Sandbox, channel: Channel) -> None:
        other = self.accepted(channel, "sms-1")
        front.run_until_quiet()
        other.refresh_from_db()
        message = self.accepted(channel, "sms-2")

        with pytest.raises(FrontAPIError, match=f"is message {other.pk} here"):
            self.refreshed(front, message, {"id": other.front_id})
        assert state_of(message) == "accepted"

    def test_front_has_not_accepted_it(self, front: Sandbox, channel: Channel) -> None:
        with pytest.raises(InvalidArgument):
            messages.refresh(tell(channel, "sms-1"))
        assert not calls(front, "/messages/")


class TestConversations:
    def imported(self, front: Sandbox, channel: Channel, *threads: str) -> list[Conversation]:
        for thread in threads:
            tell(channel, f"in {thread}", thread, subject=f"About {thread}")
        work("sync")
        front.run_until_quiet()
        return [Conversation.objects.get(threads__external_conversation_id=thread) for thread in threads]

    def test_refresh(self, front: Sandbox, channel: Channel) -> None:
        (conversation,) = self.imported(front, channel, "one")

        refreshed = conversations.refresh(conversation)

        stored = Conversation.objects.get()
        assert refreshed == stored
        assert (stored.subject, stored.status) == (
            "About one",
            front.snapshot()["conversations"][0]["status"],
        )
        assert stored.refreshed_at is not None

    def test_what_no_database_stores_is_left_out(self, front: Sandbox, channel: Channel) -> None:
        (conversation,) = self.imported(front, channel, "one")
        answer = {
            "id": conversation.front_id,
            "subject": "a\0b\ud800",
            "status": "assigned\0" * 9,
            "status_category": None,
            "assignee": {"id": "tea_" + "1" * 99},
            "tags": [{"id": "tag_1", "name": "U\0rgent"}, {"id": "tag_2", "name": None}, "tag_3"],
        }
        front.fail_next(status=200, body=json.dumps(answer), headers={"Content-Type": "application/json"})

        conversations.refresh(conversation)

        stored = Conversation.objects.get()
        assert (stored.subject, stored.tags) == ("ab\ufffd", ["Urgent"])
        assert stored.status.startswith("assignedassigned")
        assert stored.assignee_id.startswith("tea_1111")

    def test_what_the_host_wrote_meanwhile_is_kept(self, front: Sandbox, channel: Channel) -> None:
        (conversation,) = self.imported(front, channel, "one")

        def write(**_arguments: object) -> None:
            Conversation.objects.update(host_data={"ticket": 7})

        signals.api_request_finished.connect(write)
        try:
            conversations.refresh(conversation)
        finally:
            signals.api_request_finished.disconnect(write)
        stored = Conversation.objects.get()
        assert (stored.host_data, stored.refreshed_at is None) == ({"ticket": 7}, False)

    def test_a_merge_is_followed(
        self, front: Sandbox, channel: Channel, heard, django_capture_on_commit_callbacks: Commit
    ) -> None:
        merged = heard(signals.conversation_merged)
        one, two = self.imported(front, channel, "one", "two")
        front.merge(conversation_ids=[one.front_id, two.front_id], survivor=two.front_id)

        with django_capture_on_commit_callbacks(execute=True):
            survivor = conversations.refresh(one)

        assert survivor == two
        assert {message.conversation for message in Message.objects.all()} == {two}
        assert [(each["conversation"], each["absorbed"]) for each in merged] == [(two, one)]

        with django_capture_on_commit_callbacks(execute=True):
            assert conversations.refresh(one) == two
        assert len(merged) == 1

    def test_a_merge_into_one_that_is_unknown_here(self, front: Sandbox, channel: Channel) -> None:
        one, two = self.imported(front, channel, "one", "two")
        front_id = two.front_id
        front.merge(conversation_ids=[one.front_id, front_id], survivor=front_id)
        two.threads.update(conversation=None)
        two.delete()

        assert conversations.refresh(one).front_id == front_id

    def test_it_is_gone(self, front: Sandbox, channel: Channel) -> None:
        stray = Conversation.objects.create(channel=channel, front_id="cnv_stray")
        with pytest.raises(FrontNotFoundError):
            conversations.refresh(stray)
        stray.refresh_from_db()
        assert stray.refreshed_at is None
