"""The flow of messages: Front imports synced messages later, and sends the team's messages by webhook.

Hold the company's lock when you call a function that takes a conversation or a message, unless it says otherwise.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django_front_channel.plain_text import plain_text

from .company import Company
from .documents import without_ids
from .http_messages import Json
from .records import Attachment, Channel, Conversation, Message, Recipient, Source, Sync, new_id


@dataclass(frozen=True)
class Text:
    """The text, files and recipients of a message. Without ``to``, it goes to the customer of the conversation."""

    body: str
    text: str
    subject: str | None = None
    author_id: str | None = None
    sender_name: str | None = None
    to: Sequence[Recipient] = ()
    attachments: list[Attachment] = field(default_factory=list)


def resume_waiting(company: Company) -> None:
    """Schedule the imports and the messages that wait in the company's state."""
    for sync in company.state.waiting.values():
        _import_later(company, sync)
    for message in company.state.messages.values():
        if message.status == "sending":
            send_later(company, message)


def accept_sync(
    company: Company, channel: Channel, body: Json, attachments: list[Attachment], *, is_inbound: bool
) -> str:
    """Accept a valid sync, schedule its import, and return its ``message_uid``. Do not hold the lock.

    A repeated external id changes nothing (assumptions repeated_external_id, external_id_scope).
    """
    external_id = body["metadata"]["external_id"]
    with company.lock:
        known = _find_accepted(company, channel, external_id)
        if known is not None and company.assumptions.repeated_external_id:
            return known
        sync = Sync(uuid.uuid4().hex, channel.id, is_inbound, body, attachments)
        channel.accepted[external_id] = sync.uid
        company.state.waiting[sync.uid] = sync
    if company.behaviour.webhook_before_202 and not company.schedule.paused:
        _import_sync(company, sync)
    else:
        _import_later(company, sync)
    return sync.uid


def write_message(
    company: Company,
    conversation: Conversation,
    text: Text,
    *,
    kind: Literal["custom", "auto_reply"] = "custom",
    draft_mode: Literal["private", "shared"] | None = None,
) -> Message:
    """Add a message of the team, unsent, and return it. Its first recipient is the channel's own address."""
    channel = company.state.channels[conversation.channel_id]
    customer = conversation.recipient
    inbound = [message for message in company.state.messages_in(conversation.id) if message.is_inbound]
    to = text.to or [Recipient(customer.handle, "to", customer.name)]
    return company.state.add_message(
        Message(
            id=new_id("msg"),
            uid=uuid.uuid4().hex,
            channel_id=channel.id,
            conversation_id=conversation.id,
            type=kind,
            is_inbound=False,
            body=text.body,
            text=text.text,
            created_at=company.now(),
            recipients=[Recipient(channel.address, "from", text.sender_name), *to],
            status="draft" if draft_mode else "sending",
            subject=text.subject or conversation.subject,
            author_id=text.author_id,
            replied_to=inbound[-1].id if inbound else None,
            draft_mode=draft_mode,
            attachments=text.attachments,
        )
    )


def send_later(company: Company, message: Message) -> None:
    """Send a message after the delay of an import (assumption reply_later)."""
    delay = company.behaviour.import_delay if company.assumptions.reply_later else 0
    company.schedule.add(delay, lambda: _send_if_kept(company, message))


def send_message(company: Company, message: Message) -> Json:
    """Send the webhook of a message now. Returns what ``Sandbox.reply`` returns. Do not hold the lock."""
    with company.lock:
        channel = company.state.channels[message.channel_id]
        document = company.documents.sent_webhook(message)
    answer = company.webhooks.post(channel.webhook_url, channel.token, document)
    with company.lock:
        company.changed.set()
        if answer.message_refusal is None:
            ids = answer.document["external_id"], answer.document["external_conversation_id"]
            _settle_sent(company, message, *ids)
        else:
            message.fail(answer.message_refusal)
        conversation = company.state.conversations.get(message.conversation_id)
        if conversation is not None:
            kind = "sending_error" if message.status == "failed" else "outbound"
            company.add_event(conversation, kind, ("message", message.id), author_id=message.author_id)
        return {
            "message_id": message.id,
            "conversation_id": message.conversation_id,
            "status": message.status,
            "error": message.error,
            "external_id": message.external_id,
            "external_conversation_ids": list(conversation.external_ids if conversation else ()),
        }


def _find_accepted(company: Company, channel: Channel, external_id: str) -> str | None:
    scope = [channel] if company.assumptions.external_id_scope else company.state.channels.values()
    return next((each.accepted[external_id] for each in scope if external_id in each.accepted), None)


def _import_later(company: Company, sync: Sync) -> None:
    company.schedule.add(company.behaviour.import_delay, lambda: _import_sync(company, sync))


def _import_sync(company: Company, sync: Sync) -> None:
    with company.lock:
        channel = company.state.channels[sync.channel_id]
        del company.state.waiting[sync.uid]
        company.changed.set()
        if channel.is_deleted and company.assumptions.deleted_channel:
            return
        message = _imported_message(company, channel, sync)
        document = company.documents.imported_webhook(message)
    if not company.assumptions.imported_ids:
        document = without_ids(document)
    company.webhooks.tell(channel.webhook_url, channel.token, document)


def _imported_message(company: Company, channel: Channel, sync: Sync) -> Message:
    recipients = _recipients(channel, sync)
    conversation = _conversation_for(company, channel, sync, recipients)
    metadata = sync.body["metadata"]
    message = company.state.add_message(
        Message(
            id=new_id("msg"),
            uid=sync.uid,
            channel_id=channel.id,
            conversation_id=conversation.id,
            type="custom",
            is_inbound=sync.is_inbound,
            body=sync.body["body"],
            text=plain_text(sync.body["body"], is_html=True),
            created_at=sync.body.get("delivered_at", company.now()),
            recipients=recipients,
            status="imported",
            subject=sync.body.get("subject"),
            author_id=sync.body.get("author_id"),
            external_id=metadata["external_id"],
            replied_to=_referenced(company, channel, metadata.get("referenced_message_external_id")),
            attachments=sync.attachments,
        )
    )
    kind = "inbound" if sync.is_inbound else "outbound"
    source: Source = "inboxes" if sync.is_inbound else "api"
    company.add_event(conversation, kind, ("message", message.id), source=source)
    return message


def _conversation_for(
    company: Company, channel: Channel, sync: Sync, recipients: list[Recipient]
) -> Conversation:
    external_id = sync.body["metadata"]["external_conversation_id"]
    known = company.state.conversation_with_external_id(channel.id, external_id)
    if known is not None:
        return known
    customer = next(r for r in recipients if (r.role == "from") == sync.is_inbound)
    conversation = company.start_conversation(channel, customer, sync.body.get("subject"))
    company.state.map_thread(conversation, external_id)
    return conversation


def _referenced(company: Company, channel: Channel, external_id: str | None) -> str | None:
    message = company.state.message_with_external_id(channel.id, external_id) if external_id else None
    return message.id if message else None


def _recipients(channel: Channel, sync: Sync) -> list[Recipient]:
    if sync.is_inbound:
        sender = sync.body["sender"]
        return [Recipient(sender["handle"], "from", sender.get("name")), Recipient(channel.address, "to")]
    to = [Recipient(contact["handle"], "to", contact.get("name")) for contact in sync.body["to"]]
    return [Recipient(channel.address, "from", sync.body.get("sender_name")), *to]


def _send_if_kept(company: Company, message: Message) -> None:
    with company.lock:
        is_kept = message.id in company.state.messages
        is_kept = is_kept and not company.state.channels[message.channel_id].is_deleted
    if is_kept:
        send_message(company, message)


def _settle_sent(company: Company, message: Message, external_id: str, external_conversation_id: str) -> None:
    message.status = "sent"
    state = company.state
    if message.id not in state.messages:  # deleted for good while the webhook was under way
        return
    state.name_message(message, external_id)
    known = state.conversation_with_external_id(message.channel_id, external_conversation_id)
    if known is None:
        state.map_thread(state.conversations[message.conversation_id], external_conversation_id)
    elif known.id != message.conversation_id and company.assumptions.answered_elsewhere:
        state.move_message(message, known)
