"""Operations on messages: sync them to Front, report a failure, look one up, download its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import arguments
from .arguments import Contact, optional_id, optional_text, optional_unix_seconds, validate_id, without_none
from .file_streams import BinaryWriter, Destination
from .front_limits import LARGEST_ATTACHMENT
from .operations import Request, ResourceGroup, collection, document, nothing, operation
from .request_bodies import Upload, content_with_attachments, json_content
from .results import AcceptedMessage, DownloadedAttachment, FrontMessage, SeenReceipt


class Messages(ResourceGroup):
    """``client.messages``: operations on messages."""

    @operation(
        "sync-inbound-message",
        "POST",
        "/channels/{channel_id}/inbound_messages",
        status=202,
        reads=document(AcceptedMessage.read),
    )
    def sync_inbound(
        self,
        *,
        sender: Contact,
        body: str,
        external_id: str,
        external_conversation_id: str,
        subject: str | None = None,
        delivered_at: int | None = None,
        referenced_message_external_id: str | None = None,
        attachments: Sequence[Upload] = (),
    ) -> Request:
        """Tell Front about a message from a customer. Returns an ``AcceptedMessage``.

        * ``sender``: ``handle`` and, optionally, ``name`` and ``email``. A phone number begins with ``+`` and the
          country code.
        * ``body``: HTML or plain text.
        * ``external_id``: our id of the message, 1 to 200 characters.
        * ``external_conversation_id``: our id of its thread, 1 to 200 characters.
        * ``delivered_at``: unix seconds.
        * ``referenced_message_external_id``: our id of the message that this one replies to.
        * ``attachments``: files. A request with files may have at most 24,000,000 bytes.

        Front: Channel API, ``sync-inbound-message``.
        """
        said = {
            "sender": arguments.contact(sender, "sender"),
            "subject": optional_text(subject, "subject"),
            "body": arguments.text(body, "body"),
            "delivered_at": optional_unix_seconds(delivered_at, "delivered_at"),
            "metadata": _metadata(external_id, external_conversation_id, referenced_message_external_id),
        }
        return Request(content=content_with_attachments(without_none(said), attachments))

    @operation(
        "sync-outbound-message",
        "POST",
        "/channels/{channel_id}/outbound_messages",
        status=202,
        reads=document(AcceptedMessage.read),
    )
    def sync_outbound(
        self,
        *,
        to: Sequence[Contact],
        body: str,
        external_id: str,
        external_conversation_id: str,
        subject: str | None = None,
        delivered_at: int | None = None,
        sender_name: str | None = None,
        author_id: str | None = None,
        referenced_message_external_id: str | None = None,
        attachments: Sequence[Upload] = (),
    ) -> Request:
        """Tell Front about a message that the team sent outside Front. Returns an ``AcceptedMessage``.

        * ``to``: contacts, each like ``sender`` of ``sync_inbound()``.
        * ``author_id``: a teammate, ``tea_…``.

        The other arguments are those of ``sync_inbound()``. Front: Channel API, ``sync-outbound-message``.
        """
        said = {
            "to": arguments.contacts(to, "to"),
            "sender_name": optional_text(sender_name, "sender_name"),
            "author_id": optional_id(author_id, "author_id"),
            "subject": optional_text(subject, "subject"),
            "body": arguments.text(body, "body"),
            "delivered_at": optional_unix_seconds(delivered_at, "delivered_at"),
            "metadata": _metadata(external_id, external_conversation_id, referenced_message_external_id),
        }
        return Request(content=content_with_attachments(without_none(said), attachments))

    @operation(
        "update-external-message-status",
        "PUT",
        "/channels/{channel_id}/conversations/{conv_ext_id}/messages/{message_ext_id}/status",
        status=204,
        reads=nothing,
    )
    def report_failure(
        self, *, external_conversation_id: str, external_id: str, reason: str | None = None
    ) -> Request:
        """Tell Front that a teammate's message did not reach the customer. Returns None.

        Front reopens the conversation and shows ``reason`` to the team. This works for outbound messages only, and
        ``failed`` is the only status that Front accepts.
        Front: Channel API, ``update-external-message-status``.
        """
        said = {"status": "failed", "reason": None if reason is None else arguments.text(reason, "reason")}
        return Request(
            content=json_content(without_none(said)),
            ids={
                "conv_ext_id": validate_id(external_conversation_id, "external_conversation_id"),
                "message_ext_id": validate_id(external_id, "external_id"),
            },
        )

    @operation("get-message", "GET", "/messages/{message_id}", status=200, reads=document(FrontMessage.read))
    def get(self, message_id: str) -> Request:
        """Return the ``FrontMessage`` with the id ``msg_…`` or ``alt:uid:{message_uid}``.

        Raises ``FrontNotFoundError`` if Front does not have the message, or does not have it yet.
        Front: Core API, ``get-message``.
        """
        return Request(ids={"message_id": validate_id(message_id, "message_id")})

    @operation(
        "download-attachment-for-a-message",
        "GET",
        "/messages/{message_id}/download/{attachment_link_id}",
        status=200,
        reads=DownloadedAttachment.read,
    )
    def download(
        self, message_id: str, attachment_id: str, *, to: BinaryWriter, limit: int = LARGEST_ATTACHMENT
    ) -> Request:
        """Write the file ``fil_…`` of a message to ``to``. Returns a ``DownloadedAttachment``.

        * ``to``: a file that is open in binary mode.
        * ``limit``: bytes, 1 or more. Raises ``FrontAPIError`` when the file is larger.

        Memory holds 64 kB of the file at a time. The client's ``timeout`` covers the whole download. After any error,
        even one that ``to`` raises, discard what was written. When Front redirects to its storage, the JWT is not
        sent there. Front: Core API, ``download-attachment-for-a-message``.
        """
        return Request(
            ids={
                "message_id": validate_id(message_id, "message_id"),
                "attachment_link_id": validate_id(attachment_id, "attachment_id"),
            },
            destination=Destination(arguments.writable(to, "to"), arguments.size(limit, "limit")),
        )

    @collection("get-message-seen-status", "/messages/{message_id}/seen", reads=SeenReceipt.read)
    def seen(self, message_id: str) -> Request:
        """Yield a ``SeenReceipt`` for each person who is known to have seen the message.

        If Front does not know who has seen the message, yields one receipt without a handle.
        Front: Core API, ``get-message-seen-status``.
        """
        return Request(ids={"message_id": validate_id(message_id, "message_id")})

    @operation("mark-message-seen", "POST", "/messages/{message_id}/seen", status=204, reads=nothing)
    def mark_seen(self, message_id: str) -> Request:
        """Tell Front that the customer has seen a message of the team. Returns None.

        Call it only if a person has really seen the message. Front accepts it for outbound messages only, and at most
        10 times an hour for each message. Front: Core API, ``mark-message-seen``.
        """
        return Request(ids={"message_id": validate_id(message_id, "message_id")}, content=json_content({}))


def _metadata(external_id: str, external_conversation_id: str, referenced: str | None) -> dict[str, Any]:
    return without_none(
        {
            "external_id": validate_id(external_id, "external_id"),
            "external_conversation_id": validate_id(external_conversation_id, "external_conversation_id"),
            "referenced_message_external_id": optional_id(referenced, "referenced_message_external_id"),
        }
    )
