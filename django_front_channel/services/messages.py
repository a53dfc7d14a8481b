"""Tell Front about messages of our system, and what became of Front's own messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, overload

from django.utils.translation import gettext_lazy as _

from django_front_channel.client.arguments import items, validate_id
from django_front_channel.client.front_limits import LONGEST_UID
from django_front_channel.core import clock, database
from django_front_channel.core.pseudonyms import any_name
from django_front_channel.core.texts import fits, storable
from django_front_channel.exceptions import FrontAPIError, InvalidArgument
from django_front_channel.lifecycle import threads
from django_front_channel.lifecycle.attachments import FETCH
from django_front_channel.lifecycle.merges import LONGEST_ID, note_conversation
from django_front_channel.lifecycle.messages import (
    DELIVERED,
    FAILED,
    REPORT_FAILURE,
    kept_delivery_id,
    mark_imported,
    record_receipt,
)
from django_front_channel.models import Channel, Message
from django_front_channel.outbox.announcements import announce, send_on_commit
from django_front_channel.outbox.enqueue import enqueue_receipt
from django_front_channel.services.availability import seen_by_customers
from django_front_channel.services.content import (
    Contact,
    body_fields,
    contact_of,
    host_data_of,
    optional_id,
    optional_text,
    written,
)
from django_front_channel.services.direct import client_for
from django_front_channel.services.files import AnyFile
from django_front_channel.services.retry import cancel, retry
from django_front_channel.services.rows import check_row, front_name, reread
from django_front_channel.services.sync import store
from django_front_channel.services.verbs import Request, makes_use_of, verb

if TYPE_CHECKING:
    from django_front_channel.client import DownloadedAttachment, FrontMessage, SeenReceipt
    from django_front_channel.client.file_streams import BinaryWriter

__all__ = [
    "AnyContact",
    "cancel",
    "download",
    "mark_seen",
    "refresh",
    "report_delivery",
    "retry",
    "seen",
    "sync_inbound",
    "sync_outbound",
]

AnyContact = str | Contact | Mapping[str, str]


@makes_use_of("sync-inbound-message")
def sync_inbound(
    channel: Channel,
    *,
    sender: AnyContact,
    text: str | None = None,
    html: str | None = None,
    external_id: str,
    external_conversation_id: str,
    subject: str | None = None,
    written_at: datetime | None = None,
    in_reply_to: str | None = None,
    attachments: Sequence[AnyFile] = (),
    host_data: dict[str, Any] | None = None,
) -> Message:
    """Tell Front about a message that a customer sent.

    Writes a queued message into the caller's transaction. A worker tells Front after the commit, in the order of the
    thread.

    ``sender``                    a handle, or a ``Contact``
    ``text`` or ``html``          exactly one, or with attachments none; text is escaped, and keeps its line breaks
    ``external_id``               your id of the message, 1 to 200 characters
    ``external_conversation_id``  your id of its thread, 1 to 200 characters
    ``written_at``                when it was written; an aware datetime, by default now
    ``in_reply_to``               your id of the message that it answers
    ``attachments``               files that are copied: Django's ``File``, an upload, any that is open in binary mode;
                                  or a ``StoredFile``, by reference. The whole request to Front has at most 24 MB
    ``host_data``                 yours to keep with the message

    Returns the message; for a repeated ``external_id`` with the same content and files, the one that exists. Its
    ``external_conversation_id`` is always set; its ``thread`` may be None until a worker has seen a new thread's first
    message.

    Raises ``ExternalIdConflict`` when the id was used for other content, ``InvalidArgument`` for what Front would
    refuse, and what the storage raises that cannot take a file. Source: Channel API, "Sync inbound message".
    """
    check_row("messages.sync_inbound", Channel, channel)
    message = Message(
        channel=channel,
        direction=Message.Direction.INBOUND,
        sender=contact_of(channel, sender, "sender"),
        subject=optional_text(subject, "subject"),
        written_at=written(written_at),
        in_reply_to=optional_id(in_reply_to, "in_reply_to"),
        host_data=host_data_of(host_data),
        **body_fields(text, html, has_files=bool(attachments)),
    )
    return store(message, external_id, external_conversation_id, attachments)


@makes_use_of("sync-outbound-message")
def sync_outbound(
    channel: Channel,
    *,
    to: Sequence[AnyContact],
    text: str | None = None,
    html: str | None = None,
    external_id: str,
    external_conversation_id: str,
    author_name: str | None = None,
    author_id: str | None = None,
    subject: str | None = None,
    written_at: datetime | None = None,
    in_reply_to: str | None = None,
    attachments: Sequence[AnyFile] = (),
    host_data: dict[str, Any] | None = None,
) -> Message:
    """Tell Front about a message that the team sent to customers outside Front.

    As ``sync_inbound``, with ``to``, the handles or contacts it went to; ``author_name``, who wrote it; and
    ``author_id``, the teammate of Front who did (``tea_…``). An echo is never sent back: when ``external_id`` is
    that of a message that came from Front, or the delivery id that its delivery returned, that message is
    returned. Source: Channel API, "Sync outbound message".
    """
    check_row("messages.sync_outbound", Channel, channel)
    echoed = _echo(channel, validate_id(external_id, "external_id"))
    if echoed is not None:
        return echoed
    message = Message(
        channel=channel,
        direction=Message.Direction.OUTBOUND,
        to=[contact_of(channel, contact, f"to[{index}]") for index, contact in enumerate(items(to, "to"))],
        author_name=optional_text(author_name, "author_name", 200),
        author_id=optional_text(author_id, "author_id", 64),
        subject=optional_text(subject, "subject"),
        written_at=written(written_at),
        in_reply_to=optional_id(in_reply_to, "in_reply_to"),
        host_data=host_data_of(host_data),
        **body_fields(text, html, has_files=bool(attachments)),
    )
    return store(message, external_id, external_conversation_id, attachments)


@overload
def report_delivery(
    message: Message, *, state: Literal["delivered", "failed"], detail: str | None = ""
) -> Message: ...


@overload
def report_delivery(
    *, channel: Channel, delivery_id: str, state: Literal["delivered", "failed"], detail: str | None = ""
) -> Message | None: ...


@makes_use_of(REPORT_FAILURE)
def report_delivery(
    message: Message | None = None,
    *,
    channel: Channel | None = None,
    delivery_id: str | None = None,
    state: Literal["delivered", "failed"],
    detail: str | None = "",
) -> Message | None:
    """Report what became of a message of Front: the provider's receipt, or your own delivery.

    Name the message, or ``channel`` and the ``delivery_id`` that ``deliver()`` returned. ``detail``, for
    ``failed``, is what the team reads in Front; ``None`` means no detail. Receipts may come late, twice and in any
    order. If they conflict, ``delivered`` wins.

    Returns the message, or None if no message has this ``delivery_id`` yet. The receipt is then kept, because
    ``deliver()`` may not have returned yet, and the worker gives it to its message. If no earlier delivery can be
    meant any longer, the worker drops it and logs that. Raises ``InvalidArgument`` when no message is named, or one
    that did not come from Front.
    """
    if state not in (DELIVERED, FAILED):
        raise InvalidArgument('state must be "delivered" or "failed".', code="not_allowed", argument="state")
    if not isinstance(detail, str | None):
        raise InvalidArgument(
            f"detail must be a str, not {type(detail).__name__}.", code="wrong_type", argument="detail"
        )
    detail = detail or ""
    for kind, given in ((Message, message), (Channel, channel)):
        if given is not None:
            check_row("messages.report_delivery", kind, given)
    with database.atomic():
        found = message or _delivered_as(channel, delivery_id)
        if found is None:
            assert channel is not None
            enqueue_receipt(channel, kept_delivery_id(delivery_id), state, storable(detail))
            return None
        if not found.is_from_front:
            raise InvalidArgument(
                "Only messages that came from Front are delivered. This one came from the host.",
                code="not_from_front",
                argument="message",
            )
        reread(found, "erased_at")
        if found.erased_at is not None:
            return found  # nothing more is kept about its person
        send_on_commit(record_receipt(found, state, detail, clock.now()))
    return found


@makes_use_of("get-message")
def refresh(message: Message) -> Message:
    """Ask Front about the message now, and note what it says: that it is imported, and in which conversation.

    Returns the message; ``message_imported`` is sent if that is new. Raises ``InvalidArgument`` while Front has not
    accepted it, ``ChannelUnavailable``, ``FrontNotFoundError`` while Front has not imported it, or another
    ``FrontAPIError``, also if the answer is about another message; nothing is noted then. Source: Core API, "Get
    message", with the alias ``alt:uid:``.
    """
    check_row("messages.refresh", Message, message)
    with closing(client_for(message.channel)) as client:
        found = client.messages.get(front_name(message))
    _check_answer(message, found)
    with database.hidden_conflicts_told(), database.atomic():
        if found.conversation_id:
            threads.attach([message])
            note_conversation(message.channel, [message.external_conversation_id], found.conversation_id)
        uid = found.message_uid if found.message_uid and fits(found.message_uid, LONGEST_UID) else ""
        imported = mark_imported(message, found.id, uid, now=clock.now())
        message.refresh_from_db()
        if imported:
            known = {"message": message, "conversation": message.conversation, "event": None}
            send_on_commit(announce("message_imported", message.channel, now=clock.now(), **known))
    return message


@makes_use_of("get-message-seen-status")
def seen(message: Message) -> Iterator[SeenReceipt]:
    """Yield a receipt for each person known to have seen the message; if Front does not know who, only one.

    Raises ``InvalidArgument`` while Front has not accepted it, ``ChannelUnavailable`` or a ``FrontAPIError``.
    Source: Core API, "Get message seen status".
    """
    check_row("messages.seen", Message, message)
    return client_for(message.channel).messages.seen(front_name(message))


@verb("mark-message-seen", label=_("Mark as seen"), available=seen_by_customers)
def mark_seen(message: Message) -> Request[Message]:
    """Tell Front that the customer has seen a message of the team. Only when a person really did.

    Front takes 10 reports per message and hour, and outbound messages only. Returns the message. Raises as ``seen``.
    Source: Core API, "Mark message seen".
    """
    return Request()


@makes_use_of(FETCH)
def download(
    message: Message,
    *,
    attachment_id: str,
    to: BinaryWriter,
    limit: int | None = None,
) -> DownloadedAttachment:
    """Write the file ``fil_…`` of a message to ``to``, which is open in binary mode. Returns what was written.

    ``limit`` is in bytes, by default what Front lets a message carry. After an error, discard what was written.
    Raises as ``seen``. Source: Core API, "Download attachment from a message".
    """
    check_row("messages.download", Message, message)
    bounds = {} if limit is None else {"limit": limit}
    with closing(client_for(message.channel)) as client:
        return client.messages.download(front_name(message), attachment_id, to=to, **bounds)


def _check_answer(message: Message, found: FrontMessage) -> None:
    """Raise ``FrontAPIError`` where what Front answered cannot be about the message."""
    problem = ""
    if not fits(found.id, LONGEST_ID):
        problem = "It names the message by what is no id of Front's. Check the API URL."
    elif others := Message.objects.filter(channel=message.channel, front_id=found.id).exclude(pk=message.pk):
        problem = f"It names {found.id}, which is message {others[0].pk} here. Compare both with Front."
    if problem:
        raise FrontAPIError("The answer cannot be used", operation="get-message", detail=problem)


def _echo(channel: Channel, external_id: str) -> Message | None:
    from_front = Message.objects.exclude(source=Message.Source.HOST)
    of_channel = from_front.filter(channel=channel)
    names = any_name(channel.pk, external_id)
    return (
        of_channel.filter(external_id__in=names).first() or of_channel.filter(delivery_id__in=names).first()
    )


def _delivered_as(channel: Channel | None, delivery_id: str | None) -> Message | None:
    if channel is None or not delivery_id:
        raise InvalidArgument(
            "Name the message, or its channel and delivery_id.", code="missing", argument="message"
        )
    names = any_name(channel.pk, kept_delivery_id(delivery_id))
    known = Message.objects.filter(channel=channel, delivery_id__in=names)
    return known.select_related("channel").first()
