"""Operations on Front's conversations that hold messages of the channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from django_front_channel.exceptions import InvalidArgument

from . import arguments
from .arguments import (
    UNSET,
    Unset,
    given,
    optional_bool,
    optional_id,
    optional_ids,
    optional_text,
    optional_texts,
    optional_unix_time,
    validate_id,
    without_none,
)
from .front_limits import LONGEST_DESCRIPTION, MOST_FOLLOWERS, MOST_LINKS
from .operations import Request, ResourceGroup, collection, document, nothing, operation
from .request_bodies import Upload, content_with_attachments, json_content
from .results import (
    AcceptedMessage,
    FrontComment,
    FrontConversation,
    FrontEvent,
    FrontInbox,
    FrontMessage,
    FrontTeammate,
)

Status = Literal["archived", "open", "deleted", "spam"]
SortOrder = Literal["asc", "desc"]
DraftMode = Literal["private", "shared"]

CONVERSATION = "/conversations/{conversation_id}"

# The check of each field of a message, a draft or a comment, by Front's name for the field.
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


class Conversations(ResourceGroup):
    """``client.conversations``: only the conversations that hold messages of the channel.

    Every method takes the id of a conversation, ``cnv_…``. If Front has merged that conversation into another one, the
    method acts on the one that remains.
    """

    @operation(
        "get-conversation-by-id", "GET", CONVERSATION, status=200, reads=document(FrontConversation.read)
    )
    def get(self, conversation_id: str) -> Request:
        """Return the conversation as a ``FrontConversation``.

        After a merge, ``id`` is that of the conversation that absorbed this one. Raises ``FrontNotFoundError`` when
        the conversation holds no message of the channel. Front: Core API, ``get-conversation-by-id``.
        """
        return _request(conversation_id)

    @operation("update-conversation", "PATCH", CONVERSATION, status=204, reads=nothing)
    def update(
        self,
        conversation_id: str,
        *,
        assignee_id: str | Unset | None = UNSET,
        inbox_id: str | None = None,
        status: Status | None = None,
        status_id: str | None = None,
        replace_tag_ids: Sequence[str] | None = None,
        replace_custom_fields: Mapping[str, object] | None = None,
        description: str | Unset | None = UNSET,
        due_at: float | Unset | None = UNSET,
    ) -> Request:
        """Change the fields that you pass. Returns None.

        * ``assignee_id``: a teammate, ``tea_…``. None unassigns the conversation.
        * ``status``, ``status_id``: pass one of them at most. The ``status_id`` is for companies with ticketing.
        * ``replace_tag_ids``, ``replace_custom_fields``: replace all tags or custom fields of the conversation. To add
          or remove single tags, use ``add_tags()`` and ``remove_tags()``.
        * ``description``: at most 65,535 characters. Only tasks have a description. None clears it.
        * ``due_at``: unix seconds, which may have a fraction. Only tasks have a due time. None clears it.

        Front: Core API, ``update-conversation``.
        """
        if status is not None and status_id is not None:
            raise InvalidArgument(
                "status and status_id exclude each other: pass one of them.",
                code="exclusive",
                argument="status",
            )
        said = without_none(
            {
                "inbox_id": optional_id(inbox_id, "inbox_id"),
                "status": arguments.optional_one_of(status, get_args(Status), "status"),
                "status_id": optional_id(status_id, "status_id"),
                "tag_ids": _all_tags(replace_tag_ids),
                "custom_fields": replace_custom_fields,
            }
        )
        said |= given(
            {
                "assignee_id": assignee_id
                if assignee_id is UNSET
                else optional_id(assignee_id, "assignee_id"),
                "description": description if description is UNSET else _description(description),
                "due_at": due_at if due_at is UNSET else optional_unix_time(due_at, "due_at"),
            }
        )
        return _request(conversation_id, arguments.something(said))

    @operation("delete-conversation", "DELETE", CONVERSATION, status=204, reads=nothing)
    def delete(self, conversation_id: str) -> Request:
        """Delete a conversation for good. Returns None.

        Move it to the trash first with ``update(status="deleted")``. Raises ``FrontBadRequestError`` when it is not in
        the trash. Front: Core API, ``delete-conversation``.
        """
        return _request(conversation_id)

    @operation("update-conversation-assignee", "PUT", f"{CONVERSATION}/assignee", status=204, reads=nothing)
    def assign(self, conversation_id: str, *, assignee_id: str | None) -> Request:
        """Assign the conversation to the teammate ``tea_…``, or unassign it with None. Returns None.

        Front: Core API, ``update-conversation-assignee``.
        """
        return _request(conversation_id, {"assignee_id": optional_id(assignee_id, "assignee_id")})

    @operation(
        "update-conversation-reminders", "PATCH", f"{CONVERSATION}/reminders", status=204, reads=nothing
    )
    def update_reminder(
        self,
        conversation_id: str,
        *,
        teammate_id: str,
        scheduled_at: float | None,
        status_id: str | None = None,
    ) -> Request:
        """Snooze the conversation for a teammate, or wake it. Returns None.

        * ``teammate_id``: ``tea_…``. In a shared inbox the reminder is for everybody.
        * ``scheduled_at``: unix seconds, which may have a fraction; in the future, within 50 years. None wakes the
          conversation.
        * ``status_id``: the waiting status to set, when the company has ticketing.

        Front: Core API, ``update-conversation-reminders``.
        """
        said: dict[str, Any] = {
            "teammate_id": validate_id(teammate_id, "teammate_id"),
            "scheduled_at": optional_unix_time(scheduled_at, "scheduled_at"),
        }
        said |= without_none({"status_id": optional_id(status_id, "status_id")})
        return _request(conversation_id, said)

    @collection("list-conversation-messages", f"{CONVERSATION}/messages", reads=FrontMessage.read)
    def messages(
        self, conversation_id: str, *, limit: int | None = None, sort_order: SortOrder | None = None
    ) -> Request:
        """Yield every ``FrontMessage`` of the conversation.

        * ``limit``: the size of a page, 1 to 100.
        * ``sort_order``: ``asc`` yields the oldest first. By default the newest comes first.

        Front: Core API, ``list-conversation-messages``.
        """
        query = arguments.page_query(limit)
        if sort_order is not None:
            query["sort_by"] = "created_at"
            query["sort_order"] = arguments.one_of(sort_order, get_args(SortOrder), "sort_order")
        return _request(conversation_id, query=query)

    @operation(
        "create-message-reply",
        "POST",
        f"{CONVERSATION}/messages",
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
        """Send a message to the customer, as a teammate does in Front. Returns an ``AcceptedMessage``.

        Front also sends this message to our webhook, so do not call ``reply()`` for messages that arrive there.

        * ``body``: HTML or plain text.
        * ``to``, ``cc``, ``bcc``: handles.
        * ``author_id``: a teammate, ``tea_…``.
        * ``tag_ids``: tags to add to the conversation.
        * ``archive``: False keeps Front from archiving the conversation.
        * ``text``, ``quote_body``, ``signature_id``, ``should_add_default_signature``: for email channels.
        * ``attachments``: files. A request with files may have at most 24,000,000 bytes.

        Front: Core API, ``create-message-reply``.
        """
        options = _checked(tag_ids=tag_ids, archive=archive)
        said = _checked(author_id=author_id, to=to, cc=cc, bcc=bcc, sender_name=sender_name)
        said |= _checked(subject=subject, channel_id=channel_id, body=body, text=text, quote_body=quote_body)
        said |= _checked(signature_id=signature_id, should_add_default_signature=should_add_default_signature)
        return _writing(conversation_id, said | ({"options": options} if options else {}), attachments)

    @collection("list-conversation-drafts", f"{CONVERSATION}/drafts", reads=FrontMessage.read)
    def drafts(self, conversation_id: str) -> Request:
        """Yield every draft of the conversation as a ``FrontMessage``.

        Front: Core API, ``list-conversation-drafts``.
        """
        return _request(conversation_id)

    @operation(
        "create-draft-reply", "POST", f"{CONVERSATION}/drafts", status=200, reads=document(FrontMessage.read)
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
        """Write a draft that replies to the last message. Returns it as a ``FrontMessage``.

        * ``channel_id``: the channel to send it from; by default the client's own.
        * ``mode``: ``private`` shows the draft to its author only, ``shared`` to the team. By default, Front chooses
          ``private``.

        The other arguments are those of ``reply()``. Front: Core API, ``create-draft-reply``.
        """
        channel_id = self._channel_id if channel_id is None else channel_id
        said = _checked(author_id=author_id, to=to, cc=cc, bcc=bcc, subject=subject, channel_id=channel_id)
        said |= _checked(body=body, quote_body=quote_body, mode=mode, signature_id=signature_id)
        said |= _checked(should_add_default_signature=should_add_default_signature)
        return _writing(conversation_id, said, attachments)

    @collection("list-conversation-comments", f"{CONVERSATION}/comments", reads=FrontComment.read)
    def comments(self, conversation_id: str) -> Request:
        """Yield every ``FrontComment`` of the conversation, the newest first.

        Front: Core API, ``list-conversation-comments``.
        """
        return _request(conversation_id)

    @operation(
        "add-comment", "POST", f"{CONVERSATION}/comments", status=201, reads=document(FrontComment.read)
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
        """Write a comment, which only the team sees. Returns the ``FrontComment``.

        * ``body``: text, which may contain Markdown.
        * ``author_id``: a teammate, ``tea_…`` or ``alt:email:…``. By default the channel is the author.
        * ``attachments``: files. A request with files may have at most 24,000,000 bytes.

        Front: Core API, ``add-comment``.
        """
        said = _checked(author_id=author_id, body=body, is_pinned=is_pinned)
        return _writing(conversation_id, said, attachments)

    @collection("list-conversation-events", f"{CONVERSATION}/events", reads=FrontEvent.read)
    def events(self, conversation_id: str, *, limit: int | None = None) -> Request:
        """Yield every ``FrontEvent`` of the conversation, the newest first.

        The ``limit`` is the size of a page, 1 to 100. Front: Core API, ``list-conversation-events``.
        """
        return _request(conversation_id, query=arguments.page_query(limit))

    @operation("add-conversation-tag", "POST", f"{CONVERSATION}/tags", status=204, reads=nothing)
    def add_tags(self, conversation_id: str, *, tag_ids: Sequence[str]) -> Request:
        """Add the tags ``tag_…``. Returns None. Front: Core API, ``add-conversation-tag``."""
        return _request(conversation_id, {"tag_ids": arguments.ids(tag_ids, "tag_ids")})

    @operation("remove-conversation-tag", "DELETE", f"{CONVERSATION}/tags", status=204, reads=nothing)
    def remove_tags(self, conversation_id: str, *, tag_ids: Sequence[str]) -> Request:
        """Remove the tags ``tag_…``. Returns None. Front: Core API, ``remove-conversation-tag``."""
        return _request(conversation_id, {"tag_ids": arguments.ids(tag_ids, "tag_ids")})

    @collection("list-conversation-followers", f"{CONVERSATION}/followers", reads=FrontTeammate.read)
    def followers(self, conversation_id: str) -> Request:
        """Yield every follower as a ``FrontTeammate``. Front: Core API, ``list-conversation-followers``."""
        return _request(conversation_id)

    @operation("add-conversation-followers", "POST", f"{CONVERSATION}/followers", status=204, reads=nothing)
    def add_followers(
        self, conversation_id: str, *, teammate_ids: Sequence[str], ignore_errors: bool | None = None
    ) -> Request:
        """Add 1 to 50 teammates ``tea_…`` as followers. Returns None.

        With ``ignore_errors``, Front skips ids that are wrong. Front: Core API, ``add-conversation-followers``.
        """
        ignoring = optional_bool(ignore_errors, "ignore_errors")
        query = {} if ignoring is None else {"ignore_errors": "true" if ignoring else "false"}
        return _request(conversation_id, _teammates(teammate_ids), query)

    @operation(
        "delete-conversation-followers", "DELETE", f"{CONVERSATION}/followers", status=204, reads=nothing
    )
    def remove_followers(self, conversation_id: str, *, teammate_ids: Sequence[str]) -> Request:
        """Remove 1 to 50 followers ``tea_…``. Returns None.

        Front: Core API, ``delete-conversation-followers``.
        """
        return _request(conversation_id, _teammates(teammate_ids))

    @operation("add-conversation-link", "POST", f"{CONVERSATION}/links", status=204, reads=nothing)
    def add_links(
        self,
        conversation_id: str,
        *,
        link_ids: Sequence[str] | None = None,
        link_external_urls: Sequence[str] | None = None,
    ) -> Request:
        """Add 1 to 10 links. Returns None.

        Pass either ``link_ids``, ``top_…``, or ``link_external_urls``: Front creates a link for each URL that it
        does not know yet. Front: Core API, ``add-conversation-link``.
        """
        if (link_ids is None) == (link_external_urls is None):
            raise InvalidArgument(
                "Pass either link_ids or link_external_urls.", code="exclusive", argument="link_ids"
            )
        if link_ids is not None:
            return _request(conversation_id, _links(link_ids))
        urls = arguments.texts(link_external_urls, "link_external_urls")
        if len(urls) > MOST_LINKS:
            raise InvalidArgument(
                f"link_external_urls must have at most {MOST_LINKS} URLs.",
                code="too_long",
                argument="link_external_urls",
            )
        return _request(conversation_id, {"link_external_urls": urls})

    @operation("remove-conversation-links", "DELETE", f"{CONVERSATION}/links", status=204, reads=nothing)
    def remove_links(self, conversation_id: str, *, link_ids: Sequence[str]) -> Request:
        """Remove 1 to 10 links ``top_…``. Returns None. Front: Core API, ``remove-conversation-links``."""
        return _request(conversation_id, _links(link_ids))

    @collection("list-conversation-inboxes", f"{CONVERSATION}/inboxes", reads=FrontInbox.read)
    def inboxes(self, conversation_id: str) -> Request:
        """Yield every inbox that lists the conversation, as a ``FrontInbox``.

        Front: Core API, ``list-conversation-inboxes``.
        """
        return _request(conversation_id)


def _request(
    conversation_id: str, said: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
) -> Request:
    return Request(
        ids={"conversation_id": validate_id(conversation_id, "conversation_id")},
        query=query or {},
        content=None if said is None else json_content(said),
    )


def _writing(conversation_id: str, said: Mapping[str, Any], attachments: Sequence[Upload]) -> Request:
    return _request(conversation_id)._replace(content=content_with_attachments(said, attachments))


def _checked(**said: object) -> dict[str, Any]:
    """Check the fields, and return those that are not None."""
    return without_none({name: CHECKS[name](value, name) for name, value in said.items()})


def _all_tags(value: Sequence[str] | None) -> list[str] | None:
    # An empty list is valid: it removes every tag. An empty str is a mistake.
    return [] if isinstance(value, list | tuple) and not value else optional_ids(value, "replace_tag_ids")


def _description(value: str | None) -> str | None:
    if value is not None and len(arguments.text(value, "description")) > LONGEST_DESCRIPTION:
        raise InvalidArgument(
            f"description must have at most {LONGEST_DESCRIPTION} characters.",
            code="too_long",
            argument="description",
        )
    return value


def _teammates(teammate_ids: Sequence[str]) -> dict[str, list[str]]:
    return {"teammate_ids": arguments.ids(teammate_ids, "teammate_ids", at_most=MOST_FOLLOWERS)}


def _links(link_ids: Sequence[str]) -> dict[str, list[str]]:
    return {"link_ids": arguments.ids(link_ids, "link_ids", at_most=MOST_LINKS)}
