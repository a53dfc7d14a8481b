"""Keep our rows of Front's conversations up to date with the requests that we make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from django_front_channel.core import clock
from django_front_channel.core.texts import fits, storable
from django_front_channel.lifecycle.merges import LONGEST_ID, note_merge
from django_front_channel.models import Channel, Conversation, Message
from django_front_channel.outbox.enqueue import enqueue_request

if TYPE_CHECKING:
    from django_front_channel.client import FrontConversation

ASK = "get-conversation-by-id"
UPDATE = "update-conversation"
# After these requests, and requests with these arguments, only Front knows what the row should show. Our rows have the
# names of tags, while requests have ids; and the meaning of a company's own statuses is unknown here.
UNTOLD = ("update-conversation-reminders",)
UNTOLD_ARGUMENTS = ("replace_tag_ids", "status_id", "tag_ids")
# Front's prefix for a teammate who is not named by id, such as ``alt:email:rita@example.com``.
ALIAS = "alt:"
LONGEST_STATUS = 32
SHOWN = ("subject", "status", "status_category", "assignee_id", "tags", "refreshed_at")
# The status that Front shows after each status that was written. Spam is shown as deleted.
WRITTEN_STATUSES = {"archived": "archived", "deleted": "deleted", "spam": "deleted"}


def keep_in_step(
    channel: Channel, operation: str, arguments: dict[str, Any], result: Any, answered: str
) -> tuple[Conversation, bool]:
    """Update the row of the conversation ``answered`` after Front has carried out a request about it.

    Returns the conversation, and whether Front must still be asked for its current state.
    """
    if operation == ASK and result.id != answered:
        note_merge(channel, [answered], result.id)
        answered = result.id if fits(result.id, LONGEST_ID) else answered
    conversation, _created = Conversation.objects.get_or_create(channel=channel, front_id=answered)
    row = Conversation.objects.filter(pk=conversation.pk)
    if operation == ASK:
        _show(row, result)
        if _holds_erased(conversation):
            row.update(subject="", tags=[])
    elif operation in EFFECTS:
        EFFECTS[operation](row, arguments)
    conversation.refresh_from_db(fields=SHOWN)
    return conversation, operation in UNTOLD or _says_untold(arguments)


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


def _says_untold(arguments: dict[str, Any]) -> bool:
    named = any(arguments.get(name) is not None for name in UNTOLD_ARGUMENTS)
    return named or _is_alias(arguments.get("assignee_id"))


def _is_alias(teammate_id: str | None) -> bool:
    return teammate_id is not None and teammate_id.startswith(ALIAS)


def _show(row: QuerySet[Conversation], found: FrontConversation) -> None:
    row.update(
        subject=storable(found.subject or ""),
        status=storable(found.status or "")[:LONGEST_STATUS],
        status_category=storable(found.status_category or "")[:LONGEST_STATUS],
        assignee_id=storable(found.assignee_id or "")[:LONGEST_ID],
        tags=[storable(name) for name in found.tag_names],
        refreshed_at=clock.here(),
    )


def _update(row: QuerySet[Conversation], said: dict[str, Any]) -> None:
    status = said.get("status")
    if status == "open":
        row.filter(assignee_id="").update(status="unassigned", status_category="open")
        row.exclude(assignee_id="").update(status="assigned", status_category="open")
    elif status is not None:
        row.update(status=WRITTEN_STATUSES[status], status_category="resolved")


def _assign(row: QuerySet[Conversation], said: dict[str, Any]) -> None:
    """Set the assignee, and the status of an open conversation. An archived one stays archived."""
    if _is_alias(said["assignee_id"]):
        return
    row.update(assignee_id=said["assignee_id"] or "")
    is_open = row.filter(status__in=("assigned", "unassigned"))
    is_open.update(status="assigned" if said["assignee_id"] else "unassigned")


def _reply(row: QuerySet[Conversation], said: dict[str, Any]) -> None:
    if said.get("archive") is not False:
        _update(row, {"status": "archived"})


EFFECTS: dict[str, Callable[[QuerySet[Conversation], dict[str, Any]], None]] = {
    UPDATE: _update,
    "update-conversation-assignee": _assign,
    "create-message-reply": _reply,
}
