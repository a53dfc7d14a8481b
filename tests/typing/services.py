"""A host that uses every service, and what a type checker says of the results.

mypy reads this module, nothing calls it. It refuses an expression that is ``Any``, or holds one (``setup.cfg``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO, TextIO, assert_type

from django_front_channel import services
from django_front_channel.client import (
    AcceptedMessage,
    DownloadedAttachment,
    FrontClient,
    FrontComment,
    FrontEvent,
    FrontInbox,
    FrontMessage,
    FrontTeammate,
    SeenReceipt,
    SyncedTemplate,
    Upload,
)
from django_front_channel.lifecycle.erasure import Erased
from django_front_channel.lifecycle.person_rows import Person
from django_front_channel.lifecycle.retention import Pruned
from django_front_channel.models import (
    Attachment,
    Channel,
    Conversation,
    Message,
    OptOut,
    OutboxEntry,
    OutboxLane,
    WebhookEvent,
)
from django_front_channel.services import StoredFile
from django_front_channel.services.channels import NewChannel


def channels(channel: Channel) -> None:
    assert_type(services.channels.create(name="SMS"), NewChannel)
    assert_type(services.channels.create("other", name="SMS", address="+33").token, str)
    assert_type(services.channels.describe(channel, name="SMS", address="+33"), Channel)
    assert_type(services.channels.set_deliver_within(channel, deliver_within=timedelta(hours=1)), Channel)
    assert_type(services.channels.rotate_token(channel), str)
    assert_type(services.channels.disconnect(channel), Channel)
    assert_type(services.channels.hold(channel), Channel)
    assert_type(services.channels.release(channel), Channel)
    assert_type(services.channels.adopt(channel), Channel)
    assert_type(services.channels.set_status(channel, status="ok"), Channel)
    assert_type(services.channels.webhook_url(channel), str)
    assert_type(services.channels.app_webhook_url("default"), str)


def conversations(row: Conversation, later: datetime) -> None:
    assert_type(services.conversations.refresh(row), Conversation)
    assert_type(services.conversations.archive(row), Conversation)
    assert_type(services.conversations.reopen(row), Conversation)
    assert_type(services.conversations.trash(row), Conversation)
    assert_type(services.conversations.spam(row), Conversation)
    assert_type(services.conversations.delete(row), Conversation)
    assert_type(services.conversations.assign(row, teammate_id="tea_1"), Conversation)
    assert_type(services.conversations.unassign(row), Conversation)
    assert_type(services.conversations.move(row, inbox_id="inb_1"), Conversation)
    assert_type(services.conversations.set_status(row, status_id="sts_1"), Conversation)
    fields = {"Order": 7, "City": "Paris", "VIP": True}
    assert_type(services.conversations.replace_custom_fields(row, custom_fields=fields), Conversation)
    assert_type(services.conversations.set_description(row, description="Call"), Conversation)
    assert_type(services.conversations.clear_description(row), Conversation)
    assert_type(services.conversations.set_due_date(row, due_at=later), Conversation)
    assert_type(services.conversations.clear_due_date(row), Conversation)
    assert_type(services.conversations.remind(row, teammate_id="tea_1", scheduled_at=later), Conversation)
    assert_type(services.conversations.cancel_reminder(row, teammate_id="tea_1"), Conversation)


def relations(row: Conversation) -> None:
    assert_type(services.conversations.add_tags(row, tag_ids=["tag_1"]), Conversation)
    assert_type(services.conversations.remove_tags(row, tag_ids=("tag_1",)), Conversation)
    assert_type(services.conversations.replace_tags(row, tag_ids=[]), Conversation)
    assert_type(services.conversations.followers(row), Iterator[FrontTeammate])
    assert_type(
        services.conversations.add_followers(row, teammate_ids=["tea_1"], ignore_errors=True), Conversation
    )
    assert_type(services.conversations.remove_followers(row, teammate_ids=["tea_1"]), Conversation)
    assert_type(services.conversations.add_links(row, link_external_urls=["https://a.example"]), Conversation)
    assert_type(services.conversations.remove_links(row, link_ids=["top_1"]), Conversation)
    assert_type(services.conversations.inboxes(row), Iterator[FrontInbox])


def talk(row: Conversation, file: StoredFile) -> None:
    assert_type(
        services.conversations.add_comment(row, body="Look", is_pinned=True, attachments=[file]),
        FrontComment,
    )
    assert_type(services.conversations.comments(row), Iterator[FrontComment])
    assert_type(services.conversations.messages(row, sort_order="asc"), Iterator[FrontMessage])
    assert_type(services.conversations.events(row, limit=10), Iterator[FrontEvent])
    assert_type(services.conversations.drafts(row), Iterator[FrontMessage])
    assert_type(services.conversations.create_draft(row, text="Hi", mode="shared"), FrontMessage)
    assert_type(
        services.conversations.reply(
            row,
            html="Hi",
            text_version="Hi",
            channel_id="cha_1",
            to=["ana@example.com"],
            cc=["bo@example.com"],
            bcc=["cy@example.com"],
            subject="Order 7",
            sender_name="Rita",
            author_id="tea_1",
            quote_body="Where is it?",
            signature_id="sig_1",
            should_add_default_signature=False,
            tag_ids=["tag_1"],
            archive=False,
            attachments=[file],
        ),
        AcceptedMessage,
    )


def messages(channel: Channel, message: Message, file: BinaryIO) -> None:
    told = services.messages.sync_inbound(
        channel,
        sender=services.Contact("+33612345678", name="Ana"),
        text="Hi",
        external_id="sms-1",
        external_conversation_id="sms:+33612345678",
        attachments=[services.StoredFile("bills/7.pdf")],
    )
    assert_type(told, Message)
    answered = services.messages.sync_outbound(
        channel,
        to=["+33612345678"],
        html="Hi",
        external_id="sms-2",
        external_conversation_id="sms:+33612345678",
        author_name="Rita",
    )
    assert_type(answered, Message)
    assert_type(services.messages.report_delivery(message, state="delivered"), Message)
    assert_type(services.messages.retry(message), Message)
    assert_type(services.messages.cancel(message), Message)
    assert_type(services.messages.refresh(message), Message)
    assert_type(services.messages.seen(message), Iterator[SeenReceipt])
    assert_type(services.messages.mark_seen(message), Message)
    assert_type(services.messages.download(message, attachment_id="fil_1", to=file), DownloadedAttachment)


def attachments(attachment: Attachment) -> None:
    assert_type(services.attachments.fetch(attachment), Attachment)
    assert_type(services.attachments.fetch.enqueue(attachment), OutboxEntry)


def templates(channel: Channel) -> None:
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


def calls(channel: Channel, began: datetime, sound: StoredFile) -> None:
    services.calls.create(
        channel,
        external_call_id="call-1",
        direction="inbound",
        party="+33612345678",
        initial_status="ringing",
        parent_external_call_id="call-1",
        started_at=began,
    )
    services.calls.update(channel, external_call_id="call-1", call_status="connected", occurred_at=began)
    services.calls.add_recording(
        channel, external_call_id="call-1", recording=sound, recording_type="voicemail"
    )
    services.calls.add_summary(channel, external_call_id="call-1", content="All well")
    services.calls.add_transcript(
        channel,
        external_call_id="call-1",
        lines=[
            {"speaker_name": "Ana", "content": "Hi", "start_time_seconds": 0.5, "speaker_type": "external"}
        ],
    )


def the_rest(
    channel: Channel,
    conversation: Conversation,
    entry: OutboxEntry,
    lane: OutboxLane,
    event: WebhookEvent,
) -> None:
    with services.patience(2.5):
        services.conversations.archive(conversation)
    with services.acting_as("rita"):
        assert_type(services.conversations.archive.enqueue(conversation), OutboxEntry)
    assert_type(services.client_for(channel), FrontClient)
    assert_type(services.outbox.retry(entry), OutboxEntry)
    assert_type(services.outbox.retry_lane(lane), OutboxLane)
    assert_type(services.events.process_again(event), WebhookEvent)
    assert_type(services.retention.prune(dry_run=True), Pruned)


def later(row: Conversation, channel: Channel, message: Message, moment: datetime, file: StoredFile) -> None:
    """The same verbs, with the same arguments, as entries."""
    assert_type(services.conversations.refresh.enqueue(row), OutboxEntry)
    assert_type(services.conversations.assign.enqueue(row, teammate_id="tea_1"), OutboxEntry)
    assert_type(
        services.conversations.remind.enqueue(row, teammate_id="tea_1", scheduled_at=moment), OutboxEntry
    )
    assert_type(
        services.conversations.reply.enqueue(row, text="Hi", tag_ids=["tag_1"], attachments=[file]),
        OutboxEntry,
    )
    assert_type(services.channels.set_status.enqueue(channel, status="offline"), OutboxEntry)
    assert_type(services.messages.mark_seen.enqueue(message), OutboxEntry)
    assert_type(services.templates.update.enqueue(channel, external_id="welcome", name="Hi"), OutboxEntry)
    assert_type(
        services.calls.add_recording.enqueue(
            channel, external_call_id="call-1", recording=file, recording_type="call"
        ),
        OutboxEntry,
    )


def people(channel: Channel, file: BinaryIO, lines: TextIO) -> None:
    person = services.people.find(channel, handle="+33612345678")
    assert_type(person, Person)
    assert_type(services.people.count(person), Erased)
    assert_type(services.people.export(person, to=file), int)
    assert_type(services.people.erase(person | person, actor="Rita", batch=100), Erased)
    assert_type(services.people.write_ledger(lines), int)
    assert_type(services.people.replay([{"channel": 1}], actor="Rita"), Iterator[Erased])
    assert_type(services.people.opt_out(channel, handle="ana", actor="Rita", source="STOP"), OptOut)
    assert_type(services.people.opt_in(channel, handle="ana"), bool)
    assert_type(services.people.has_opted_out(channel, handle="ana"), bool)


def refused(channel: Channel, conversation: Conversation, message: Message, upload: Upload) -> None:
    services.conversations.archive(message)  # type: ignore[arg-type]
    services.conversations.archive(conversation, wait=5)  # type: ignore[call-arg]
    services.conversations.assign(conversation)  # type: ignore[call-arg]
    services.conversations.assign(conversation, teammate_id=None)  # type: ignore[arg-type]
    services.conversations.reply(conversation, text="Hi", no_such_option=1)  # type: ignore[call-arg]
    services.conversations.reply(conversation, text="Hi", attachments=[upload])  # type: ignore[list-item]
    services.conversations.create_draft(conversation, text="Hi", mode="public")  # type: ignore[arg-type]
    services.channels.set_status(channel, status="away")  # type: ignore[arg-type]
    services.calls.update(channel, external_call_id="call-1", call_status="resumed")  # type: ignore[arg-type]
    with services.patience("5"):  # type: ignore[arg-type]
        pass


def refused_later(channel: Channel, conversation: Conversation, message: Message, upload: Upload) -> None:
    services.conversations.archive.enqueue(message)  # type: ignore[arg-type]
    services.conversations.archive.enqueue(conversation, wait=5)  # type: ignore[call-arg]
    services.conversations.assign.enqueue(conversation)  # type: ignore[call-arg]
    services.conversations.assign.enqueue(conversation, teammate_id=None)  # type: ignore[arg-type]
    services.conversations.reply.enqueue(conversation, text="Hi", no_such_option=1)  # type: ignore[call-arg]
    services.conversations.reply.enqueue(conversation, text="Hi", attachments=[upload])  # type: ignore[list-item]
    services.conversations.create_draft.enqueue(conversation, text="Hi", mode="public")  # type: ignore[arg-type]
    services.channels.set_status.enqueue(channel, status="away")  # type: ignore[arg-type]
    services.conversations.comments.enqueue(conversation)  # type: ignore[attr-defined]
    services.messages.refresh.enqueue(message)  # type: ignore[attr-defined]
