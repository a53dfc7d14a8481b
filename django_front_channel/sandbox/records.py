"""The records of a Front company. Times are in unix seconds; ids are Front's, but where ``external``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["unassigned", "assigned", "archived", "deleted", "spam"]
MessageStatus = Literal["imported", "sending", "sent", "failed", "draft"]
Role = Literal["from", "to", "cc", "bcc"]
Source = Literal["api", "teammate", "inboxes"]


@dataclass(frozen=True)
class Teammate:
    """Somebody who works in Front. ``type`` is ``api`` for what no person has done."""

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
    """An application message template, as the integration has told it; ``id`` is Front's number."""

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
    """A phone call. Unlike elsewhere, ``started_at`` and ``updated_at`` are in milliseconds."""

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
    """One instance of the app's channel feature. ``token`` is what the admin pasted.

    ``accepted`` has the message_uid of every sync that was answered 202, ``templates`` and ``calls`` what the
    integration has told of them, all by external id.
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
    """What teammates say to each other."""

    id: str
    author_id: str | None
    body: str
    posted_at: float
    is_pinned: bool
    attachments: list[Attachment]


@dataclass(frozen=True)
class Event:
    """Something that happened to a conversation. ``author_id`` is the teammate of the source ``teammate``."""

    id: str
    type: str
    emitted_at: float
    source: Source
    author_id: str | None = None
    target_type: str | None = None
    target_id: str | None = None


@dataclass(frozen=True)
class Reminder:
    """A conversation is snoozed for a teammate until ``scheduled_at``."""

    created_at: float
    scheduled_at: float


@dataclass
class Conversation:
    """A thread in Front. ``external_ids`` grow by merging; ``merged_into`` names the one that absorbed it.
    ``reminders`` are by teammate id."""

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
        """A teammate has seen what the customer wrote."""
        self.is_unread = False

    def reopen(self) -> None:
        """Put it back where its assignee, or everybody, sees it."""
        self.status = "assigned" if self.assignee_id else "unassigned"

    def assign(self, teammate_id: str | None) -> None:
        """Give it to a teammate, or to nobody; what is archived stays archived."""
        self.assignee_id = teammate_id
        if self.status in ("assigned", "unassigned"):
            self.reopen()


@dataclass
class Message:
    """A message in Front. ``error`` is the text that teammates read when it could not be delivered;
    ``seen_at`` has the time of every report that it was seen."""

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
        """Not delivered to the customer; teammates read ``reason``."""
        self.status = "failed"
        self.error = reason


@dataclass(frozen=True)
class Sync:
    """A message that the integration told Front about, answered 202 and not imported yet."""

    uid: str
    channel_id: str
    is_inbound: bool
    body: dict[str, Any]
    attachments: list[Attachment] = field(default_factory=list)
