"""What is said in a conversation: messages, drafts, comments; and what happened in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from django_front_channel.client import arguments
from django_front_channel.client.arguments import (
    optional_bool,
    optional_id,
    optional_ids,
    optional_text,
    optional_texts,
    without_none,
)
from django_front_channel.client.content import content_with_attachments
from django_front_channel.client.operations import Request, ResourceGroup, collection, operation
from django_front_channel.client.reading import document
from django_front_channel.client.results import AcceptedMessage, FrontMessage
from django_front_channel.client.uploads import Upload

from .results import FrontComment, FrontEvent
from .state import ids_of

SortOrder = Literal["asc", "desc"]
DraftMode = Literal["private", "shared"]

# By the names that Front gives to what is written.
CHECKS: Mapping[str, Callable[[object, str], object]] = {
    "archive": optional_bool,
    "author_id": optional_id,
    "bcc": optional_texts,
    "body": arguments.text,
    "cc": optional_texts,
    "channel_id": optional_id,
    "is_pinned": optional_bool,
    "mode": lambda value, name: arguments.optional_one_of(value, get_args(DraftMode), name),
    "quote_body": optional_text,
    "sender_name": optional_text,
    "should_add_default_signature": optional_bool,
    "signature_id": optional_id,
    "subject": optional_text,
    "tag_ids": optional_ids,
    "text": optional_text,
    "to": optional_texts,
}


class Talk(ResourceGroup):
    @collection(
        "list-conversation-messages", "/conversations/{conversation_id}/messages", reads=FrontMessage.read
    )
    def messages(
        self, conversation_id: str, *, limit: int | None = None, sort_order: SortOrder | None = None
    ) -> Request:
        """Yield every ``FrontMessage`` of the conversation, the newest first unless ``sort_order`` is ``asc``.

        ``limit`` is the size of a page, 1 to 100. Front: Core API, ``list-conversation-messages``.
        """
        query = arguments.page_query(limit)
        if sort_order is not None:
            query["sort_by"] = "created_at"
            query["sort_order"] = arguments.one_of(sort_order, get_args(SortOrder), "sort_order")
        return Request(ids=ids_of(conversation_id), query=query)

    @operation(
        "create-message-reply",
        "POST",
        "/conversations/{conversation_id}/messages",
        status=202,
        reads=document(AcceptedMessage.read),
    )
    def reply(
        self,
        conversation_id: str,
        *,
        body: str,
        to: Sequence[str] | None = None,
        cc: Sequence[str] | None = None,
        bcc: Sequence[str] | None = None,
        sender_name: str | None = None,
        subject: str | None = None,
        author_id: str | None = None,
        channel_id: str | None = None,
        text: str | None = None,
        quote_body: str | None = None,
        tag_ids: Sequence[str] | None = None,
        archive: bool | None = None,
        signature_id: str | None = None,
        should_add_default_signature: bool | None = None,
        attachments: Sequence[Upload] = (),
    ) -> Request:
        """Send a message to the customer, as a teammate would in Front. Returns an ``AcceptedMessage``.

        Front brings it to us again as an outbound message, so never reply to what is delivered here. It archives
        the conversation unless ``archive`` is False. ``to``, ``cc`` and ``bcc`` are handles; ``author_id`` is a
        teammate's ``tea_…``; ``tag_ids`` are added. ``text``, ``quote_body`` and the signature are of email
        channels. With ``attachments`` the request has at most 24 MB. Front: Core API, ``create-message-reply``.
        """
        options = _checked(tag_ids=tag_ids, archive=archive)
        said = _checked(
            author_id=author_id,
            to=to,
            cc=cc,
            bcc=bcc,
            sender_name=sender_name,
            subject=subject,
            channel_id=channel_id,
            body=body,
            text=text,
            quote_body=quote_body,
            signature_id=signature_id,
            should_add_default_signature=should_add_default_signature,
        )
        return _saying(said | ({"options": options} if options else {}), attachments, conversation_id)

    @collection(
        "list-conversation-drafts", "/conversations/{conversation_id}/drafts", reads=FrontMessage.read
    )
    def drafts(self, conversation_id: str) -> Request:
        """Yield the drafts of the conversation, each a ``FrontMessage``.

        Front: Core API, ``list-conversation-drafts``.
        """
        return Request(ids=ids_of(conversation_id))

    @operation(
        "create-draft-reply",
        "POST",
        "/conversations/{conversation_id}/drafts",
        status=200,
        reads=document(FrontMessage.read),
    )
    def create_draft(
        self,
        conversation_id: str,
        *,
        body: str,
        channel_id: str | None = None,
        author_id: str | None = None,
        to: Sequence[str] | None = None,
        cc: Sequence[str] | None = None,
        bcc: Sequence[str] | None = None,
        subject: str | None = None,
        quote_body: str | None = None,
        mode: DraftMode | None = None,
        signature_id: str | None = None,
        should_add_default_signature: bool | None = None,
        attachments: Sequence[Upload] = (),
    ) -> Request:
        """Write a draft that answers the last message. Returns it as a ``FrontMessage``.

        ``channel_id`` is the channel to send it from, by default this client's. ``mode`` is ``private``, Front's
        default, for the author alone, or ``shared``. The rest is as in ``reply()``.
        Front: Core API, ``create-draft-reply``.
        """
        said = _checked(
            author_id=author_id,
            to=to,
            cc=cc,
            bcc=bcc,
            subject=subject,
            channel_id=self._channel_id if channel_id is None else channel_id,
            body=body,
            quote_body=quote_body,
            mode=mode,
            signature_id=signature_id,
            should_add_default_signature=should_add_default_signature,
        )
        return _saying(said, attachments, conversation_id)

    @collection(
        "list-conversation-comments", "/conversations/{conversation_id}/comments", reads=FrontComment.read
    )
    def comments(self, conversation_id: str) -> Request:
        """Yield every ``FrontComment`` of the conversation, the newest first.

        Front: Core API, ``list-conversation-comments``.
        """
        return Request(ids=ids_of(conversation_id))

    @operation(
        "add-comment",
        "POST",
        "/conversations/{conversation_id}/comments",
        status=201,
        reads=document(FrontComment.read),
    )
    def add_comment(
        self,
        conversation_id: str,
        *,
        body: str,
        author_id: str | None = None,
        is_pinned: bool | None = None,
        attachments: Sequence[Upload] = (),
    ) -> Request:
        """Write a comment for the team, perhaps with markdown. Returns the ``FrontComment``.

        ``author_id`` is a teammate's ``tea_…`` or ``alt:email:…``; without it the channel is the author. With
        ``attachments`` the request has at most 24 MB. Front: Core API, ``add-comment``.
        """
        said = _checked(author_id=author_id, body=body, is_pinned=is_pinned)
        return _saying(said, attachments, conversation_id)

    @collection("list-conversation-events", "/conversations/{conversation_id}/events", reads=FrontEvent.read)
    def events(self, conversation_id: str, *, limit: int | None = None) -> Request:
        """Yield every ``FrontEvent`` of the conversation, the newest first.

        ``limit`` is the size of a page, 1 to 100. Front: Core API, ``list-conversation-events``.
        """
        return Request(ids=ids_of(conversation_id), query=arguments.page_query(limit))


def _checked(**said: object) -> dict[str, Any]:
    """Return what was given of the fields ``said``, each as its check leaves it."""
    return without_none({name: CHECKS[name](value, name) for name, value in said.items()})


def _saying(said: Mapping[str, Any], attachments: Sequence[Upload], conversation_id: str) -> Request:
    return Request(content=content_with_attachments(said, attachments), ids=ids_of(conversation_id))
