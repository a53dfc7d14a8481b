"""Messages from the team to customers: written in Front, and sent by the ``message`` webhook."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .http_messages import Json
from .records import Attachment, Conversation, Message, Recipient, new_id
from .triage import Triage


@dataclass(frozen=True)
class Text:
    """What somebody writes. Without ``to``, it is for the customer of the conversation."""

    body: str
    text: str
    subject: str | None = None
    author_id: str | None = None
    sender_name: str | None = None
    to: Sequence[Recipient] = ()
    attachments: list[Attachment] = field(default_factory=list)


class Sending(Triage):
    """What waits to be sent when it starts, is sent."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        for message in self.state.messages.values():
            if message.status == "sending":
                self.send_later(message)

    def write(
        self,
        conversation: Conversation,
        text: Text,
        *,
        kind: Literal["custom", "auto_reply"] = "custom",
        draft_mode: Literal["private", "shared"] | None = None,
    ) -> Message:
        """A message of the team that is not sent yet; the address of the channel comes first in its
        recipients. The lock is held."""
        channel = self.state.channels[conversation.channel_id]
        customer = conversation.recipient
        inbound = [message for message in self.state.messages_in(conversation.id) if message.is_inbound]
        to = text.to or [Recipient(customer.handle, "to", customer.name)]
        return self.state.add_message(
            Message(
                id=new_id("msg"),
                uid=uuid.uuid4().hex,
                channel_id=channel.id,
                conversation_id=conversation.id,
                type=kind,
                is_inbound=False,
                body=text.body,
                text=text.text,
                created_at=self.now(),
                recipients=[Recipient(channel.address, "from", text.sender_name), *to],
                status="draft" if draft_mode else "sending",
                subject=text.subject or conversation.subject,
                author_id=text.author_id,
                replied_to=inbound[-1].id if inbound else None,
                draft_mode=draft_mode,
                attachments=text.attachments,
            )
        )

    def send_later(self, message: Message) -> None:
        """Send it when an import would be due (assumption reply_later)."""
        delay = self.behaviour.import_delay if self.assumptions.reply_later else 0
        self.schedule.add(delay, lambda: self._send_if_kept(message))

    def send(self, message: Message) -> Json:
        """Send the webhook now, and return what ``Sandbox.reply`` does. The lock is not held."""
        with self.lock:
            channel = self.state.channels[message.channel_id]
            document = self.documents.sent_webhook(message)
        reply = self.webhooks.post(channel.webhook_url, self.bearer(channel), document)
        with self.lock:
            self.changed.set()
            if reply.message_refusal is None:
                self._sent(message, reply.document["external_id"], reply.document["external_conversation_id"])
            else:
                message.fail(reply.message_refusal)
            conversation = self.state.conversations.get(message.conversation_id)
            if conversation is not None:
                self._note_outcome(conversation, message)
            return {
                "message_id": message.id,
                "conversation_id": message.conversation_id,
                "status": message.status,
                "error": message.error,
                "external_id": message.external_id,
                "external_conversation_ids": list(conversation.external_ids if conversation else ()),
            }

    def _send_if_kept(self, message: Message) -> None:
        with self.lock:
            is_kept = message.id in self.state.messages
            is_kept = is_kept and not self.state.channels[message.channel_id].is_deleted
        if is_kept:
            self.send(message)

    def _sent(self, message: Message, external_id: str, external_conversation_id: str) -> None:
        message.status = "sent"
        if message.id not in self.state.messages:  # deleted for good while the webhook was under way
            return
        self.state.name_message(message, external_id)
        known = self.state.conversation_with_external_id(message.channel_id, external_conversation_id)
        if known is None:
            self.state.map_thread(self.state.conversations[message.conversation_id], external_conversation_id)
        elif known.id != message.conversation_id and self.assumptions.answered_elsewhere:
            self.state.move_message(message, known)

    def _note_outcome(self, conversation: Conversation, message: Message) -> None:
        kind = "sending_error" if message.status == "failed" else "outbound"
        self.note(conversation, kind, ("message", message.id), author_id=message.author_id)
