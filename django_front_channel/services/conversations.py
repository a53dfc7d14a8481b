"""Ask Front about conversations, and change them.

A conversation that Front has merged is followed into the one that holds it now; our threads then belong to that one,
and ``conversation_merged`` is sent. Each raises ``InvalidArgument`` before anything is sent, ``ChannelUnavailable``, or
a ``FrontAPIError``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from django.utils.translation import gettext_lazy as _

from django_front_channel.client.arguments import validate_id
from django_front_channel.core import clock
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.conversations import ASK, UPDATE
from django_front_channel.models import Conversation
from django_front_channel.services.availability import in_trash
from django_front_channel.services.content import as_html, body_fields
from django_front_channel.services.direct import lists_for
from django_front_channel.services.files import StoredFile, stored_files
from django_front_channel.services.verbs import Request, makes_use_of, verb

if TYPE_CHECKING:
    from django_front_channel.client import (
        AcceptedMessage,
        FrontComment,
        FrontEvent,
        FrontInbox,
        FrontMessage,
        FrontTeammate,
    )


@verb(ASK, label=_("Refresh from Front"))
def refresh(conversation: Conversation) -> Request[Conversation]:
    """Ask Front about the conversation now, and note its subject, status, assignee and tags.

    Returns the conversation that Front answered with: another one when this one was merged into it. Our threads then
    belong to that one, and ``conversation_merged`` is sent.
    Raises ``ChannelUnavailable`` or a ``FrontAPIError``. Source: Core API, "Get conversation".
    """
    return Request()


@verb(UPDATE, label=_("Archive"))
def archive(conversation: Conversation) -> Request[Conversation]:
    """Archive it. Returns the conversation. Source: Core API, "Update conversation"."""
    return Request(status="archived")


@verb(UPDATE, label=_("Reopen"))
def reopen(conversation: Conversation) -> Request[Conversation]:
    """Let the team see it again, from the archive or the trash. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return Request(status="open")


@verb(UPDATE, label=_("Move to trash"), is_dangerous=True)
def trash(conversation: Conversation) -> Request[Conversation]:
    """Move it to the trash, where its status reads ``deleted``. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return Request(status="deleted")


@verb(UPDATE, label=_("Mark as spam"), is_dangerous=True)
def spam(conversation: Conversation) -> Request[Conversation]:
    """Mark it as spam. Front's API has no word for that: the status reads ``deleted``. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return Request(status="spam")


@verb("delete-conversation", label=_("Delete in Front"), is_dangerous=True, available=in_trash)
def delete(conversation: Conversation) -> Request[Conversation]:
    """Delete a conversation in Front's trash for good. Returns our row, which stays.

    Raises ``FrontBadRequestError`` when it is not in the trash. Source: Core API, "Delete conversation".
    """
    return Request()


@verb("update-conversation-assignee", label=_("Assign"))
def assign(conversation: Conversation, *, teammate_id: str) -> Request[Conversation]:
    """Give it to the teammate ``tea_…`` or ``alt:email:…``. Returns the conversation.

    Source: Core API, "Update conversation assignee".
    """
    return Request(assignee_id=validate_id(teammate_id, "teammate_id"))


@verb("update-conversation-assignee", label=_("Unassign"))
def unassign(conversation: Conversation) -> Request[Conversation]:
    """Give it to nobody. Returns the conversation. Source: Core API, "Update conversation assignee"."""
    return Request(assignee_id=None)


@verb(UPDATE, label=_("Move to inbox"))
def move(conversation: Conversation, *, inbox_id: str) -> Request[Conversation]:
    """Move it to the inbox ``inb_…``. Returns the conversation. Source: Core API, "Update conversation"."""
    return Request(inbox_id=validate_id(inbox_id, "inbox_id"))


@verb(UPDATE, label=_("Set status"))
def set_status(conversation: Conversation, *, status_id: str) -> Request[Conversation]:
    """Give it the status ``sts_…`` of a company with ticketing. Returns the conversation.

    Front is asked afterwards what that means for ``status`` and ``status_category``: at once, or by a worker if
    that fails. Source: Core API, "Update conversation".
    """
    return Request(status_id=validate_id(status_id, "status_id"))


@verb(UPDATE, label=_("Replace custom fields"), is_dangerous=True)
def replace_custom_fields(
    conversation: Conversation, *, custom_fields: Mapping[str, object]
) -> Request[Conversation]:
    """Replace all its custom fields. Front erases those that are left out; an empty mapping erases all.

    ``custom_fields``  values by the names that the fields have in Front, each as JSON of the field's type; dates are
                       in unix seconds

    Returns the conversation. To change one, read the others first, in the ``raw`` of
    ``client_for(channel).conversations.get()``.
    Source: Core API, "Update conversation"; https://dev.frontapp.com/reference/custom-fields
    """
    return Request(replace_custom_fields=_by_name(custom_fields))


@verb(UPDATE, label=_("Set description"))
def set_description(conversation: Conversation, *, description: str) -> Request[Conversation]:
    """Describe a task, in at most 65,535 characters. Returns the conversation.

    Raises ``FrontBadRequestError`` for a conversation that is not a task. Source: Core API, "Update conversation".
    """
    if description is None:
        raise InvalidArgument(
            "description must be a str. To take it away, use clear_description.",
            code="wrong_type",
            argument="description",
        )
    return Request(description=description)


@verb(UPDATE, label=_("Clear description"))
def clear_description(conversation: Conversation) -> Request[Conversation]:
    """Remove a task's description. Returns the conversation. Raises as ``set_description``."""
    return Request(description=None)


@verb(UPDATE, label=_("Set due date"))
def set_due_date(conversation: Conversation, *, due_at: datetime) -> Request[Conversation]:
    """Say when a task is due. Returns the conversation.

    ``due_at``  an aware datetime, in the future and within 50 years

    Raises as ``set_description``. Source: Core API, "Update conversation".
    """
    return Request(due_at=_seconds(due_at, "due_at"))


@verb(UPDATE, label=_("Clear due date"))
def clear_due_date(conversation: Conversation) -> Request[Conversation]:
    """Remove a task's due date. Returns the conversation. Raises as ``set_description``."""
    return Request(due_at=None)


@verb("update-conversation-reminders", label=_("Snooze"))
def remind(
    conversation: Conversation,
    *,
    teammate_id: str,
    scheduled_at: datetime,
    status_id: str | None = None,
) -> Request[Conversation]:
    """Snooze it for a teammate; in a shared inbox, for everybody. Returns the conversation.

    ``teammate_id``   ``tea_…``
    ``scheduled_at``  when it comes back; an aware datetime, in the future and within 50 years
    ``status_id``     the waiting status to set, where the company has ticketing

    Source: Core API, "Update conversation reminders".
    """
    return Request(
        teammate_id=teammate_id,
        scheduled_at=_seconds(scheduled_at, "scheduled_at"),
        status_id=status_id,
    )


@verb("update-conversation-reminders", label=_("Cancel snooze"))
def cancel_reminder(conversation: Conversation, *, teammate_id: str) -> Request[Conversation]:
    """End the snooze for the teammate ``tea_…``. Returns the conversation.

    Source: Core API, "Update conversation reminders".
    """
    return Request(teammate_id=teammate_id, scheduled_at=None)


@verb("add-conversation-tag", label=_("Add tags"))
def add_tags(conversation: Conversation, *, tag_ids: Sequence[str]) -> Request[Conversation]:
    """Add the tags ``tag_…``, at least one. Returns the conversation.

    Front is asked afterwards for the names that ``tags`` holds: at once, or by a worker if that fails. Source: Core
    API, "Add conversation tag".
    """
    return Request(tag_ids=tag_ids)


@verb("remove-conversation-tag", label=_("Remove tags"))
def remove_tags(conversation: Conversation, *, tag_ids: Sequence[str]) -> Request[Conversation]:
    """Remove the tags ``tag_…``, at least one. Returns the conversation; its ``tags`` as in ``add_tags``.

    Source: Core API, "Remove conversation tag".
    """
    return Request(tag_ids=tag_ids)


@verb(UPDATE, label=_("Replace all tags"), is_dangerous=True)
def replace_tags(conversation: Conversation, *, tag_ids: Sequence[str]) -> Request[Conversation]:
    """Replace all its tags with ``tag_…``. An empty list removes every tag, also the team's own.

    Returns the conversation; its ``tags`` as in ``add_tags``. Source: Core API, "Update conversation".
    """
    if tag_ids is None:
        raise InvalidArgument(
            "tag_ids must be a list; an empty one removes every tag.", code="wrong_type", argument="tag_ids"
        )
    return Request(replace_tag_ids=tag_ids)


@makes_use_of("list-conversation-followers")
def followers(conversation: Conversation) -> Iterator[FrontTeammate]:
    """Yield every teammate who follows it. Source: Core API, "List conversation followers"."""
    return lists_for("followers", conversation).followers(conversation.front_id)


@verb("add-conversation-followers", label=_("Add followers"))
def add_followers(
    conversation: Conversation,
    *,
    teammate_ids: Sequence[str],
    ignore_errors: bool | None = None,
) -> Request[Conversation]:
    """Add 1 to 50 followers, teammates ``tea_…``. Returns the conversation.

    With ``ignore_errors``, a wrong id does not stop the others. Source: Core API, "Add conversation followers".
    """
    return Request(teammate_ids=teammate_ids, ignore_errors=ignore_errors)


@verb("delete-conversation-followers", label=_("Remove followers"))
def remove_followers(conversation: Conversation, *, teammate_ids: Sequence[str]) -> Request[Conversation]:
    """Remove 1 to 50 followers, teammates ``tea_…``. Returns the conversation.

    Source: Core API, "Delete conversation followers".
    """
    return Request(teammate_ids=teammate_ids)


@verb("add-conversation-link", label=_("Add links"))
def add_links(
    conversation: Conversation,
    *,
    link_ids: Sequence[str] | None = None,
    link_external_urls: Sequence[str] | None = None,
) -> Request[Conversation]:
    """Add 1 to 10 links, by their ids ``top_…`` or by URLs, for which Front creates links if needed.

    Returns the conversation. Source: Core API, "Add conversation link".
    """
    return Request(link_ids=link_ids, link_external_urls=link_external_urls)


@verb("remove-conversation-links", label=_("Remove links"))
def remove_links(conversation: Conversation, *, link_ids: Sequence[str]) -> Request[Conversation]:
    """Remove 1 to 10 links ``top_…``. Returns the conversation. Source: Core API, "Remove conversation links"."""
    return Request(link_ids=link_ids)


@makes_use_of("list-conversation-inboxes")
def inboxes(conversation: Conversation) -> Iterator[FrontInbox]:
    """Yield every inbox that lists it. Source: Core API, "List conversation inboxes"."""
    return lists_for("inboxes", conversation).inboxes(conversation.front_id)


class Written(TypedDict, total=False):
    """Options of a reply and of a draft, besides the text.

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
    attachments: Sequence[StoredFile]


class Reply(Written, total=False):
    """Further options of a reply.

    ``sender_name``   shown instead of the channel's
    ``text_version``  the body once more as plain text, of email channels
    ``tag_ids``       tags ``tag_…`` to add to the conversation
    ``archive``       whether to archive the conversation; by default it is archived
    """

    sender_name: str
    text_version: str
    tag_ids: Sequence[str]
    archive: bool


class Draft(Written, total=False):
    """Further options of a draft.

    ``mode``  ``private``, Front's default, for the author alone, or ``shared``
    """

    mode: Literal["private", "shared"]


@verb("add-comment", label=_("Add comment"), may_repeat=False)
def add_comment(
    conversation: Conversation,
    *,
    body: str,
    author_id: str | None = None,
    is_pinned: bool | None = None,
    attachments: Sequence[StoredFile] = (),
) -> Request[FrontComment]:
    """Write a comment, which only the team sees. Returns the comment.

    ``body``         the words, perhaps with markdown
    ``author_id``    a teammate's ``tea_…`` or ``alt:email:…``; without it the channel is the author
    ``attachments``  a request with files has at most 24 MB

    Source: Core API, "Create comment".
    """
    given = _with_files({"attachments": attachments})
    return Request(body=body, author_id=author_id, is_pinned=is_pinned, **given)


@makes_use_of("list-conversation-comments")
def comments(conversation: Conversation) -> Iterator[FrontComment]:
    """Yield every comment, the newest first. Source: Core API, "List conversation comments"."""
    return lists_for("comments", conversation).comments(conversation.front_id)


@makes_use_of("list-conversation-messages")
def messages(
    conversation: Conversation,
    *,
    limit: int | None = None,
    sort_order: Literal["asc", "desc"] | None = None,
) -> Iterator[FrontMessage]:
    """Yield every message that Front has of it, the newest first unless ``sort_order`` is ``asc``.

    ``limit`` is the size of a page, 1 to 100. Source: Core API, "List conversation messages".
    """
    lists = lists_for("messages", conversation)
    return lists.messages(conversation.front_id, limit=limit, sort_order=sort_order)


@makes_use_of("list-conversation-events")
def events(conversation: Conversation, *, limit: int | None = None) -> Iterator[FrontEvent]:
    """Yield everything that happened in it, the newest first.

    ``limit`` is the size of a page, 1 to 100. Source: Core API, "List conversation events".
    """
    lists = lists_for("events", conversation)
    return lists.events(conversation.front_id, limit=limit)


@makes_use_of("list-conversation-drafts")
def drafts(conversation: Conversation) -> Iterator[FrontMessage]:
    """Yield its drafts. Source: Core API, "List conversation drafts"."""
    return lists_for("drafts", conversation).drafts(conversation.front_id)


@verb("create-draft-reply", label=_("Create draft"), may_repeat=False)
def create_draft(
    conversation: Conversation,
    *,
    text: str | None = None,
    html: str | None = None,
    **options: Unpack[Draft],
) -> Request[FrontMessage]:
    """Write a draft that answers the last message. Returns it.

    ``text`` or ``html``  exactly one; text is escaped, and keeps its line breaks
    ``options``           those of ``Draft``

    Source: Core API, "Create draft reply".
    """
    return Request(body=_html(text, html), **_with_files(options))


@verb("create-message-reply", label=_("Reply"), may_repeat=False, is_dangerous=True)
def reply(
    conversation: Conversation,
    *,
    text: str | None = None,
    html: str | None = None,
    **options: Unpack[Reply],
) -> Request[AcceptedMessage]:
    """Send a message to the customer, as a teammate would in Front. Returns what Front accepted.

    Front sends it to your ``deliver()`` like any teammate's message, so never call this for a message that arrives
    there.

    ``text`` or ``html``  exactly one; text is escaped, and keeps its line breaks
    ``options``           those of ``Reply``; the conversation is archived unless ``archive`` is False

    Source: Core API, "Create message reply".
    """
    given = _with_files(options)
    return Request(body=_html(text, html), text=given.pop("text_version", None), **given)


def _html(text: str | None, html: str | None) -> str:
    body = body_fields(text, html)
    return body["html"] or as_html(body["text"])


def _by_name(custom_fields: Any) -> dict[str, object]:
    is_mapping = isinstance(custom_fields, Mapping)
    if not is_mapping or any(not isinstance(name, str) or not name.strip() for name in custom_fields):
        raise InvalidArgument(
            "custom_fields must be a mapping of the fields' names in Front to their values.",
            code="wrong_type",
            argument="custom_fields",
        )
    return dict(custom_fields)


def _with_files(options: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(options)
    attachments = stored_files(given.pop("attachments", ()), "attachments")
    return {**given, "attachments": attachments} if attachments else given


def _seconds(moment: object, name: str) -> int:
    return int(clock.aware(moment, name).timestamp())
