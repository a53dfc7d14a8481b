"""Sync messages to Front, report the outcome of deliveries, and read messages from Front."""

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
from django_front_channel.services.retry_and_cancel import cancel, retry
from django_front_channel.services.rows import check_row, front_name, reread
from django_front_channel.services.sync import store
from django_front_channel.services.verb_availability import seen_by_customers
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
    """Sync a message from a customer to Front.

    The message is stored as queued in your transaction. After the commit, a worker sends it to Front, in the order of
    its thread.

    ``sender``                    a handle, or a ``Contact``
    ``text`` or ``html``          exactly one; both may be missing if there are attachments. Text is escaped, and keeps
                                  its line breaks
    ``external_id``               your id of the message, 1 to 200 characters
    ``external_conversation_id``  your id of its thread, 1 to 200 characters
    ``subject``                   the subject, if the message has one
    ``written_at``                when the message was written; an aware datetime, by default now
    ``in_reply_to``               your id of the message that it replies to
    ``attachments``               files. A ``StoredFile`` is used where it is; Django's ``File``, uploads and other
                                  binary files are copied. The whole request to Front has at most 24 MB
    ``host_data``                 your own data, stored as JSON with the message

    Returns the message. If you repeat an ``external_id`` with the same content and files, returns the existing message.
    Its ``external_conversation_id`` is always set, but ``thread`` may be None until a worker has handled the first
    message of a new thread.

    Raises ``ExternalIdConflict`` if the id was used for other content, ``InvalidArgument`` if Front would refuse the
    message, and the storage's error if a file cannot be copied. Source: Channel API, "Sync inbound message".
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
    """Sync a message to Front that the team sent to customers outside Front.

    It takes the arguments of ``sync_inbound`` without ``sender``, and these:

    ``to``           the handles or contacts that the message was sent to, at least one
    ``author_name``  the name of the person who wrote it, at most 200 characters
    ``author_id``    the teammate who wrote it, ``tea_…``

    A message that came from Front is never sent back: if ``external_id`` is its external id or the delivery id that
    ``deliver()`` returned, that message is returned. Otherwise returns and raises as ``sync_inbound``.
    Source: Channel API, "Sync outbound message".
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
    """Report whether a message from Front was delivered, from a provider's receipt or your own delivery.

    ``message``                   the message; if you do not have it, pass the next two
    ``channel``, ``delivery_id``  the channel, and the id that ``deliver()`` returned
    ``state``                     ``delivered`` or ``failed``
    ``detail``                    for ``failed``, the text that the team reads in Front; None means no detail

    Receipts may arrive late, twice and in any order. If they conflict, ``delivered`` wins.

    Returns the message, or None if no message has this ``delivery_id`` yet. The receipt is then stored, because
    ``deliver()`` may not have returned yet, and a worker matches it to its message later. When no delivery is left that
    it could belong to, the worker drops it and logs that. Raises ``InvalidArgument`` if no message is named, or if it
    did not come from Front.
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
            return found  # nothing more is stored about an erased person
        send_on_commit(record_receipt(found, state, detail, clock.now()))
    return found


@makes_use_of("get-message")
def refresh(message: Message) -> Message:
    """Read the message from Front, and store that it is imported, and in which conversation.

    Returns the message. If the import was not known, ``message_imported`` is sent. Raises ``InvalidArgument`` if Front
    has not accepted the message yet, ``ChannelUnavailable``, ``FrontNotFoundError`` if Front has not imported it yet,
    or another ``FrontAPIError``, for example if the answer is about another message. After an error, nothing is stored.
    Source: Core API, "Get message", with the alias ``alt:uid:``.
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
    """Yield a receipt for each person who has seen the message, or a single one if Front does not know who they are.

    Raises ``InvalidArgument`` if Front has not accepted the message yet, ``ChannelUnavailable`` or a ``FrontAPIError``.
    Source: Core API, "Get message seen status".
    """
    check_row("messages.seen", Message, message)
    return client_for(message.channel).messages.seen(front_name(message))


@verb("mark-message-seen", label=_("Mark as seen"), may_repeat=True, available=seen_by_customers)
def mark_seen(message: Message) -> Request[Message]:
    """Tell Front that the customer has seen a message of the team. Call it only if a person has really seen it.

    Front accepts this for outbound messages only, and 10 times an hour for each message. Returns the message. Raises as
    ``seen``. Source: Core API, "Mark message seen".
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
    """Download a file of a message from Front. Returns its content type and its size in bytes.

    ``attachment_id``  Front's id of the file, ``fil_…``
    ``to``             a file that is open in binary mode. After an error, discard what was written to it
    ``limit``          the greatest size in bytes, by default Front's own limit for a message

    Raises as ``seen``. Source: Core API, "Download attachment from a message".
    """
    check_row("messages.download", Message, message)
    bounds = {} if limit is None else {"limit": limit}
    with closing(client_for(message.channel)) as client:
        return client.messages.download(front_name(message), attachment_id, to=to, **bounds)


def _check_answer(message: Message, found: FrontMessage) -> None:
    """Raise ``FrontAPIError`` if Front's answer cannot be about the message."""
    problem = ""
    if not fits(found.id, LONGEST_ID):
        problem = "It holds no usable message id. Check the API URL."
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
            "Pass the message, or its channel and delivery_id.", code="missing", argument="message"
        )
    names = any_name(channel.pk, kept_delivery_id(delivery_id))
    known = Message.objects.filter(channel=channel, delivery_id__in=names)
    return known.select_related("channel").first()
