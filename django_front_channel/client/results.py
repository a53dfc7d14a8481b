"""The results of the client's methods: Front's objects, read tolerantly.

A field is None or empty when it is missing, null or of another type than Front's OpenAPI files say. Only the id is
always there. The whole JSON object is ``raw``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from .front_limits import LONGEST_UID
from .responses import Response, mapping, mappings


@dataclass(frozen=True)
class AcceptedMessage:
    """A message that Front has accepted and will import asynchronously.

    After the import, ``alt:uid:{message_uid}`` is an alias of the message's id.
    Front: Channel API, response 202 of ``sync-inbound-message`` and ``sync-outbound-message``.
    """

    message_uid: str
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> AcceptedMessage:
        uid = raw.get("message_uid")
        if not isinstance(uid, str) or not 1 <= len(uid) <= LONGEST_UID or not uid.isprintable():
            raise ValueError("The response holds no usable message_uid.")
        return cls(message_uid=uid, raw=raw)


@dataclass(frozen=True)
class FrontAttachment:
    """A file of a message or a comment, ``fil_…``.

    The sender chose ``filename`` and ``content_type``. The ``size`` is in bytes.
    Front: https://dev.frontapp.com/docs/attachments-1
    """

    id: str
    filename: str | None
    content_type: str | None
    size: int | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontAttachment:
        return cls(
            id=_required_id(raw),
            filename=_text(raw.get("filename")),
            content_type=_text(raw.get("content_type")),
            size=_whole_number(raw.get("size")),
            raw=raw,
        )

    @classmethod
    def read_all(cls, value: object) -> tuple[FrontAttachment, ...]:
        # A file without an id cannot be fetched.
        return tuple(cls.read(raw) for raw in mappings(value) if _text(raw.get("id")))


@dataclass(frozen=True)
class FrontMessage:
    """A message as Front has it now.

    * ``external_id``: our id of the message, if Front knows it.
    * ``conversation_id``: the conversation ``cnv_…`` that holds the message.
    * ``error_type``: Front's code for why the message could not be sent.
    * ``draft_mode``: ``private`` or ``shared`` for a draft.
    * ``created_at``: unix seconds.

    Front: Core API, ``get-message``.
    """

    id: str
    message_uid: str | None
    external_id: str | None
    conversation_id: str | None
    is_inbound: bool | None
    error_type: str | None
    draft_mode: str | None
    created_at: float | None
    author_id: str | None
    subject: str | None
    body: str | None = field(repr=False)
    text: str | None = field(repr=False)
    attachments: tuple[FrontAttachment, ...]
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontMessage:
        related = mapping(mapping(raw.get("_links")).get("related"))
        return cls(
            id=_required_id(raw),
            message_uid=_text(raw.get("message_uid")),
            external_id=_text(mapping(raw.get("metadata")).get("external_id")),
            conversation_id=_last_segment(related.get("conversation")),
            is_inbound=_boolean(raw.get("is_inbound")),
            error_type=_text(raw.get("error_type")),
            draft_mode=_text(raw.get("draft_mode")),
            created_at=_number(raw.get("created_at")),
            author_id=_text(mapping(raw.get("author")).get("id")),
            subject=_text(raw.get("subject")),
            body=_text(raw.get("body")),
            text=_text(raw.get("text")),
            attachments=FrontAttachment.read_all(raw.get("attachments")),
            raw=raw,
        )


@dataclass(frozen=True)
class SeenReceipt:
    """A receipt that somebody has seen a message.

    The time ``first_seen_at`` is in unix milliseconds. The ``handle`` is that of the person, if Front knows it.
    Front: Core API, ``get-message-seen-status``.
    """

    first_seen_at: int | None
    handle: str | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> SeenReceipt:
        # Front's OpenAPI file declares a string here, and gives a number as its example.
        given = raw.get("first_seen_at")
        seen_at = str(given) if isinstance(given, str | int) else ""
        return cls(
            first_seen_at=int(seen_at) if seen_at.isascii() and seen_at.isdecimal() else None,
            handle=_text(mapping(raw.get("seen_by")).get("handle")),
            raw=raw,
        )


@dataclass(frozen=True)
class DownloadedAttachment:
    """A file that was written to its destination.

    The ``content_type`` is the header of the response. The ``size`` is in bytes.
    Front: Core API, ``download-attachment-for-a-message``.
    """

    content_type: str | None
    size: int

    @classmethod
    def read(cls, response: Response) -> DownloadedAttachment:
        return cls(content_type=response.headers.get("content-type"), size=response.written)


@dataclass(frozen=True)
class SyncedTemplate:
    """A template of the provider, as Front has it. Front: Channel API, ``applicationMessageTemplate``."""

    template_id: str
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> SyncedTemplate:
        # Front's OpenAPI file declares a number here, and gives a string as its example.
        found = raw.get("template_id")
        if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
            raise ValueError("The response holds no template_id.")
        return cls(template_id=str(found), raw=raw)


@dataclass(frozen=True)
class FrontConversation:
    """A conversation as Front has it now. After a merge, its ``id`` differs from the requested one.

    * ``status``: ``archived``, ``unassigned``, ``deleted`` or ``assigned``.
    * ``status_category``: ``open``, ``waiting`` or ``resolved``.
    * ``external_conversation_ids``: all our ids of the conversation.

    Front: Core API, ``get-conversation-by-id``.
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
        tags = mappings(raw.get("tags"))
        external_ids = mapping(raw.get("metadata")).get("external_conversation_ids")
        return cls(
            id=_required_id(raw),
            subject=_text(raw.get("subject")),
            status=_text(raw.get("status")),
            status_category=_text(raw.get("status_category")),
            assignee_id=_text(mapping(raw.get("assignee")).get("id")),
            tag_ids=_texts(tag.get("id") for tag in tags),
            tag_names=_texts(tag.get("name") for tag in tags),
            external_conversation_ids=_texts(external_ids if isinstance(external_ids, list) else ()),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontComment:
    """A comment, which only the team sees.

    The ``body`` may contain Markdown. The time ``posted_at`` is in unix seconds.
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
            id=_required_id(raw),
            author_id=_text(mapping(raw.get("author")).get("id")),
            body=_text(raw.get("body")),
            posted_at=_number(raw.get("posted_at")),
            is_pinned=_boolean(raw.get("is_pinned")),
            attachments=FrontAttachment.read_all(raw.get("attachments")),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontEvent:
    """Something that happened in a conversation, such as ``assign``.

    The time ``emitted_at`` is in unix seconds. Front: Core API, ``list-conversation-events``.
    """

    id: str
    type: str | None
    emitted_at: float | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontEvent:
        return cls(
            id=_required_id(raw),
            type=_text(raw.get("type")),
            emitted_at=_number(raw.get("emitted_at")),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontTeammate:
    """A teammate, ``tea_…``. Front: Core API, ``list-conversation-followers``."""

    id: str
    email: str | None
    first_name: str | None
    last_name: str | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontTeammate:
        return cls(
            id=_required_id(raw),
            email=_text(raw.get("email")),
            first_name=_text(raw.get("first_name")),
            last_name=_text(raw.get("last_name")),
            raw=raw,
        )


@dataclass(frozen=True)
class FrontInbox:
    """An inbox of Front that lists a conversation, ``inb_…``. Front: Core API, ``list-conversation-inboxes``."""

    id: str
    name: str | None
    is_private: bool | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontInbox:
        return cls(
            id=_required_id(raw),
            name=_text(raw.get("name")),
            is_private=_boolean(raw.get("is_private")),
            raw=raw,
        )


def _required_id(raw: Mapping[str, Any]) -> str:
    if not (found := _text(raw.get("id"))):
        raise ValueError("The response holds no id.")
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # Python reads some JSON numbers, such as 1e400, as infinity.
    return value if -math.inf < value < math.inf else None


def _whole_number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _last_segment(url: object) -> str | None:
    """Return the id at the end of ``url``, one of Front's links."""
    if not isinstance(url, str):
        return None
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2]) or None
    except ValueError:
        return None
