"""What a conversation is, whose it is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from django_front_channel.client import arguments
from django_front_channel.client.arguments import (
    UNSET,
    Unset,
    given,
    optional_id,
    optional_ids,
    validate_id,
    without_none,
)
from django_front_channel.client.content import json_content
from django_front_channel.client.operations import Request, ResourceGroup, operation
from django_front_channel.client.reading import document, nothing
from django_front_channel.exceptions import InvalidArgument

from .results import FrontConversation

Status = Literal["archived", "open", "deleted", "spam"]
LONGEST_DESCRIPTION = 65_535


class State(ResourceGroup):
    @operation(
        "get-conversation-by-id",
        "GET",
        "/conversations/{conversation_id}",
        status=200,
        reads=document(FrontConversation.read),
    )
    def get(self, conversation_id: str) -> Request:
        """Return the ``FrontConversation`` with the id ``cnv_…``, or the one it was merged into.

        Raises ``FrontNotFoundError`` when the channel has nothing to do with it. Front: Core API,
        ``get-conversation-by-id``.
        """
        return Request(ids=ids_of(conversation_id))

    @operation("update-conversation", "PATCH", "/conversations/{conversation_id}", status=204, reads=nothing)
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
        """Change what is given. Returns None.

        ``assignee_id`` None unassigns. Of ``status`` and ``status_id`` (of a company with ticketing) only one is
        allowed. ``replace_tag_ids`` and ``replace_custom_fields`` replace all that the conversation has: to add
        or remove one tag, use ``add_tags()`` and ``remove_tags()``. ``description``, of at most 65,535
        characters, and ``due_at``, in unix seconds, are of tasks only; None clears them.
        Front: Core API, ``update-conversation``.
        """
        if status is not None and status_id is not None:
            raise InvalidArgument("status and status_id exclude each other: pass one of them.")
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
                "due_at": due_at if due_at is UNSET else arguments.optional_unix_time(due_at, "due_at"),
            }
        )
        return Request(content=json_content(arguments.something(said)), ids=ids_of(conversation_id))

    @operation("delete-conversation", "DELETE", "/conversations/{conversation_id}", status=204, reads=nothing)
    def delete(self, conversation_id: str) -> Request:
        """Delete a conversation that is in the trash, for good. Returns None.

        Raises ``FrontBadRequestError`` when it is not in the trash: see ``update(status="deleted")``.
        Front: Core API, ``delete-conversation``.
        """
        return Request(ids=ids_of(conversation_id))

    @operation(
        "update-conversation-assignee",
        "PUT",
        "/conversations/{conversation_id}/assignee",
        status=204,
        reads=nothing,
    )
    def assign(self, conversation_id: str, *, assignee_id: str | None) -> Request:
        """Give the conversation to the teammate ``tea_…``, or with None to nobody. Returns None.

        Front: Core API, ``update-conversation-assignee``.
        """
        said = {"assignee_id": optional_id(assignee_id, "assignee_id")}
        return Request(content=json_content(said), ids=ids_of(conversation_id))

    @operation(
        "update-conversation-reminders",
        "PATCH",
        "/conversations/{conversation_id}/reminders",
        status=204,
        reads=nothing,
    )
    def update_reminder(
        self,
        conversation_id: str,
        *,
        teammate_id: str,
        scheduled_at: float | None,
        status_id: str | None = None,
    ) -> Request:
        """Snooze the conversation for a teammate until ``scheduled_at``; None wakes it. Returns None.

        ``scheduled_at`` is in unix seconds, in the future and within 50 years; in a shared inbox the reminder is
        everybody's. ``status_id`` is the waiting status to set, where the company has ticketing.
        Front: Core API, ``update-conversation-reminders``.
        """
        said: dict[str, Any] = {
            "teammate_id": validate_id(teammate_id, "teammate_id"),
            "scheduled_at": arguments.optional_unix_time(scheduled_at, "scheduled_at"),
        }
        said |= without_none({"status_id": optional_id(status_id, "status_id")})
        return Request(content=json_content(said), ids=ids_of(conversation_id))


def ids_of(conversation_id: str) -> dict[str, str]:
    return {"conversation_id": validate_id(conversation_id, "conversation_id")}


def _all_tags(value: Sequence[str] | None) -> list[str] | None:
    # An empty list is a wish too: it removes every tag. An empty text is a mistake.
    return [] if isinstance(value, list | tuple) and not value else optional_ids(value, "replace_tag_ids")


def _description(value: str | None) -> str | None:
    if value is not None and len(arguments.text(value, "description")) > LONGEST_DESCRIPTION:
        raise InvalidArgument(f"description must have at most {LONGEST_DESCRIPTION} characters.")
    return value
