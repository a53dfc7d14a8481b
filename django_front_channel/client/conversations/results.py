"""What Front answers about conversations, read tolerantly: only the id is sure to be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django_front_channel.client import reading
from django_front_channel.client.results import FrontAttachment


@dataclass(frozen=True)
class FrontConversation:
    """A conversation as Front has it now; after a merge its ``id`` is not the one asked for.

    ``status`` is archived, unassigned, deleted or assigned; ``status_category`` open, waiting or resolved;
    ``external_conversation_ids`` all our ids of it. Front: Core API, ``get-conversation-by-id``.
    """

    id: str
    subject: str | None
    status: str | None
    status_category: str | None
    assignee_id: str | None
    tag_ids: tuple[str, ...]
    tag_names: tuple[str, ...]
    external_conversation_ids: tuple[str, ...]
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontConversation:
        tags = reading.mappings(raw.get("tags"))
        external_ids = reading.mapping(raw.get("metadata")).get("external_conversation_ids")
        return cls(
            id=reading.required_id(raw),
            subject=reading.optional_text(raw.get("subject")),
            status=reading.optional_text(raw.get("status")),
            status_category=reading.optional_text(raw.get("status_category")),
            assignee_id=reading.optional_text(reading.mapping(raw.get("assignee")).get("id")),
            tag_ids=reading.texts(tag.get("id") for tag in tags),
            tag_names=reading.texts(tag.get("name") for tag in tags),
            external_conversation_ids=reading.texts(external_ids if isinstance(external_ids, list) else ()),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontComment:
    """A comment, which only the team sees. ``posted_at`` is in unix seconds; ``body`` may hold markdown.

    Front: Core API, ``list-conversation-comments``.
    """

    id: str
    author_id: str | None
    body: str | None = field(repr=False)
    posted_at: float | None
    is_pinned: bool | None
    attachments: tuple[FrontAttachment, ...]
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontComment:
        return cls(
            id=reading.required_id(raw),
            author_id=reading.optional_text(reading.mapping(raw.get("author")).get("id")),
            body=reading.optional_text(raw.get("body")),
            posted_at=reading.optional_number(raw.get("posted_at")),
            is_pinned=reading.optional_bool(raw.get("is_pinned")),
            attachments=FrontAttachment.read_all(raw.get("attachments")),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontEvent:
    """Something that happened in a conversation, such as ``assign``. ``emitted_at`` is in unix seconds.

    Front: Core API, ``list-conversation-events``.
    """

    id: str
    type: str | None
    emitted_at: float | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontEvent:
        return cls(
            id=reading.required_id(raw),
            type=reading.optional_text(raw.get("type")),
            emitted_at=reading.optional_number(raw.get("emitted_at")),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontTeammate:
    """Somebody who works in Front, ``tea_…``. Front: Core API, ``list-conversation-followers``."""

    id: str
    email: str | None
    first_name: str | None
    last_name: str | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontTeammate:
        return cls(
            id=reading.required_id(raw),
            email=reading.optional_text(raw.get("email")),
            first_name=reading.optional_text(raw.get("first_name")),
            last_name=reading.optional_text(raw.get("last_name")),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontInbox:
    """A place in Front where a conversation is listed, ``inb_…``. Front: Core API, ``list-conversation-inboxes``."""

    id: str
    name: str | None
    is_private: bool | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontInbox:
        return cls(
            id=reading.required_id(raw),
            name=reading.optional_text(raw.get("name")),
            is_private=reading.optional_bool(raw.get("is_private")),
            raw=raw,
        )
