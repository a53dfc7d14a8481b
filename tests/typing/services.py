"""What a type checker says of the services' results: mypy reads this module, nothing calls it.

``assert_type`` fails where a result is ``Any``, or holds one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, assert_type

from django_front_channel import services
from django_front_channel.client import (
    AcceptedMessage,
    DownloadedAttachment,
    FrontComment,
    FrontEvent,
    FrontInbox,
    FrontMessage,
    FrontTeammate,
    SeenReceipt,
    SyncedTemplate,
    Upload,
)
from django_front_channel.models import Channel, Conversation, Message, OutboxEntry


def conversations(row: Conversation, later: datetime) -> None:
    verbs = services.conversations
    assert_type(verbs.refresh(row), Conversation)
    assert_type(verbs.archive(row), Conversation)
    assert_type(verbs.reopen(row), Conversation)
    assert_type(verbs.trash(row), Conversation)
    assert_type(verbs.spam(row), Conversation)
    assert_type(verbs.delete(row), Conversation)
    assert_type(verbs.assign(row, teammate_id="tea_1"), Conversation)
    assert_type(verbs.unassign(row), Conversation)
    assert_type(verbs.remind(row, teammate_id="tea_1", scheduled_at=later), Conversation)
    assert_type(verbs.cancel_reminder(row, teammate_id="tea_1"), Conversation)
    assert_type(verbs.add_tags(row, tag_ids=["tag_1"]), Conversation)
    assert_type(verbs.remove_tags(row, tag_ids=["tag_1"]), Conversation)
    assert_type(verbs.replace_tags(row, tag_ids=[]), Conversation)
    assert_type(verbs.followers(row), Iterator[FrontTeammate])
    assert_type(verbs.add_followers(row, teammate_ids=["tea_1"]), Conversation)
    assert_type(verbs.remove_followers(row, teammate_ids=["tea_1"]), Conversation)
    assert_type(verbs.add_links(row, link_ids=["top_1"]), Conversation)
    assert_type(verbs.remove_links(row, link_ids=["top_1"]), Conversation)
    assert_type(verbs.inboxes(row), Iterator[FrontInbox])


def talk(row: Conversation, upload: Upload) -> None:
    verbs = services.conversations
    assert_type(verbs.add_comment(row, body="Look", attachments=[upload]), FrontComment)
    assert_type(verbs.comments(row), Iterator[FrontComment])
    assert_type(verbs.messages(row, sort_order="asc"), Iterator[FrontMessage])
    assert_type(verbs.events(row, limit=10), Iterator[FrontEvent])
    assert_type(verbs.drafts(row), Iterator[FrontMessage])
    assert_type(verbs.create_draft(row, text="Hi", mode="shared"), FrontMessage)
    assert_type(verbs.reply(row, html="Hi", archive=False, tag_ids=["tag_1"]), AcceptedMessage)


def messages(message: Message, file: BinaryIO) -> None:
    assert_type(services.messages.refresh(message), Message)
    assert_type(services.messages.seen(message), Iterator[SeenReceipt])
    assert_type(services.messages.mark_seen(message), Message)
    report = services.messages.report_delivery
    assert_type(report(message, state="failed", reason="Unreachable"), Message)
    assert_type(report(channel=message.channel, delivery_id="SM-42", state="delivered"), Message | None)
    assert_type(services.messages.download(message, attachment_id="fil_1", to=file), DownloadedAttachment)


def the_rest(channel: Channel, conversation: Conversation) -> None:
    assert_type(services.channels.set_status(channel, status="ok"), Channel)
    synced = services.templates.sync(
        channel,
        external_id="welcome",
        name="Welcome",
        blurb="Hello",
        is_disabled=False,
        status_name="APPROVED",
        variable_mappings=[{"uid": "{{1}}", "type": "text", "name": "First name"}],
        template_preview="<b>Hello</b>",
    )
    assert_type(synced, SyncedTemplate)
    assert_type(services.templates.update(channel, external_id="welcome", name="Hi"), SyncedTemplate)
    services.calls.update(channel, external_call_id="call-1", call_status="connected")
    assert_type(services.queue("conversations.archive", conversation), OutboxEntry)
