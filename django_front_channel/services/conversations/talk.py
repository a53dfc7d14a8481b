"""What is said in a conversation, and what happened in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from django_front_channel.models import Conversation
from django_front_channel.services.verbs import carry_out, lists_for

if TYPE_CHECKING:
    from django_front_channel.client import AcceptedMessage, FrontComment, FrontEvent, FrontMessage, Upload


class Written(TypedDict, total=False):
    """What a reply and the draft of one may have besides their text.

    ``to``, ``cc``, ``bcc``            handles; by default Front answers the last message
    ``subject``                        of email channels
    ``author_id``                      the teammate who writes, ``tea_…``
    ``channel_id``                     the channel that it is sent from, by default the conversation's own
    ``quote_body``                     what is quoted below, of email channels
    ``signature_id``                   ``sig_…``
    ``should_add_default_signature``   the author's
    ``attachments``                    a request with files has at most 24 MB
    """

    to: Sequence[str]
    cc: Sequence[str]
    bcc: Sequence[str]
    subject: str
    author_id: str
    channel_id: str
    quote_body: str
    signature_id: str
    should_add_default_signature: bool
    attachments: Sequence[Upload]


class Reply(Written, total=False):
    """What a reply may have besides.

    ``sender_name``   shown instead of the channel's
    ``text_version``  the body once more as plain text, of email channels
    ``tag_ids``       tags ``tag_…`` to add to the conversation
    ``archive``       whether it is archived then; by default it is
    """

    sender_name: str
    text_version: str
    tag_ids: Sequence[str]
    archive: bool


class Draft(Written, total=False):
    """What a draft may have besides.

    ``mode``  ``private``, Front's default, for the author alone, or ``shared``
    """

    mode: Literal["private", "shared"]


def add_comment(
    conversation: Conversation,
    *,
    body: str,
    author_id: str | None = None,
    is_pinned: bool | None = None,
    attachments: Sequence[Upload] = (),
    wait: float = 0.0,
) -> FrontComment:
    """Write a comment, which only the team sees. Returns it.

    ``body``         the words, perhaps with markdown
    ``author_id``    a teammate's ``tea_…`` or ``alt:email:…``; without it the channel is the author
    ``attachments``  a request with files has at most 24 MB

    Source: Core API, "Create comment".
    """
    given = {"body": body, "author_id": author_id, "is_pinned": is_pinned, "attachments": attachments}
    comment: FrontComment = carry_out("conversations.add_comment", conversation, wait=wait, **given).result
    return comment


def comments(conversation: Conversation, *, wait: float = 0.0) -> Iterator[FrontComment]:
    """Yield every comment, the newest first. Source: Core API, "List conversation comments"."""
    return lists_for("conversations.comments", conversation, wait=wait).comments(conversation.front_id)


def messages(
    conversation: Conversation,
    *,
    limit: int | None = None,
    sort_order: Literal["asc", "desc"] | None = None,
    wait: float = 0.0,
) -> Iterator[FrontMessage]:
    """Yield every message that Front has of it, the newest first unless ``sort_order`` is ``asc``.

    ``limit`` is the size of a page, 1 to 100. Source: Core API, "List conversation messages".
    """
    lists = lists_for("conversations.messages", conversation, wait=wait)
    return lists.messages(conversation.front_id, limit=limit, sort_order=sort_order)


def events(
    conversation: Conversation, *, limit: int | None = None, wait: float = 0.0
) -> Iterator[FrontEvent]:
    """Yield everything that happened in it, the newest first.

    ``limit`` is the size of a page, 1 to 100. Source: Core API, "List conversation events".
    """
    lists = lists_for("conversations.events", conversation, wait=wait)
    return lists.events(conversation.front_id, limit=limit)


def drafts(conversation: Conversation, *, wait: float = 0.0) -> Iterator[FrontMessage]:
    """Yield its drafts. Source: Core API, "List conversation drafts"."""
    return lists_for("conversations.drafts", conversation, wait=wait).drafts(conversation.front_id)


def create_draft(
    conversation: Conversation,
    *,
    text: str | None = None,
    html: str | None = None,
    wait: float = 0.0,
    **options: Unpack[Draft],
) -> FrontMessage:
    """Write a draft that answers the last message. Returns it.

    ``text`` or ``html``  exactly one; text is escaped, and keeps its line breaks
    ``options``           those of ``Draft``

    Source: Core API, "Create draft reply".
    """
    done = carry_out("conversations.create_draft", conversation, wait=wait, text=text, html=html, **options)
    draft: FrontMessage = done.result
    return draft


def reply(
    conversation: Conversation,
    *,
    text: str | None = None,
    html: str | None = None,
    wait: float = 0.0,
    **options: Unpack[Reply],
) -> AcceptedMessage:
    """Send a message to the customer, as a teammate would in Front. Returns what Front accepted.

    Front brings it to your ``deliver()`` like any teammate's message, so never reply to what arrives there.

    ``text`` or ``html``  exactly one; text is escaped, and keeps its line breaks
    ``options``           those of ``Reply``; the conversation is archived unless ``archive`` is False

    Source: Core API, "Create message reply".
    """
    done = carry_out("conversations.reply", conversation, wait=wait, text=text, html=html, **options)
    accepted: AcceptedMessage = done.result
    return accepted
