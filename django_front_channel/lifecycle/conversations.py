"""Our rows of Front's conversations: the effects of requests on them, and which requests leave them out of date.

An effect gets the requests of all verbs with the same operation, so it looks at the arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from django_front_channel.core import clock
from django_front_channel.core.texts import storable
from django_front_channel.lifecycle.effects import Done
from django_front_channel.lifecycle.merges import LONGEST_ID
from django_front_channel.models import Conversation, Message
from django_front_channel.outbox.enqueue import enqueue_request

ASK = "get-conversation-by-id"
# Front's prefix for a teammate who is not named by id, such as ``alt:email:rita@example.com``.
ALIAS = "alt:"
LONGEST_STATUS = 32
# The status that Front shows after each status that was written. Spam is shown as deleted.
WRITTEN_STATUSES = {"archived": "archived", "deleted": "deleted", "spam": "deleted"}


def show_all(done: Done) -> None:
    """Show what Front says about the conversation. Its texts stay blank if somebody in it was erased."""
    row, found = _row(done), done.result
    row.update(
        subject=storable(found.subject or ""),
        status=storable(found.status or "")[:LONGEST_STATUS],
        status_category=storable(found.status_category or "")[:LONGEST_STATUS],
        assignee_id=storable(found.assignee_id or "")[:LONGEST_ID],
        tags=[storable(name) for name in found.tag_names],
        refreshed_at=clock.here(),
    )
    if done.conversation is not None and _holds_erased(done.conversation):
        row.update(subject="", tags=[])


def show_status(done: Done) -> None:
    """Show the status that was written, if one was."""
    status = done.arguments.get("status")
    if status == "open":
        row = _row(done)
        row.filter(assignee_id="").update(status="unassigned", status_category="open")
        row.exclude(assignee_id="").update(status="assigned", status_category="open")
    elif status is not None:
        _resolve(done, WRITTEN_STATUSES[status])


def show_assignee(done: Done) -> None:
    """Show the assignee, and the status of an open conversation. An archived one stays archived."""
    assignee_id = done.arguments["assignee_id"]
    if is_alias(done.arguments):
        return
    row = _row(done)
    row.update(assignee_id=assignee_id or "")
    is_open = row.filter(status__in=("assigned", "unassigned"))
    is_open.update(status="assigned" if assignee_id else "unassigned")


def show_reply(done: Done) -> None:
    """Show the conversation as archived, unless the reply leaves it open."""
    if done.arguments.get("archive") is not False:
        _resolve(done, "archived")


def changes_tags(arguments: Mapping[str, Any]) -> bool:
    """Return whether the request changes tags. It has their ids, and our rows show their names."""
    return any(arguments.get(name) is not None for name in ("replace_tag_ids", "tag_ids"))


def changes_own_status(arguments: Mapping[str, Any]) -> bool:
    """Return whether the request sets a status of the company. Only Front knows what it means."""
    return arguments.get("status_id") is not None


def changes_reminder(_arguments: Mapping[str, Any]) -> bool:
    """Return True: only Front knows the status of a conversation that was snoozed, or is no longer."""
    return True


def is_alias(arguments: Mapping[str, Any]) -> bool:
    """Return whether the request names the assignee by an alias. Only Front knows the teammate's id."""
    return (arguments["assignee_id"] or "").startswith(ALIAS)


def ask_later(conversation: Conversation) -> None:
    """Enqueue a request for the conversation's current state in Front."""
    enqueue_request(
        conversation.channel,
        ASK,
        {"conversation_id": conversation.front_id},
        external_conversation_id=thread_of(conversation),
    )


def thread_of(conversation: Conversation) -> str:
    """Return the external conversation id whose lane holds requests about the conversation.

    It is the id of the oldest thread, or Front's id if the conversation has no thread.
    """
    ids = conversation.threads.order_by("pk").values_list("external_conversation_id", flat=True)
    return ids.first() or conversation.front_id


def _holds_erased(conversation: Conversation) -> bool:
    """Return whether somebody in the conversation was erased, so that its texts must stay blank."""
    erased = conversation.threads.filter(erased_at__isnull=False)
    messages = Message.objects.filter(thread__in=conversation.threads.all(), erased_at__isnull=False)
    return erased.exists() or messages.exists()


def _row(done: Done) -> QuerySet[Conversation]:
    return Conversation.objects.filter(pk__in=[done.conversation.pk] if done.conversation else [])


def _resolve(done: Done, status: str) -> None:
    _row(done).update(status=status, status_category="resolved")
