"""Front's message objects, read tolerantly: any field may be missing, null or of another type."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django_front_channel.client.arguments import validate_id
from django_front_channel.core import clock
from django_front_channel.core.reasons import Code
from django_front_channel.core.texts import is_blank, plain_filename, storable
from django_front_channel.exceptions import InvalidArgument, PayloadRejected
from django_front_channel.lifecycle.message_payload import MessagePayload
from django_front_channel.plain_text import plain_text
from django_front_channel.webhooks.envelope import Envelope

FRONT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
COMPANY_HOST = re.compile(r"[a-z0-9-]+\.api\.frontapp\.com", re.ASCII)
MAX_RECIPIENTS = 100
MAX_ATTACHMENTS = 50
MAX_EXTERNAL_CONVERSATIONS = 500
YEARS = range(2000, 2101)
LARGEST_SIZE = 2**63 - 1


def read_message(envelope: Envelope, *, cut: bool = False) -> MessagePayload:
    """Read the message of a ``message``, ``message_autoreply`` or ``message_imported`` request.

    ``cut``  cut lists that are too long, because a fact must not be lost

    Raises ``PayloadRejected`` for a list that is too long, unless ``cut`` is True.
    Front's page: dev.frontapp.com/docs/application-webhooks.
    """
    payload, metadata = envelope.payload, envelope.metadata
    recipients = _objects(payload.get("recipients"), MAX_RECIPIENTS, Code.TOO_MANY_RECIPIENTS, cut=cut)
    attachments = _objects(payload.get("attachments"), MAX_ATTACHMENTS, Code.TOO_MANY_ATTACHMENTS, cut=cut)
    related = _object(_object(payload.get("_links")).get("related"))
    author = _object(payload.get("author"))
    own = _external_id(metadata.get("external_conversation_id"))
    said, body = text(payload.get("text")), text(payload.get("body"))
    return MessagePayload(
        id=front_id(payload.get("id")),
        message_uid=text(payload.get("message_uid"))[:500],
        external_id=_external_id(_object(payload.get("metadata")).get("external_id")),
        conversation_id=_linked_id(related.get("conversation")),
        replied_to_id=_linked_id(related.get("message_replied_to")),
        company=_company_host(related.get("conversation")),
        is_inbound=payload.get("is_inbound") is not False,
        created_at=_moment(payload.get("created_at")),
        subject=text(payload.get("subject")),
        text=said,
        body=body,
        plain=plain_text(body) if is_blank(said) else said,
        author_id=front_id(author.get("id")),
        author_name=" ".join(filter(None, (text(author.get("first_name")), text(author.get("last_name")))))[
            :200
        ],
        external_conversation_id=own,
        external_conversation_ids=_external_ids(metadata.get("external_conversation_ids"), own),
        recipients=_recipients(recipients),
        attachments=_attachments(attachments),
    )


def front_id(value: Any) -> str:
    """Return the value if it can be one of Front's ids, else an empty text."""
    return value if isinstance(value, str) and FRONT_ID.fullmatch(value) else ""


def text(value: Any) -> str:
    """Return the value as a text that every database can store, or an empty text if it is not a string."""
    return storable(value) if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any, most: int, too_many: Code, *, cut: bool) -> list[dict[str, Any]]:
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if len(items) > most and not cut:
        raise PayloadRejected(
            f"A list of the message has more than {most} items.", code=too_many, parameters={"most": most}
        )
    return items[:most]


def _external_id(value: Any) -> str:
    try:
        return validate_id(value, "external id")
    except InvalidArgument:
        return ""


def _external_ids(value: Any, own: str) -> tuple[str, ...]:
    """Return all external ids of the conversation, each once. The id of the request comes first."""
    listed = (
        [_external_id(item) for item in value[:MAX_EXTERNAL_CONVERSATIONS]] if isinstance(value, list) else []
    )
    # Front will remove the single id, and it may name a thread that has left the conversation. So the list decides.
    first = [own] if own and (own in listed or not any(listed)) else []
    return tuple(dict.fromkeys(filter(None, [*first, *listed])))


def _linked_id(value: Any) -> str:
    try:
        path = urlsplit(value).path if isinstance(value, str) else ""
    except ValueError:
        return ""
    return front_id(path.rstrip("/").rpartition("/")[2])


def _company_host(value: Any) -> str:
    """Return the company's own host name from one of Front's links; empty for the host that all companies share."""
    try:
        host = urlsplit(value).hostname if isinstance(value, str) else None
    except ValueError:
        return ""
    return host[:200] if host and COMPANY_HOST.fullmatch(host) else ""


def _moment(value: Any) -> datetime | None:
    """Convert seconds or milliseconds since 1970 to a datetime in the models' form; None for any other value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        moment = clock.from_epoch(round((value / 1000 if value > 1e11 else value) * 1_000_000))
    except OverflowError:
        return None
    return moment if moment.year in YEARS else None


def _size(value: Any) -> int | None:
    """Return the value if it is a number of bytes that the column can store, else None."""
    return value if type(value) is int and 0 <= value <= LARGEST_SIZE else None


def _recipients(items: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "handle": text(item.get("handle")),
            "name": text(item.get("name")),
            "role": text(item.get("role")) or "to",
        }
        for item in items
        if text(item.get("handle"))
    ]


def _attachments(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the fields of the ``Attachment`` rows."""
    rows = []
    for position, item in enumerate(items):
        about = _object(item.get("metadata"))
        rows.append(
            {
                "position": position,
                "front_id": front_id(item.get("id")),
                "url": text(item.get("url"))[:1000],
                "filename": plain_filename(text(item.get("filename"))),
                "content_type": text(item.get("content_type"))[:255],
                "size": _size(item.get("size")),
                "is_inline": about.get("is_inline") is True,
                "content_id": text(about.get("cid"))[:255],
            }
        )
    return rows
