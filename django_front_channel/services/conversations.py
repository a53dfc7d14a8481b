"""Read conversations from Front, and change them there.

If Front has merged the conversation into another one, the request goes to that one. Our threads then belong to it, and
``conversation_merged`` is sent. Each function raises ``InvalidArgument`` before anything is sent,
``ChannelUnavailable``, or a ``FrontAPIError``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from django.utils.translation import gettext_lazy as _

from django_front_channel.client.arguments import validate_id
from django_front_channel.core import clock
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.conversations import (
    ASK,
    changes_own_status,
    changes_reminder,
    changes_tags,
    is_alias,
    show_all,
    show_assignee,
    show_reply,
    show_status,
)
from django_front_channel.models import Conversation
from django_front_channel.services.content import as_html, body_fields
from django_front_channel.services.direct import lists_for
from django_front_channel.services.files import StoredFile, stored_files
from django_front_channel.services.verb_availability import in_trash
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

UPDATE = "update-conversation"


@verb(ASK, label=_("Refresh from Front"), effect=show_all)
def refresh(conversation: Conversation) -> Request[Conversation]:
    """Read the conversation from Front, and store its subject, status, assignee and tags.

    Returns the conversation, or the one that absorbed it in a merge. Raises ``ChannelUnavailable`` or a
    ``FrontAPIError``. Source: Core API, "Get conversation".
    """
    return Request()


@verb(UPDATE, label=_("Archive"), effect=show_status)
def archive(conversation: Conversation) -> Request[Conversation]:
    """Archive the conversation. Returns it. Source: Core API, "Update conversation"."""
    return Request(status="archived")


@verb(UPDATE, label=_("Reopen"), effect=show_status)
def reopen(conversation: Conversation) -> Request[Conversation]:
    """Open the conversation again, from the archive or the trash. Returns it.

    Source: Core API, "Update conversation".
    """
    return Request(status="open")


@verb(UPDATE, label=_("Move to trash"), effect=show_status, is_dangerous=True)
def trash(conversation: Conversation) -> Request[Conversation]:
    """Move the conversation to the trash, where its status is ``deleted``. Returns it.

    Source: Core API, "Update conversation".
    """
    return Request(status="deleted")


@verb(UPDATE, label=_("Mark as spam"), effect=show_status, is_dangerous=True)
def spam(conversation: Conversation) -> Request[Conversation]:
    """Mark the conversation as spam. Front's API shows its status as ``deleted``. Returns it.

    Source: Core API, "Update conversation".
    """
    return Request(status="spam")


@verb("delete-conversation", label=_("Delete in Front"), is_dangerous=True, available=in_trash)
def delete(conversation: Conversation) -> Request[Conversation]:
    """Delete a conversation in Front's trash permanently. Returns our row, which stays.

    Raises ``InvalidArgument`` if our row shows it outside the trash. If a teammate has moved it there, ``refresh`` it
    first. Raises ``FrontBadRequestError`` if it is not in Front's trash. Source: Core API, "Delete conversation".
    """
    return Request()


@verb("update-conversation-assignee", label=_("Assign"), effect=show_assignee, asks_after=is_alias)
def assign(conversation: Conversation, *, teammate_id: str) -> Request[Conversation]:
    """Assign the conversation to the teammate ``tea_…`` or ``alt:email:…``. Returns it.

    Source: Core API, "Update conversation assignee".
    """
    return Request(assignee_id=validate_id(teammate_id, "teammate_id"))


@verb("update-conversation-assignee", label=_("Unassign"), effect=show_assignee)
def unassign(conversation: Conversation) -> Request[Conversation]:
    """Remove the assignee. Returns the conversation. Source: Core API, "Update conversation assignee"."""
    return Request(assignee_id=None)


@verb(UPDATE, label=_("Move to inbox"))
def move(conversation: Conversation, *, inbox_id: str) -> Request[Conversation]:
    """Move the conversation to the inbox ``inb_…``. Returns it. Source: Core API, "Update conversation"."""
    return Request(inbox_id=validate_id(inbox_id, "inbox_id"))


@verb(UPDATE, label=_("Set status"), asks_after=changes_own_status)
def set_status(conversation: Conversation, *, status_id: str) -> Request[Conversation]:
    """Set the status ``sts_…`` of a company with ticketing. Returns the conversation.

    Afterwards ``status`` and ``status_category`` are read from Front, by a worker if the first request for them fails.
    Source: Core API, "Update conversation".
    """
    return Request(status_id=validate_id(status_id, "status_id"))


@verb(UPDATE, label=_("Replace custom fields"), is_dangerous=True)
def replace_custom_fields(
    conversation: Conversation, *, custom_fields: Mapping[str, object]
) -> Request[Conversation]:
    """Replace all custom fields of the conversation. Front erases those that you leave out.

    ``custom_fields``  values by the names of the fields in Front, each as JSON of the field's type; dates are in Unix
                       seconds

    Returns the conversation. To change one, read the others first, in the ``raw`` of
    ``client_for(channel).conversations.get()``.
    Source: Core API, "Update conversation"; https://dev.frontapp.com/reference/custom-fields
    """
    return Request(replace_custom_fields=_by_name(custom_fields))


@verb(UPDATE, label=_("Set description"))
def set_description(conversation: Conversation, *, description: str) -> Request[Conversation]:
    """Set the description of a task, at most 65,535 characters. Returns the conversation.

    Raises ``FrontBadRequestError`` for a conversation that is not a task. Source: Core API, "Update conversation".
    """
    if description is None:
        raise InvalidArgument(
            "description must be a str. To remove it, use clear_description.",
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
    """Set when a task is due. Returns the conversation.

    ``due_at``  an aware datetime, in the future and within 50 years

    Raises as ``set_description``. Source: Core API, "Update conversation".
    """
    return Request(due_at=_seconds(due_at, "due_at"))


@verb(UPDATE, label=_("Clear due date"))
def clear_due_date(conversation: Conversation) -> Request[Conversation]:
    """Remove a task's due date. Returns the conversation. Raises as ``set_description``."""
    return Request(due_at=None)


@verb("update-conversation-reminders", label=_("Snooze"), asks_after=changes_reminder)
def remind(
    conversation: Conversation,
    *,
    teammate_id: str,
    scheduled_at: datetime,
    status_id: str | None = None,
) -> Request[Conversation]:
    """Snooze the conversation for a teammate; in a shared inbox, for everybody. Returns it.

    ``teammate_id``   the teammate, ``tea_…``
    ``scheduled_at``  when it comes back; an aware datetime, in the future and within 50 years
    ``status_id``     the waiting status to set, ``sts_…``, if the company has ticketing

    Source: Core API, "Update conversation reminders".
    """
    return Request(
        teammate_id=teammate_id,
        scheduled_at=_seconds(scheduled_at, "scheduled_at"),
        status_id=status_id,
    )


@verb("update-conversation-reminders", label=_("Cancel snooze"), asks_after=changes_reminder)
def cancel_reminder(conversation: Conversation, *, teammate_id: str) -> Request[Conversation]:
    """End the snooze for the teammate ``tea_…``. Returns the conversation.

    Source: Core API, "Update conversation reminders".
    """
    return Request(teammate_id=teammate_id, scheduled_at=None)


@verb("add-conversation-tag", label=_("Add tags"), may_repeat=True, asks_after=changes_tags)
def add_tags(conversation: Conversation, *, tag_ids: Sequence[str]) -> Request[Conversation]:
    """Add the tags ``tag_…``, at least one. Returns the conversation.

    Afterwards the names in ``tags`` are read from Front, by a worker if the first request for them fails. Source: Core
    API, "Add conversation tag".
    """
    return Request(tag_ids=tag_ids)


@verb("remove-conversation-tag", label=_("Remove tags"), asks_after=changes_tags)
def remove_tags(conversation: Conversation, *, tag_ids: Sequence[str]) -> Request[Conversation]:
    """Remove the tags ``tag_…``, at least one. Returns the conversation.

    Afterwards ``tags`` is read as after ``add_tags``. Source: Core API, "Remove conversation tag".
    """
    return Request(tag_ids=tag_ids)


@verb(UPDATE, label=_("Replace all tags"), asks_after=changes_tags, is_dangerous=True)
def replace_tags(conversation: Conversation, *, tag_ids: Sequence[str]) -> Request[Conversation]:
    """Replace all tags of the conversation with ``tag_…``. An empty list removes every tag, including the team's own.

    Returns the conversation. Afterwards ``tags`` is read as after ``add_tags``. Source: Core API, "Update
    conversation".
    """
    if tag_ids is None:
        raise InvalidArgument(
            "tag_ids must be a list; an empty one removes every tag.", code="wrong_type", argument="tag_ids"
        )
    return Request(replace_tag_ids=tag_ids)


@makes_use_of("list-conversation-followers")
def followers(conversation: Conversation) -> Iterator[FrontTeammate]:
    """Yield every teammate who follows the conversation. Source: Core API, "List conversation followers"."""
    return lists_for("followers", conversation).followers(conversation.front_id)


@verb("add-conversation-followers", label=_("Add followers"), may_repeat=True)
def add_followers(
    conversation: Conversation,
    *,
    teammate_ids: Sequence[str],
    ignore_errors: bool | None = None,
) -> Request[Conversation]:
    """Add 1 to 50 followers, teammates ``tea_…``. Returns the conversation.

    With ``ignore_errors``, Front ignores wrong ids and adds the others. Source: Core API, "Add conversation followers".
    """
    return Request(teammate_ids=teammate_ids, ignore_errors=ignore_errors)


@verb("delete-conversation-followers", label=_("Remove followers"))
def remove_followers(conversation: Conversation, *, teammate_ids: Sequence[str]) -> Request[Conversation]:
    """Remove 1 to 50 followers, teammates ``tea_…``. Returns the conversation.

    Source: Core API, "Delete conversation followers".
    """
    return Request(teammate_ids=teammate_ids)


@verb("add-conversation-link", label=_("Add links"), may_repeat=True)
def add_links(
    conversation: Conversation,
    *,
    link_ids: Sequence[str] | None = None,
    link_external_urls: Sequence[str] | None = None,
) -> Request[Conversation]:
    """Add 1 to 10 links, either by their ids ``top_…`` or by URLs. Front creates a link for a new URL.

    Returns the conversation. Source: Core API, "Add conversation link".
    """
    return Request(link_ids=link_ids, link_external_urls=link_external_urls)


@verb("remove-conversation-links", label=_("Remove links"))
def remove_links(conversation: Conversation, *, link_ids: Sequence[str]) -> Request[Conversation]:
    """Remove 1 to 10 links ``top_…``. Returns the conversation. Source: Core API, "Remove conversation links"."""
    return Request(link_ids=link_ids)


@makes_use_of("list-conversation-inboxes")
def inboxes(conversation: Conversation) -> Iterator[FrontInbox]:
    """Yield every inbox that contains the conversation. Source: Core API, "List conversation inboxes"."""
    return lists_for("inboxes", conversation).inboxes(conversation.front_id)


class Written(TypedDict, total=False):
    """Options that replies and drafts have in common.

    ``to``, ``cc``, ``bcc``            handles; by default Front answers the last message
    ``subject``                        the subject, for email channels
    ``author_id``                      the teammate who writes, ``tea_…``
    ``channel_id``                     the channel to send from, ``cha_…``; by default the conversation's own
    ``quote_body``                     the text that is quoted below, for email channels
    ``signature_id``                   the signature, ``sig_…``
    ``should_add_default_signature``   whether to add the author's default signature
    ``attachments``                    files; the whole request has at most 24 MB
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

    ``sender_name``   the name shown instead of the channel's name
    ``text_version``  the body as plain text, for email channels
    ``tag_ids``       tags ``tag_…`` to add to the conversation
    ``archive``       whether to archive the conversation, by default True
    """

    sender_name: str
    text_version: str
    tag_ids: Sequence[str]
    archive: bool


class Draft(Written, total=False):
    """Further options of a draft.

    ``mode``  ``private``, Front's default, so that only the author sees the draft, or ``shared``
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

    ``body``         the text, which may contain Markdown
    ``author_id``    a teammate, ``tea_…`` or ``alt:email:…``; by default the channel is the author
    ``attachments``  files; the whole request has at most 24 MB

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
    """Yield every message of the conversation in Front, the newest first unless ``sort_order`` is ``asc``.

    A page has ``limit`` messages, 1 to 100. Source: Core API, "List conversation messages".
    """
    lists = lists_for("messages", conversation)
    return lists.messages(conversation.front_id, limit=limit, sort_order=sort_order)


@makes_use_of("list-conversation-events")
def events(conversation: Conversation, *, limit: int | None = None) -> Iterator[FrontEvent]:
    """Yield every event of the conversation, the newest first.

    A page has ``limit`` events, 1 to 100. Source: Core API, "List conversation events".
    """
    lists = lists_for("events", conversation)
    return lists.events(conversation.front_id, limit=limit)


@makes_use_of("list-conversation-drafts")
def drafts(conversation: Conversation) -> Iterator[FrontMessage]:
    """Yield the drafts in the conversation. Source: Core API, "List conversation drafts"."""
    return lists_for("drafts", conversation).drafts(conversation.front_id)


@verb("create-draft-reply", label=_("Create draft"), may_repeat=False)
def create_draft(
    conversation: Conversation,
    *,
    text: str | None = None,
    html: str | None = None,
    **options: Unpack[Draft],
) -> Request[FrontMessage]:
    """Write a draft that replies to the last message. Returns the draft.

    ``text`` or ``html``  exactly one; text is escaped, and keeps its line breaks
    ``options``           those of ``Draft``

    Source: Core API, "Create draft reply".
    """
    return Request(body=_html(text, html), **_with_files(options))


@verb(
    "create-message-reply",
    label=_("Reply"),
    may_repeat=False,
    is_dangerous=True,
    effect=show_reply,
    asks_after=changes_tags,
)
def reply(
    conversation: Conversation,
    *,
    text: str | None = None,
    html: str | None = None,
    **options: Unpack[Reply],
) -> Request[AcceptedMessage]:
    """Send a message to the customer, as a teammate would in Front. Returns Front's ``message_uid`` for it.

    Front sends the message to your ``deliver()`` like any teammate's message, so never call this inside ``deliver()``.

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
            "custom_fields must be a mapping from the names of fields in Front to values.",
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
