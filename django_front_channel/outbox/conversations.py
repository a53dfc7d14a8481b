"""Keep the rows of Front's conversations in step with the calls that change them, and with merges."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError
from django.db.models import QuerySet

from django_front_channel.exceptions import FrontBadRequestError
from django_front_channel.gateway import ChannelObserver
from django_front_channel.models import Channel, Conversation, ExternalConversation, Fact, clock, database
from django_front_channel.models.texts import fits, storable
from django_front_channel.outbox import mapping
from django_front_channel.outbox.announcements import send_on_commit
from django_front_channel.outbox.enqueue import enqueue_call

if TYPE_CHECKING:
    from django_front_channel.client import ApiRequest, FrontConversation, Outcome

logger = logging.getLogger("django_front_channel.outbox")

ASK = "get-conversation-by-id"
UPDATE = "update-conversation"
# Calls, and what they say, after which only Front can say what the row should show: our rows have tags' names, calls
# have their ids; and what a status of the company's own means is the company's affair.
UNTOLD = ("update-conversation-reminders",)
UNTOLD_ARGUMENTS = ("replace_tag_ids", "status_id", "tag_ids")
# How Front lets a teammate be named without the id: ``alt:email:rita@example.com``.
ALIAS = "alt:"
# What the columns hold. Front's own ids are far shorter.
LONGEST_STATUS, LONGEST_ID = 32, 64
SHOWN = ("subject", "status", "status_category", "assignee_id", "tags", "refreshed_at")
# What Front shows after a status was written; it has no word of its own for spam.
WRITTEN_STATUSES = {"archived": "archived", "deleted": "deleted", "spam": "deleted"}


class _Trail(threading.local):
    """Where a call has come from and to. Each thread has its own, because threads may share a client."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.sent_to = ""
        self.answered = ""


class Follower(ChannelObserver):
    """Notes the merges that Front tells of while calls are made."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._trail = _Trail()

    @property
    def answered(self) -> str:
        """The conversation in which this thread's last call was carried out, after its redirects; or empty."""
        return self._trail.answered

    def started(self, request: ApiRequest) -> None:
        super().started(request)
        trail = self._trail
        trail.answered = ""
        if request.resource != ("conversation", trail.sent_to):
            trail.left = []

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        super().finished(request, outcome)
        kind, front_id = request.resource
        if kind != "conversation":
            return
        if outcome.redirected_to is not None:
            self._trail.left.append(front_id)
            self._trail.sent_to = outcome.redirected_to
        elif outcome.error is None:
            trail = self._trail
            trail.answered = front_id if fits(front_id, LONGEST_ID) else next(iter(trail.left), "")
            self._note(front_id)
        elif isinstance(outcome.error, FrontBadRequestError):
            # What was asked is refused, and where it was asked is real.
            self._note(front_id)

    def _note(self, front_id: str) -> None:
        left, self._trail.left = self._trail.left, []
        if not left:
            return
        try:
            note_merge(self.channel, left, front_id)
        except DatabaseError:
            # The call is done, and must not be made again for this. The next one is redirected again.
            logger.exception("A merge into conversation %s could not be noted", front_id)


def note_conversation(channel: Channel, external_ids: list[str], front_id: str) -> None:
    """Note, as a fact of now, that these external conversations are in Front's conversation ``front_id``.

    What cannot be an id of Front's is not noted. The call that told it is done all the same.
    """
    if not fits(front_id, LONGEST_ID):
        logger.warning("Channel %s: Front names a conversation by what is no id of its own", channel.pk)
        return
    now = clock.now()
    fact = Fact(int(now.timestamp() * 1000), front_id)
    try:
        with database.atomic():
            found = mapping.record(channel, external_ids, fact)
    except IntegrityError:
        # A webhook has created the conversation meanwhile, or one of the threads.
        with database.atomic():
            found = mapping.record(channel, external_ids, fact)
    send_on_commit(found.announce(channel, now))


def note_merge(channel: Channel, absorbed: Iterable[str], front_id: str) -> None:
    """Note, as a fact of now, that Front's conversations ``absorbed`` are part of ``front_id``."""
    threads = ExternalConversation.objects.filter(channel=channel, conversation__front_id__in=list(absorbed))
    with database.atomic():
        note_conversation(channel, list(threads.values_list("external_id", flat=True)), front_id)


def keep_in_step(
    channel: Channel, operation: str, arguments: dict[str, Any], result: Any, answered: str
) -> tuple[Conversation, bool]:
    """Note what a call that Front has carried out in its conversation ``answered`` changed there.

    Returns the conversation, and whether Front is still to be asked for what it shows now.
    """
    if operation == ASK and result.id != answered:
        note_merge(channel, [answered], result.id)
        answered = result.id if fits(result.id, LONGEST_ID) else answered
    conversation, _created = Conversation.objects.get_or_create(channel=channel, front_id=answered)
    row = Conversation.objects.filter(pk=conversation.pk)
    if operation == ASK:
        _show(row, result)
    elif operation in EFFECTS:
        EFFECTS[operation](row, arguments)
    conversation.refresh_from_db(fields=SHOWN)
    return conversation, operation in UNTOLD or _says_untold(arguments)


def ask_later(conversation: Conversation) -> None:
    """Have Front asked what the conversation shows."""
    enqueue_call(
        conversation.channel,
        ASK,
        {"conversation_id": conversation.front_id},
        external_conversation_id=thread_of(conversation),
    )


def thread_of(conversation: Conversation) -> str:
    """The external conversation in whose lane calls about the conversation wait; without one, a lane of its own."""
    ids = conversation.external_conversations.order_by("pk").values_list("external_id", flat=True)
    return ids.first() or conversation.front_id


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
    """What is archived stays archived."""
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
