"""Ask Front about conversations, and change them.

Each verb asks Front at once. A conversation that Front has merged is followed into the one that holds it now; our
threads then belong to that one, and ``conversation_merged`` is sent. Each raises ``InvalidArgument`` before anything is
sent, ``ChannelUnavailable``, or a ``FrontAPIError``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from django_front_channel.models import Conversation
from django_front_channel.services.verbs import carry_out, lists_for

if TYPE_CHECKING:
    from django_front_channel.client import (
        AcceptedMessage,
        FrontComment,
        FrontEvent,
        FrontInbox,
        FrontMessage,
        FrontTeammate,
        Upload,
    )


def refresh(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Ask Front about the conversation now, and note its subject, status, assignee and tags.

    Returns the conversation that Front answered with: another one when this one was merged into it. Our threads then
    belong to that one, and ``conversation_merged`` is sent.
    Raises ``ChannelUnavailable`` or a ``FrontAPIError``. Source: Core API, "Get conversation".
    """
    return carry_out("conversations.refresh", conversation, wait=wait).conversation


def archive(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Archive it. Returns the conversation. Source: Core API, "Update conversation"."""
    return carry_out("conversations.archive", conversation, wait=wait).conversation


def reopen(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Let the team see it again, from the archive or the trash. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return carry_out("conversations.reopen", conversation, wait=wait).conversation


def trash(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Move it to the trash, where its status reads ``deleted``. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return carry_out("conversations.trash", conversation, wait=wait).conversation


def spam(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Mark it as spam; Front has no word for that, and its status reads ``deleted``. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return carry_out("conversations.spam", conversation, wait=wait).conversation


def delete(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Delete, for good, what is in Front's trash. Our row stays, and is returned.

    Raises ``FrontBadRequestError`` when it is not in the trash. Source: Core API, "Delete conversation".
    """
    return carry_out("conversations.delete", conversation, wait=wait).conversation


def assign(conversation: Conversation, *, teammate_id: str, wait: float = 0.0) -> Conversation:
    """Give it to the teammate ``tea_…`` or ``alt:email:…``. Returns the conversation.

    Source: Core API, "Update conversation assignee".
    """
    return carry_out("conversations.assign", conversation, wait=wait, teammate_id=teammate_id).conversation


def unassign(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Give it to nobody. Returns the conversation. Source: Core API, "Update conversation assignee"."""
    return carry_out("conversations.unassign", conversation, wait=wait).conversation


def move(conversation: Conversation, *, inbox_id: str, wait: float = 0.0) -> Conversation:
    """Move it to the inbox ``inb_…``. Returns the conversation. Source: Core API, "Update conversation"."""
    return carry_out("conversations.move", conversation, wait=wait, inbox_id=inbox_id).conversation


def set_status(conversation: Conversation, *, status_id: str, wait: float = 0.0) -> Conversation:
    """Give it the status ``sts_…`` of a company with ticketing. Returns the conversation.

    What that means for ``status`` and ``status_category``, Front is asked afterwards: at once, or by a worker where
    that fails. Source: Core API, "Update conversation".
    """
    return carry_out("conversations.set_status", conversation, wait=wait, status_id=status_id).conversation


def replace_custom_fields(
    conversation: Conversation, *, custom_fields: Mapping[str, object], wait: float = 0.0
) -> Conversation:
    """Let these be all its custom fields: Front erases those that are left out, and all for an empty mapping.

    ``custom_fields``  values by the names that the fields have in Front, each as JSON of its field's type; dates are
                       in unix seconds

    Returns the conversation. To change one, read the others first, in the ``raw`` of
    ``client_for(channel).conversations.get()``.
    Source: Core API, "Update conversation"; https://dev.frontapp.com/reference/custom-fields
    """
    return carry_out(
        "conversations.replace_custom_fields", conversation, wait=wait, custom_fields=custom_fields
    ).conversation


def set_description(conversation: Conversation, *, description: str, wait: float = 0.0) -> Conversation:
    """Describe a task, in at most 65,535 characters. Returns the conversation.

    Raises ``FrontBadRequestError`` for a conversation that is no task. Source: Core API, "Update conversation".
    """
    return carry_out(
        "conversations.set_description", conversation, wait=wait, description=description
    ).conversation


def clear_description(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Take a task's description away. Returns the conversation. Raises as ``set_description``."""
    return carry_out("conversations.clear_description", conversation, wait=wait).conversation


def set_due_date(conversation: Conversation, *, due_at: datetime, wait: float = 0.0) -> Conversation:
    """Say when a task is due. Returns the conversation.

    ``due_at``  an aware datetime, in the future and within 50 years

    Raises as ``set_description``. Source: Core API, "Update conversation".
    """
    return carry_out("conversations.set_due_date", conversation, wait=wait, due_at=due_at).conversation


def clear_due_date(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Let a task be due at no time. Returns the conversation. Raises as ``set_description``."""
    return carry_out("conversations.clear_due_date", conversation, wait=wait).conversation


def remind(
    conversation: Conversation,
    *,
    teammate_id: str,
    scheduled_at: datetime,
    status_id: str | None = None,
    wait: float = 0.0,
) -> Conversation:
    """Snooze it for a teammate; in a shared inbox, for everybody. Returns the conversation.

    ``teammate_id``   ``tea_…``
    ``scheduled_at``  when it comes back; an aware datetime, in the future and within 50 years
    ``status_id``     the waiting status to set, where the company has ticketing

    Source: Core API, "Update conversation reminders".
    """
    given = {"teammate_id": teammate_id, "scheduled_at": scheduled_at, "status_id": status_id}
    return carry_out("conversations.remind", conversation, wait=wait, **given).conversation


def cancel_reminder(conversation: Conversation, *, teammate_id: str, wait: float = 0.0) -> Conversation:
    """Snooze it no more for the teammate ``tea_…``. Returns the conversation.

    Source: Core API, "Update conversation reminders".
    """
    return carry_out(
        "conversations.cancel_reminder", conversation, wait=wait, teammate_id=teammate_id
    ).conversation


def add_tags(conversation: Conversation, *, tag_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Add the tags ``tag_…``, at least one. Returns the conversation.

    Its ``tags`` are names, so Front is asked for them afterwards: at once, or by a worker where that fails.
    Source: Core API, "Add conversation tag".
    """
    return carry_out("conversations.add_tags", conversation, wait=wait, tag_ids=tag_ids).conversation


def remove_tags(conversation: Conversation, *, tag_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Remove the tags ``tag_…``, at least one. Returns the conversation; its ``tags`` as in ``add_tags``.

    Source: Core API, "Remove conversation tag".
    """
    return carry_out("conversations.remove_tags", conversation, wait=wait, tag_ids=tag_ids).conversation


def replace_tags(conversation: Conversation, *, tag_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Let the tags ``tag_…`` be all that it has; an empty list removes every tag, the team's too.

    Returns the conversation; its ``tags`` as in ``add_tags``. Source: Core API, "Update conversation".
    """
    return carry_out("conversations.replace_tags", conversation, wait=wait, tag_ids=tag_ids).conversation


def followers(conversation: Conversation, *, wait: float = 0.0) -> Iterator[FrontTeammate]:
    """Yield every teammate who follows it. Source: Core API, "List conversation followers"."""
    return lists_for("conversations.followers", conversation, wait=wait).followers(conversation.front_id)


def add_followers(
    conversation: Conversation,
    *,
    teammate_ids: Sequence[str],
    ignore_errors: bool | None = None,
    wait: float = 0.0,
) -> Conversation:
    """Let 1 to 50 teammates ``tea_…`` follow it. Returns the conversation.

    ``ignore_errors`` adds the others where an id is wrong. Source: Core API, "Add conversation followers".
    """
    given = {"teammate_ids": teammate_ids, "ignore_errors": ignore_errors}
    return carry_out("conversations.add_followers", conversation, wait=wait, **given).conversation


def remove_followers(
    conversation: Conversation, *, teammate_ids: Sequence[str], wait: float = 0.0
) -> Conversation:
    """Let 1 to 50 teammates ``tea_…`` follow it no more. Returns the conversation.

    Source: Core API, "Delete conversation followers".
    """
    return carry_out(
        "conversations.remove_followers", conversation, wait=wait, teammate_ids=teammate_ids
    ).conversation


def add_links(
    conversation: Conversation,
    *,
    link_ids: Sequence[str] | None = None,
    link_external_urls: Sequence[str] | None = None,
    wait: float = 0.0,
) -> Conversation:
    """Add 1 to 10 links, either by their ids ``top_…`` or by URLs, of which Front makes links where it has none.

    Returns the conversation. Source: Core API, "Add conversation link".
    """
    given = {"link_ids": link_ids, "link_external_urls": link_external_urls}
    return carry_out("conversations.add_links", conversation, wait=wait, **given).conversation


def remove_links(conversation: Conversation, *, link_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Remove 1 to 10 links ``top_…``. Returns the conversation. Source: Core API, "Remove conversation links"."""
    return carry_out("conversations.remove_links", conversation, wait=wait, link_ids=link_ids).conversation


def inboxes(conversation: Conversation, *, wait: float = 0.0) -> Iterator[FrontInbox]:
    """Yield every inbox that lists it. Source: Core API, "List conversation inboxes"."""
    return lists_for("conversations.inboxes", conversation, wait=wait).inboxes(conversation.front_id)


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
