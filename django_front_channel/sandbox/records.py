"""The records of one company, and the state that finds them by id. No HTTP.

Times are in unix seconds. Ids are Front's, except those called ``external``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any, Literal

Status = Literal["unassigned", "assigned", "archived", "deleted", "spam"]
MessageStatus = Literal["imported", "sending", "sent", "failed", "draft"]
Role = Literal["from", "to", "cc", "bcc"]
Source = Literal["api", "teammate", "inboxes"]


@dataclass(frozen=True)
class Teammate:
    """Somebody who works in Front. A teammate of the type ``api`` is the author of changes by the API."""

    id: str
    email: str
    username: str
    first_name: str
    last_name: str
    type: Literal["user", "api"] = "user"


@dataclass(frozen=True)
class Named:
    """A tag or an inbox."""

    id: str
    name: str


@dataclass(frozen=True)
class Link:
    """A resource outside Front that conversations are linked to."""

    id: str
    external_url: str


@dataclass(frozen=True)
class Attachment:
    """A file of a message or comment."""

    id: str
    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Recipient:
    """One party of a message."""

    handle: str
    role: Role
    name: str | None = None


@dataclass
class Template:
    """An application message template from the integration. The ``id`` is Front's number."""

    id: int
    external_id: str
    name: str
    blurb: str
    is_disabled: bool
    status_name: str
    variable_mappings: list[dict[str, str]]
    template_preview: str


@dataclass
class Call:
    """A phone call. Its ``started_at`` and ``updated_at`` are in unix milliseconds, unlike all other times."""

    external_call_id: str
    parent_external_call_id: str
    direction: Literal["inbound", "outbound"]
    party: dict[str, str]
    status: str
    started_at: float | None = None
    updated_at: float | None = None
    agent_email_address: str | None = None
    summary: str | None = None
    transcript: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[Attachment] = field(default_factory=list)


@dataclass
class Channel:
    """One instance of the app's channel feature. The ``token`` is the token that the admin pasted.

    By external id, ``accepted`` has the message_uid of every sync that was answered 202. The keys of ``templates`` and
    ``calls`` are external ids, too.
    """

    id: str
    name: str
    address: str
    token: str = field(repr=False)
    webhook_url: str
    inbox_id: str
    status: Literal["ok", "offline"] = "ok"
    is_deleted: bool = False
    accepted: dict[str, str] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)


@dataclass(frozen=True)
class Comment:
    """A comment, which teammates write to each other."""

    id: str
    author_id: str | None
    body: str
    posted_at: float
    is_pinned: bool
    attachments: list[Attachment]


@dataclass(frozen=True)
class Event:
    """A change of a conversation. The ``author_id`` is the teammate who made it, if its source is ``teammate``."""

    id: str
    type: str
    emitted_at: float
    source: Source
    author_id: str | None = None
    target_type: str | None = None
    target_id: str | None = None


@dataclass(frozen=True)
class Reminder:
    """A snooze: the conversation comes back to a teammate at ``scheduled_at``."""

    created_at: float
    scheduled_at: float


@dataclass
class Conversation:
    """A conversation of Front.

    * ``external_ids``: the ids of the threads that it holds; a merge adds those of the other conversation
    * ``merged_into``: the id of the conversation that absorbed it
    * ``reminders``: by teammate id
    """

    id: str
    channel_id: str
    created_at: float
    recipient: Recipient
    inbox_id: str
    subject: str | None = None
    status: Status = "unassigned"
    status_id: str | None = None
    assignee_id: str | None = None
    external_ids: list[str] = field(default_factory=list)
    merged_into: str | None = None
    tag_ids: list[str] = field(default_factory=list)
    link_ids: list[str] = field(default_factory=list)
    follower_ids: list[str] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    reminders: dict[str, Reminder] = field(default_factory=dict)
    is_unread: bool = False

    def mark_read(self) -> None:
        """Note that a teammate has read the customer's messages."""
        self.is_unread = False

    def reopen(self) -> None:
        """Show the conversation again: to its assignee, or to everybody."""
        self.status = "assigned" if self.assignee_id else "unassigned"

    def assign(self, teammate_id: str | None) -> None:
        """Assign the conversation to a teammate, or to nobody. An archived conversation stays archived."""
        self.assignee_id = teammate_id
        if self.status in ("assigned", "unassigned"):
            self.reopen()


@dataclass
class Message:
    """A message in Front.

    * ``error``: the text that teammates read if the message could not be delivered
    * ``seen_at``: the time of every report that it was seen
    """

    id: str
    uid: str
    channel_id: str
    conversation_id: str
    type: Literal["custom", "auto_reply"]
    is_inbound: bool
    body: str
    text: str
    created_at: float
    recipients: list[Recipient]
    status: MessageStatus
    subject: str | None = None
    author_id: str | None = None
    external_id: str | None = None
    replied_to: str | None = None
    error: str | None = None
    draft_mode: Literal["private", "shared"] | None = None
    attachments: list[Attachment] = field(default_factory=list)
    seen_at: list[float] = field(default_factory=list)

    def fail(self, reason: str) -> None:
        """Note that the customer did not get the message. Teammates read ``reason``."""
        self.status = "failed"
        self.error = reason


@dataclass(frozen=True)
class Sync:
    """A message from the integration that Front has answered with 202 and not imported yet."""

    uid: str
    channel_id: str
    is_inbound: bool
    body: dict[str, Any]
    attachments: list[Attachment] = field(default_factory=list)


TEAMMATES = (
    Teammate("tea_1", "teammate.one@example.com", "one", "Teammate", "One"),
    Teammate("tea_2", "teammate.two@example.com", "two", "Teammate", "Two"),
)
TAGS = (Named("tag_1", "Urgent"), Named("tag_2", "Refund"), Named("tag_3", "Delivery"))
INBOXES = (Named("inb_1", "Customers"), Named("inb_2", "Partners"))


@dataclass
class State:
    """The records of one company, by id.

    * ``waiting``: the syncs that are not imported yet, by message_uid
    * ``contacts``: the ids of contacts, by handle
    """

    channels: dict[str, Channel] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    waiting: dict[str, Sync] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.teammates = {teammate.id: teammate for teammate in TEAMMATES}
        self.tags = {tag.id: tag for tag in TAGS}
        self.inboxes = {inbox.id: inbox for inbox in INBOXES}
        self._by_uid: dict[str, Message] = {}
        self._by_external_id: dict[tuple[str, str], Message] = {}
        self._in_conversation: dict[str, list[Message]] = {}
        self._threads: dict[tuple[str, str], str] = {}
        for message in self.messages.values():
            self._index(message)
        for conversation in self.conversations.values():
            for external_id in conversation.external_ids:
                self._threads[conversation.channel_id, external_id] = conversation.id

    def channel_with_address(self, address: str) -> Channel | None:
        """Return the channel with the alias ``alt:address:{address}``, or None."""
        return next((c for c in self.channels.values() if c.address == address and not c.is_deleted), None)

    def message_with_uid(self, uid: str) -> Message | None:
        """Return the message with the alias ``alt:uid:{uid}``, or None."""
        return self._by_uid.get(uid)

    def attachment(self, attachment_id: str) -> Attachment | None:
        """Return the file of a message or comment with this id, or None."""
        commented = (each.comments for each in self.conversations.values())
        records: Iterable[Message | Comment] = chain(self.messages.values(), *commented)
        files = (each for record in records for each in record.attachments)
        return next((each for each in files if each.id == attachment_id), None)

    def teammate_with_email(self, email: str) -> Teammate | None:
        """Return the teammate with the alias ``alt:email:{email}``, or None."""
        return next((each for each in self.teammates.values() if each.email == email), None)

    def contact_id(self, handle: str) -> str | None:
        """Return the id of the contact with this handle, or None for a channel's own address."""
        if any(channel.address == handle for channel in self.channels.values()):
            return None
        if handle not in self.contacts:
            self.contacts[handle] = new_id("crd")
        return self.contacts[handle]

    def link_to(self, external_url: str) -> Link:
        """Return the link to ``external_url``. Adds the link if it is missing."""
        known = next((link for link in self.links.values() if link.external_url == external_url), None)
        link = known or Link(new_id("lnk"), external_url)
        return self.links.setdefault(link.id, link)

    def conversation_with_external_id(self, channel_id: str, external_id: str) -> Conversation | None:
        """Return the conversation that holds this external conversation id now, even after merges, or None."""
        conversation_id = self._threads.get((channel_id, external_id))
        return self.conversations[conversation_id] if conversation_id else None

    def message_with_external_id(self, channel_id: str, external_id: str) -> Message | None:
        """Return the channel's first message with this external id, or None."""
        return self._by_external_id.get((channel_id, external_id))

    def add_conversation(self, conversation: Conversation) -> Conversation:
        """Add a conversation, and return it."""
        self.conversations[conversation.id] = conversation
        return conversation

    def add_message(self, message: Message) -> Message:
        """Add a message, and return it. A message from the customer reopens its conversation."""
        self.messages[message.id] = message
        self._index(message)
        if message.is_inbound:
            conversation = self.conversations[message.conversation_id]
            conversation.reopen()
            conversation.is_unread = True
        return message

    def name_message(self, message: Message, external_id: str) -> None:
        """Give a sent message the external id from the integration's answer."""
        message.external_id = external_id
        self._by_external_id.setdefault((message.channel_id, external_id), message)

    def map_thread(self, conversation: Conversation, external_id: str) -> None:
        """Make a new external conversation id belong to a conversation."""
        self._threads[conversation.channel_id, external_id] = conversation.id
        conversation.external_ids.append(external_id)

    def messages_in(self, conversation_id: str) -> list[Message]:
        """Return the messages of a conversation, without drafts, in the order in which Front learned of them."""
        return [each for each in self._in_conversation.get(conversation_id, ()) if not each.draft_mode]

    def drafts_in(self, conversation_id: str) -> list[Message]:
        """Return the drafts of a conversation, oldest first."""
        return [each for each in self._in_conversation.get(conversation_id, ()) if each.draft_mode]

    def merge_conversations(self, survivor: Conversation, absorbed: Conversation) -> None:
        """Move everything of one conversation into another, which survives."""
        self._gather(survivor, self._in_conversation.pop(absorbed.id, []))
        self.move_threads(absorbed, survivor)
        # Front lists comments by age, so those of the two conversations mix.
        survivor.comments = sorted(survivor.comments + absorbed.comments, key=attrgetter("posted_at"))
        survivor.events = sorted(survivor.events + absorbed.events, key=attrgetter("emitted_at"))
        for name in ("tag_ids", "link_ids", "follower_ids"):
            add_missing(getattr(survivor, name), getattr(absorbed, name))
        survivor.is_unread |= absorbed.is_unread
        absorbed.merged_into = survivor.id

    def move_message(self, message: Message, target: Conversation) -> None:
        """Move a message to another conversation, which absorbs the old one if no message is left there."""
        source = self.conversations[message.conversation_id]
        self._in_conversation[source.id].remove(message)
        self._gather(target, [message])
        if not self.messages_in(source.id):
            self.merge_conversations(target, source)

    def move_messages(self, source: Conversation, part: Conversation, messages: list[Message]) -> None:
        """Move ``messages`` from ``source`` to ``part``."""
        self._gather(part, messages)
        self._gather(source, [])

    def move_threads(self, source: Conversation, target: Conversation) -> None:
        """Make the external ids of ``source`` belong to ``target``."""
        external_ids, source.external_ids = source.external_ids, []
        for external_id in external_ids:
            self.map_thread(target, external_id)

    def delete_conversation(self, conversation: Conversation) -> None:
        """Delete a conversation and its messages. Its external ids can be used again."""
        for message in self._in_conversation.pop(conversation.id, []):
            del self.messages[message.id], self._by_uid[message.uid]
            self._by_external_id.pop((message.channel_id, message.external_id or ""), None)
        for external_id in conversation.external_ids:
            del self._threads[conversation.channel_id, external_id]
        del self.conversations[conversation.id]

    def _gather(self, target: Conversation, messages: list[Message]) -> None:
        for message in messages:
            message.conversation_id = target.id
        gathered = [each for each in self.messages.values() if each.conversation_id == target.id]
        self._in_conversation[target.id] = gathered

    def _index(self, message: Message) -> None:
        self._by_uid[message.uid] = message
        self._in_conversation.setdefault(message.conversation_id, []).append(message)
        if message.external_id is not None:
            self._by_external_id.setdefault((message.channel_id, message.external_id), message)


def add_missing(ids: list[Any], more: Iterable[Any]) -> list[Any]:
    """Append the items of ``more`` that ``ids`` lacks, and return them."""
    fresh = [each for each in dict.fromkeys(more) if each not in ids]
    ids += fresh
    return fresh


def new_id(prefix: str) -> str:
    """Return an id such as ``cnv_4c1f09d8a2be``.

    The id is random because one database may hold rows from two runs of the sandbox.
    """
    return f"{prefix}_{secrets.token_hex(6)}"
