"""What Front answered, read tolerantly: only the id is sure to be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import reading
from .answers import Answer
from .arguments import LONGEST_UID


@dataclass(frozen=True)
class AcceptedMessage:
    """Front has accepted a message and will import it later.

    ``message_uid`` finds the message as ``alt:uid:{message_uid}`` once it is imported; ``raw`` is the answer.
    Front: Channel API, answer 202 of ``sync-inbound-message`` and ``sync-outbound-message``.
    """

    message_uid: str
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> AcceptedMessage:
        uid = raw.get("message_uid")
        if not isinstance(uid, str) or not 1 <= len(uid) <= LONGEST_UID or not uid.isprintable():
            raise ValueError("The answer holds no usable message_uid.")
        return cls(message_uid=uid, raw=raw)


@dataclass(frozen=True)
class FrontAttachment:
    """A file of a message or a comment, ``fil_…``; its name and type are what the sender said.

    ``size`` is in bytes. Front: https://dev.frontapp.com/docs/attachments-1
    """

    id: str
    filename: str | None
    content_type: str | None
    size: int | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> FrontAttachment:
        return cls(
            id=reading.required_id(raw),
            filename=reading.optional_text(raw.get("filename")),
            content_type=reading.optional_text(raw.get("content_type")),
            size=reading.optional_whole(raw.get("size")),
            raw=raw,
        )

    @classmethod
    def read_all(cls, value: object) -> tuple[FrontAttachment, ...]:
        """Read those of the list ``value`` that have an id: the others cannot be fetched."""
        return tuple(cls.read(raw) for raw in reading.mappings(value) if reading.optional_text(raw.get("id")))


@dataclass(frozen=True)
class FrontMessage:
    """A message as Front has it now.

    ``external_id`` is our id of it, where Front knows one; ``conversation_id`` the ``cnv_…`` it is in;
    ``error_type`` Front's word for why sending failed; ``draft_mode`` private or shared for a draft;
    ``created_at`` unix seconds. Front: Core API, ``get-message``.
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
        related = reading.mapping(reading.mapping(raw.get("_links")).get("related"))
        return cls(
            id=reading.required_id(raw),
            message_uid=reading.optional_text(raw.get("message_uid")),
            external_id=reading.optional_text(reading.mapping(raw.get("metadata")).get("external_id")),
            conversation_id=reading.last_segment(related.get("conversation")),
            is_inbound=reading.optional_bool(raw.get("is_inbound")),
            error_type=reading.optional_text(raw.get("error_type")),
            draft_mode=reading.optional_text(raw.get("draft_mode")),
            created_at=reading.optional_number(raw.get("created_at")),
            author_id=reading.optional_text(reading.mapping(raw.get("author")).get("id")),
            subject=reading.optional_text(raw.get("subject")),
            body=reading.optional_text(raw.get("body")),
            text=reading.optional_text(raw.get("text")),
            attachments=FrontAttachment.read_all(raw.get("attachments")),
            raw=raw,
        )


@dataclass(frozen=True)
class SeenReceipt:
    """That somebody saw a message. ``first_seen_at`` is in unix milliseconds; ``handle`` is whose it was.

    Front: Core API, ``get-message-seen-status``.
    """

    first_seen_at: int | None
    handle: str | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> SeenReceipt:
        # Front's file says that this is text, its example there is a number.
        seen_at = str(raw.get("first_seen_at"))
        return cls(
            first_seen_at=int(seen_at) if seen_at.isascii() and seen_at.isdecimal() else None,
            handle=reading.optional_text(reading.mapping(raw.get("seen_by")).get("handle")),
            raw=raw,
        )


@dataclass(frozen=True)
class DownloadedAttachment:
    """A file of a message was written: what its server called its type, and its ``size`` in bytes.

    Front: Core API, ``download-attachment-for-a-message``.
    """

    content_type: str | None
    size: int

    @classmethod
    def read(cls, answer: Answer) -> DownloadedAttachment:
        return cls(content_type=answer.headers.get("content-type"), size=answer.written)


@dataclass(frozen=True)
class SyncedTemplate:
    """A template of the provider as Front keeps it. Front: Channel API, ``applicationMessageTemplate``."""

    template_id: str
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> SyncedTemplate:
        # Front's file says that this is a number, its example there is text.
        found = raw.get("template_id")
        if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
            raise ValueError("The answer holds no template_id.")
        return cls(template_id=str(found), raw=raw)
