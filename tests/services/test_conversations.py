"""The verbs about conversations, against the sandbox over a socket: what Front has afterwards, and our row."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from django.utils import timezone

from django_front_channel import signals
from django_front_channel.exceptions import (
    ChannelUnavailable,
    FrontBadRequestError,
    FrontNotFoundError,
    FrontServerError,
    InvalidArgument,
)
from django_front_channel.models import Channel, Conversation, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, conversations
from django_front_channel.services.verbs import Verb
from tests.front import calls, work
from tests.services.conversations import imported, in_front, row_of
from tests.services.every import on_the_shelf


@pytest.fixture
def conversation(front: Sandbox, channel: Channel) -> Conversation:
    """One that Front has, as our row shows it after a refresh."""
    (conversation,) = imported(front, channel, "one")
    return conversations.refresh(conversation)


class TestStatus:
    @pytest.mark.parametrize(
        ("verb", "there", "here"),
        [
            (conversations.archive, "archived", ("archived", "resolved")),
            (conversations.trash, "deleted", ("deleted", "resolved")),
            (conversations.spam, "spam", ("deleted", "resolved")),
            (conversations.reopen, "unassigned", ("unassigned", "open")),
        ],
    )
    def test_it_changes_there_and_here(
        self,
        front: Sandbox,
        conversation: Conversation,
        verb: Callable[[Conversation], Conversation],
        there: str,
        here: tuple[str, str],
    ) -> None:
        returned = verb(conversation)

        assert in_front(front, conversation)["status"] == there
        stored = row_of(conversation)
        assert (stored["status"], stored["status_category"]) == here
        assert returned is conversation
        assert (conversation.status, conversation.status_category) == here

    @pytest.mark.parametrize("verb", ["archive", "trash", "spam", "reopen", "unassign"])
    def test_the_row_is_what_front_would_tell(self, conversation: Conversation, verb: str) -> None:
        conversations.assign(conversation, teammate_id="tea_1")
        getattr(conversations, verb)(conversation)
        kept = row_of(conversation)

        conversations.refresh(conversation)

        assert row_of(conversation) == kept

    def test_a_conversation_that_is_assigned_reopens_as_assigned(
        self, front: Sandbox, conversation: Conversation
    ) -> None:
        conversations.assign(conversation, teammate_id="tea_1")
        conversations.archive(conversation)

        conversations.reopen(conversation)

        assert conversation.status == in_front(front, conversation)["status"] == "assigned"

    def test_only_what_is_in_the_trash_can_be_deleted(
        self, front: Sandbox, conversation: Conversation
    ) -> None:
        with pytest.raises(InvalidArgument) as caught:
            conversations.delete(conversation)
        assert caught.value.code == "not_in_trash"
        Conversation.objects.filter(pk=conversation.pk).update(status="deleted")
        with pytest.raises(FrontBadRequestError):
            conversations.delete(conversation)
        conversations.trash(conversation)

        assert conversations.delete(conversation).status == "deleted"

        assert front.snapshot()["conversations"] == []
        with pytest.raises(FrontNotFoundError):
            conversations.refresh(conversation)

    def test_what_the_host_wrote_meanwhile_stays(self, conversation: Conversation) -> None:
        Conversation.objects.filter(pk=conversation.pk).update(host_data={"order": 7}, subject="Parcel")

        conversations.archive(conversation)

        conversation.refresh_from_db()
        assert (conversation.host_data, conversation.subject) == ({"order": 7}, "Parcel")

    def test_a_refusal_changes_nothing_here(self, front: Sandbox, conversation: Conversation) -> None:
        before = row_of(conversation)
        front.fail_next(count=1, status=500)

        with pytest.raises(FrontServerError):
            conversations.archive(conversation)

        assert row_of(conversation) == before


class TestAssignee:
    def test_assign_and_unassign(self, front: Sandbox, conversation: Conversation) -> None:
        conversations.assign(conversation, teammate_id="tea_2")
        assert in_front(front, conversation)["assignee_id"] == "tea_2"
        assert (conversation.assignee_id, conversation.status) == ("tea_2", "assigned")

        conversations.unassign(conversation)
        assert in_front(front, conversation)["assignee_id"] is None
        assert (conversation.assignee_id, conversation.status) == ("", "unassigned")

    def test_what_is_archived_stays_archived(self, front: Sandbox, conversation: Conversation) -> None:
        conversations.archive(conversation)
        conversations.assign(conversation, teammate_id="tea_2")

        assert conversation.status == in_front(front, conversation)["status"] == "archived"

    @pytest.mark.parametrize("is_queued", [False, True], ids=["direct", "queued"])
    def test_a_teammate_who_is_named_by_address(self, conversation: Conversation, is_queued: bool) -> None:
        """The row shows the id, which only Front knows."""
        rita = "alt:email:teammate.two@example.com"
        if is_queued:
            conversations.assign.enqueue(conversation, teammate_id=rita)
            work("sync")
        else:
            conversations.assign(conversation, teammate_id=rita)
            assert (conversation.assignee_id, conversation.status) == ("tea_2", "assigned")

        shown = row_of(conversation)
        assert (shown["assignee_id"], shown["status"]) == ("tea_2", "assigned")

    def test_none_is_not_taken_for_nobody(self, front: Sandbox, conversation: Conversation) -> None:
        nobody: Any = None
        with pytest.raises(InvalidArgument, match="teammate_id"):
            conversations.assign(conversation, teammate_id=nobody)
        assert not calls(front, "/assignee")


class TestTags:
    def test_they_come_and_go(self, front: Sandbox, conversation: Conversation) -> None:
        conversations.add_tags(conversation, tag_ids=["tag_1", "tag_2"])
        assert in_front(front, conversation)["tag_ids"] == ["tag_1", "tag_2"]
        assert row_of(conversation)["tags"] == conversation.tags == ["Urgent", "Refund"]

        conversations.remove_tags(conversation, tag_ids=["tag_1"])
        assert row_of(conversation)["tags"] == ["Refund"]

        conversations.replace_tags(conversation, tag_ids=["tag_3"])
        assert row_of(conversation)["tags"] == ["Delivery"]

        conversations.replace_tags(conversation, tag_ids=[])
        assert in_front(front, conversation)["tag_ids"] == row_of(conversation)["tags"] == []

    @pytest.mark.parametrize("verb", [conversations.add_tags, conversations.remove_tags])
    def test_no_tag_at_all_is_a_mistake(
        self, front: Sandbox, conversation: Conversation, verb: Callable[..., Conversation]
    ) -> None:
        with pytest.raises(InvalidArgument):
            verb(conversation, tag_ids=[])
        assert not calls(front, "/tags")

    def test_a_tag_is_added_though_front_cannot_be_asked_afterwards(
        self, front: Sandbox, conversation: Conversation
    ) -> None:
        def fail_the_next(operation: str, **_: Any) -> None:
            if operation == "add-conversation-tag":
                front.fail_next(count=3, status=503)

        signals.api_request_finished.connect(fail_the_next)
        try:
            conversations.add_tags(conversation, tag_ids=["tag_1"])
        finally:
            signals.api_request_finished.disconnect(fail_the_next)

        assert in_front(front, conversation)["tag_ids"] == ["tag_1"]
        assert row_of(conversation)["tags"] == []
        work("sync")
        assert row_of(conversation)["tags"] == ["Urgent"]


class TestEverythingElseOfAnUpdate:
    def said(self, front: Sandbox, conversation: Conversation) -> dict[str, Any]:
        """What the last update said."""
        update = [each for each in calls(front, conversation.front_id) if each["method"] == "PATCH"][-1]
        said: dict[str, Any] = json.loads(update["body"])
        return said

    def test_it_moves_to_another_inbox(self, front: Sandbox, conversation: Conversation) -> None:
        before = row_of(conversation)

        assert conversations.move(conversation, inbox_id="inb_2") is conversation

        assert in_front(front, conversation)["inbox_id"] == "inb_2"
        assert [each.id for each in conversations.inboxes(conversation)] == ["inb_2"]
        assert row_of(conversation) == before

    def test_custom_fields_replace_each_other(self, front: Sandbox, conversation: Conversation) -> None:
        fields: dict[str, object] = {"Order": 7, "VIP": True, "City": "Zürich", "Weight": 0.5}
        conversations.replace_custom_fields(conversation, custom_fields=MappingProxyType(fields))
        assert in_front(front, conversation)["custom_fields"] == fields

        conversations.replace_custom_fields(conversation, custom_fields={})
        assert in_front(front, conversation)["custom_fields"] == {}

    def test_front_is_asked_what_a_status_of_the_company_means(
        self, front: Sandbox, conversation: Conversation
    ) -> None:
        Conversation.objects.filter(pk=conversation.pk).update(status="archived", status_category="resolved")

        conversations.set_status(conversation, status_id="sts_waiting")

        assert self.said(front, conversation) == {"status_id": "sts_waiting"}
        shown = row_of(conversation)
        assert (shown["status"], shown["status_category"]) == ("unassigned", "open")
        assert (conversation.status, conversation.status_category) == ("unassigned", "open")

    @pytest.mark.parametrize(
        ("verb", "given", "said"),
        [
            (conversations.set_description, {"description": "Call\nback"}, {"description": "Call\nback"}),
            (conversations.clear_description, {}, {"description": None}),
            (
                conversations.set_due_date,
                {"due_at": datetime(2040, 1, 2, tzinfo=UTC)},
                {"due_at": 2209075200},
            ),
            (conversations.clear_due_date, {}, {"due_at": None}),
        ],
        ids=["set_description", "clear_description", "set_due_date", "clear_due_date"],
    )
    def test_tasks(
        self,
        front: Sandbox,
        conversation: Conversation,
        verb: Callable[..., Conversation],
        given: dict[str, Any],
        said: dict[str, Any],
    ) -> None:
        front.fail_next(status=204, body="")  # the sandbox has no tasks
        assert verb(conversation, **given) is conversation
        assert self.said(front, conversation) == said

    def test_a_conversation_that_is_no_task(self, conversation: Conversation) -> None:
        with pytest.raises(FrontBadRequestError, match="task"):
            conversations.set_description(conversation, description="Call back")

    @pytest.mark.parametrize(
        ("verb", "wrong"),
        [
            (conversations.move, {"inbox_id": None}),
            (conversations.move, {"inbox_id": "x" * 201}),
            (conversations.set_status, {"status_id": None}),
            (conversations.set_status, {"status_id": True}),
            (conversations.replace_tags, {"tag_ids": None}),
            (conversations.replace_custom_fields, {"custom_fields": None}),
            (conversations.replace_custom_fields, {"custom_fields": [("Order", 7)]}),
            (conversations.replace_custom_fields, {"custom_fields": {7: "Order"}}),
            (conversations.replace_custom_fields, {"custom_fields": {" ": "Order"}}),
            (conversations.replace_custom_fields, {"custom_fields": {"Order": float("nan")}}),
            (conversations.replace_custom_fields, {"custom_fields": {"Order": b"7"}}),
            (conversations.set_description, {"description": None}),
            (conversations.set_description, {"description": ""}),
            (conversations.set_description, {"description": "x" * 65_536}),
            (conversations.set_due_date, {"due_at": None}),
            (conversations.set_due_date, {"due_at": datetime(2040, 1, 2)}),  # noqa: DTZ001
            (conversations.set_due_date, {"due_at": datetime(1960, 1, 2, tzinfo=UTC)}),
        ],
        ids=lambda given: str(given) if isinstance(given, dict) else given.__name__,
    )
    def test_a_mistake_is_refused_before_anything_is_sent(
        self,
        front: Sandbox,
        conversation: Conversation,
        verb: Verb[Conversation, ..., Conversation],
        wrong: dict[str, Any],
    ) -> None:
        with pytest.raises(InvalidArgument, match=f"{next(iter(wrong))}|JSON"):
            verb(conversation, **wrong)
        with pytest.raises(InvalidArgument, match=f"{next(iter(wrong))}|JSON"):
            verb.enqueue(conversation, **wrong)
        assert not [each for each in calls(front, conversation.front_id) if each["method"] == "PATCH"]


class TestRelations:
    def test_followers(self, front: Sandbox, conversation: Conversation) -> None:
        conversations.add_followers(
            conversation, teammate_ids=["tea_1", "tea_2", "tea_none"], ignore_errors=True
        )
        assert [each.id for each in conversations.followers(conversation)] == ["tea_1", "tea_2"]

        assert conversations.remove_followers(conversation, teammate_ids=["tea_1"]) == conversation
        assert [each.id for each in conversations.followers(conversation)] == ["tea_2"]

    def test_links(self, front: Sandbox, conversation: Conversation) -> None:
        conversations.add_links(conversation, link_external_urls=["https://shop.example/orders/7"])
        (link_id,) = in_front(front, conversation)["link_ids"]

        conversations.remove_links(conversation, link_ids=[link_id])
        assert in_front(front, conversation)["link_ids"] == []

        conversations.add_links(conversation, link_ids=[link_id])
        assert in_front(front, conversation)["link_ids"] == [link_id]

    def test_reminders(self, front: Sandbox, conversation: Conversation) -> None:
        moment = timezone.now() + timedelta(hours=3)

        conversations.remind(conversation, teammate_id="tea_1", scheduled_at=moment)
        assert in_front(front, conversation)["reminders"]["tea_1"]["scheduled_at"] == int(moment.timestamp())

        conversations.cancel_reminder(conversation, teammate_id="tea_1")
        assert in_front(front, conversation)["reminders"] == {}

    def test_a_naive_time_is_refused(self, front: Sandbox, conversation: Conversation) -> None:
        naive = timezone.now().replace(tzinfo=None) + timedelta(hours=3)
        with pytest.raises(InvalidArgument, match="aware"):
            conversations.remind(conversation, teammate_id="tea_1", scheduled_at=naive)
        assert not calls(front, "/reminders")

    def test_inboxes_and_events(self, conversation: Conversation) -> None:
        conversations.archive(conversation)

        assert [each.id for each in conversations.inboxes(conversation)] == ["inb_1"]
        assert "archive" in [each.type for each in conversations.events(conversation, limit=1)]


class TestTalk:
    def test_comments(self, conversation: Conversation) -> None:
        note = on_the_shelf("note.txt", b"gold")

        comment = conversations.add_comment(
            conversation, body="Look", author_id="tea_1", is_pinned=True, attachments=[note]
        )

        (listed,) = conversations.comments(conversation)
        assert (listed.id, listed.body, listed.author_id, listed.is_pinned) == (
            comment.id,
            "Look",
            "tea_1",
            True,
        )
        assert [each.filename for each in listed.attachments] == ["note.txt"]

    def test_drafts(self, conversation: Conversation) -> None:
        draft = conversations.create_draft(conversation, text="1 < 2\nyes", author_id="tea_1", mode="shared")

        (listed,) = conversations.drafts(conversation)
        assert (listed.id, listed.body) == (draft.id, "1 &lt; 2<br>yes")

    def test_messages(self, conversation: Conversation) -> None:
        (message,) = conversations.messages(conversation, sort_order="asc")
        assert message.id == Message.objects.get().front_id

    def test_a_reply_goes_to_the_customer_and_archives(
        self, front: Sandbox, channel: Channel, conversation: Conversation
    ) -> None:
        accepted = conversations.reply(
            conversation, text="1 < 2\nyes", author_id="tea_1", tag_ids=["tag_1"], to=["+33612345678"]
        )

        assert accepted.message_uid
        assert json.loads(calls(front, "/messages")[-1]["body"])["body"] == "1 &lt; 2<br>yes"
        front.run_until_quiet()
        assert Message.objects.latest("pk").direction == "outbound"
        conversations.refresh(conversation)
        assert (conversation.status, conversation.tags) == ("archived", ["Urgent"])

    def test_a_reply_of_an_email_channel(
        self, front: Sandbox, channel: Channel, conversation: Conversation
    ) -> None:
        assert channel.front_id is not None
        conversations.reply(
            conversation,
            html="<p>Yes</p>",
            text_version="Yes",
            channel_id=channel.front_id,
            to=["ana@example.com"],
            cc=["bo@example.com"],
            bcc=["cy@example.com"],
            subject="Your order",
            sender_name="Rita",
            author_id="tea_1",
            quote_body="Is it open?",
            signature_id="sig_1",
            should_add_default_signature=False,
            tag_ids=["tag_1"],
            archive=False,
        )

        assert json.loads(calls(front, "/messages")[-1]["body"]) == {
            "body": "<p>Yes</p>",
            "text": "Yes",
            "channel_id": channel.front_id,
            "to": ["ana@example.com"],
            "cc": ["bo@example.com"],
            "bcc": ["cy@example.com"],
            "subject": "Your order",
            "sender_name": "Rita",
            "author_id": "tea_1",
            "quote_body": "Is it open?",
            "signature_id": "sig_1",
            "should_add_default_signature": False,
            "options": {"tag_ids": ["tag_1"], "archive": False},
        }

    def test_a_reply_with_a_file(self, front: Sandbox, conversation: Conversation) -> None:
        bill = on_the_shelf("bill.txt", b"gold")

        conversations.reply(
            conversation, text="Your bill", author_id="tea_1", attachments=[bill], tag_ids=["tag_1"]
        )

        sent = in_front(front, conversation)["messages"][-1]
        assert [each["filename"] for each in sent["attachments"]] == ["bill.txt"]
        assert row_of(conversation)["tags"] == ["Urgent"]

    def test_the_row_is_archived_with_the_answer(self, conversation: Conversation) -> None:
        conversations.reply(conversation, html="<p>Yes</p>", author_id="tea_1")
        assert row_of(conversation)["status"] == "archived"

    def test_a_reply_that_leaves_it_open(self, front: Sandbox, conversation: Conversation) -> None:
        conversations.reply(conversation, html="<p>Yes</p>", author_id="tea_1", archive=False)
        assert row_of(conversation)["status"] == in_front(front, conversation)["status"] == "unassigned"

    @pytest.mark.parametrize("body", [{}, {"text": " "}, {"text": "a", "html": "b"}], ids=str)
    def test_an_empty_or_a_double_body_is_refused(
        self, front: Sandbox, conversation: Conversation, body: dict[str, str]
    ) -> None:
        for verb in (conversations.reply, conversations.create_draft):
            with pytest.raises(InvalidArgument):
                verb(conversation, text=body.get("text"), html=body.get("html"))
        assert not calls(front, "/drafts")


def test_a_channel_that_is_not_connected(conversation: Conversation, channel: Channel) -> None:
    channels.disconnect(channel)
    with pytest.raises(ChannelUnavailable):
        conversations.archive(Conversation.objects.get())
    assert not OutboxEntry.objects.filter(operation="update-conversation").exists()
