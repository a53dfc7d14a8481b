"""Blanks or deletes the rows of an erased person, table by table. Each function handles one batch in a transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.digests import digest
from django_front_channel.core.pseudonyms import pseudonym
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.row_values import row_values
from django_front_channel.lifecycle.person_rows import in_chunks
from django_front_channel.models import (
    Attachment,
    Conversation,
    ConversationThread,
    Message,
    MessageParty,
    OptOut,
    OutboxAttempt,
    OutboxEntry,
    OutboxLane,
    WebhookEvent,
)
from django_front_channel.models.outbox import Direction, LaneName, Topic
from django_front_channel.outbox import claims

UNSETTLED = (*Message.SYNC_UNSETTLED, *Message.DELIVERY_BEGINS)
ERASED = Reason(Code.ERASED).columns
MESSAGE: dict[str, Any] = {
    "subject": "",
    "text": "",
    "html": "",
    "snippet": "",
    "customer_handle": "",
    "author_id": "",
    "author_name": "",
    "in_reply_to": "",
    "host_data": {},
    **ERASED,
    "sender": {},
    "to": [],
}
EVENT: dict[str, Any] = {
    "body": "",
    "external_conversation_id": "",
    "customer_handle": "",
    "parameters": {},
    "detail": "",
}
CONVERSATION: dict[str, Any] = {"subject": "", "tags": [], "host_data": {}}
EMPTIED: dict[type[Model], tuple[str, ...]] = {
    Message: tuple(MESSAGE),
    WebhookEvent: tuple(EVENT),
    Conversation: tuple(CONVERSATION),
    OptOut: ("actor", "source"),
}
PSEUDONYMS: dict[type[Model], tuple[str, ...]] = {
    Message: ("external_id", "external_conversation_id", "delivery_id", "content_digest"),
    ConversationThread: ("external_conversation_id",),
    WebhookEvent: ("answer", "content_digest"),
    OptOut: ("handle",),
}
REMOVED: tuple[type[Model], ...] = (Attachment, MessageParty, OutboxEntry, OutboxAttempt, OutboxLane)


def blank_messages(rows: Sequence[Message], now: datetime) -> None:
    """Remove the content of the messages and the people in them, and replace their ids with pseudonyms.

    A message to a group loses all its people, because without content it is of no use to the others.
    """
    pks = [row.pk for row in rows]
    MessageParty.objects.filter(message__in=pks).delete()
    Attachment.objects.filter(message__in=pks).delete()
    waiting = Message.objects.filter(pk__in=pks, state__in=UNSETTLED)
    waiting.update(state=Message.State.CANCELLED, state_changed_at=now)
    for row in rows:
        _hide_ids(row)
    Message.objects.filter(pk__in=pks).update(**MESSAGE, **_own(rows, *PSEUDONYMS[Message]), erased_at=now)


def _hide_ids(row: Message) -> None:
    channel = row.channel_id
    row.external_id = pseudonym(channel, row.external_id)
    # The thread keeps its id if somebody else takes part in it.
    row.external_conversation_id = (
        row.thread.external_conversation_id
        if row.thread
        else pseudonym(channel, row.external_conversation_id)
    )
    row.delivery_id = pseudonym(channel, row.delivery_id) if row.delivery_id else ""
    row.content_digest = pseudonym(channel, row.content_digest) if row.content_digest else ""


def _own(rows: Sequence[Model], *columns: str) -> dict[str, Any]:
    """Return arguments for ``update()`` that give each row its own values of these columns."""
    return {
        name: row_values(type(rows[0]), name, {row.pk: getattr(row, name) for row in rows})
        for name in columns
    }


def _is_among(person: dict[str, str], handles: Collection[str]) -> bool:
    return person.get("handle") in handles


def events_of(rows: Collection[Message]) -> list[QuerySet[WebhookEvent]]:
    """Return querysets of the webhook events of these messages.

    An autoreply has no id of Front, so its event is found by our id in the answer.
    """
    channels = {row.channel_id for row in rows}
    events = WebhookEvent.objects.filter(channel__in=channels, erased_at=None)
    front_ids = [row.front_id for row in rows if row.front_id]
    unnamed = [row.external_id for row in rows if row.is_from_front and not row.front_id]
    found = [events.filter(front_id__in=front_ids)] if front_ids else []
    if unnamed:
        found.append(events.filter(front_id="", answer__external_id__in=unnamed))
    return found


def blank_events(rows: Sequence[WebhookEvent], now: datetime) -> int:
    """Remove the content of the events. Returns their number. Repeated requests are recognised, and get the same
    answer."""
    if not rows:
        return 0
    pks = [row.pk for row in rows]
    keys = _free_keys(rows)
    for row in rows:
        assert row.channel_id is not None
        row.key = row.key or keys.get(row.pk)
        row.content_digest = pseudonym(row.channel_id, row.content_digest) if row.content_digest else ""
        row.answer = _answer_without_words(row)
    own = _own(rows, "key", *PSEUDONYMS[WebhookEvent])
    WebhookEvent.objects.filter(pk__in=pks).update(**EVENT, **own, erased_at=now)
    unfinished = (WebhookEvent.State.PENDING, WebhookEvent.State.FAILED)
    WebhookEvent.objects.filter(pk__in=pks, state__in=unfinished).update(
        state=WebhookEvent.State.PROCESSED, code=Code.ERASED
    )
    return len(rows)


def _free_keys(rows: Sequence[WebhookEvent]) -> dict[int, str]:
    """Return unused keys for refused events, by primary key.

    Refused events have no key. With one, the message is recognised if Front sends it again.
    """
    wanted = {
        digest(str(row.channel_id), row.type, row.front_id): row.pk
        for row in rows
        if row.key is None and row.front_id and row.state == WebhookEvent.State.REFUSED
    }
    taken = (
        set(WebhookEvent.objects.filter(key__in=list(wanted)).values_list("key", flat=True))
        if wanted
        else set()
    )
    return {pk: key for key, pk in wanted.items() if key not in taken}


def _answer_without_words(event: WebhookEvent) -> dict[str, Any]:
    """Return the answer with pseudonyms in place of our ids, and a sentence of ours in place of the host's text."""
    assert event.channel_id is not None
    answer = dict(event.answer)
    for name in ("external_id", "external_conversation_id"):
        if name in answer:
            answer[name] = pseudonym(event.channel_id, answer[name])
    if "message" in answer:
        code = Code.named(event.code)
        ours = code if code and not code.parameters else Code.MESSAGE_REFUSED
        answer["message"] = Reason(ours).in_language(conf.language(event.app))
    return answer


def entries_of(rows: Collection[Message]) -> list[QuerySet[OutboxEntry]]:
    """Return querysets of the entries about these messages, their files, events, signals and receipts.

    They are separate, so that each uses its own index.
    """
    entries = OutboxEntry.objects.filter(channel__in={row.channel_id for row in rows})
    pending = entries.filter(state=OutboxEntry.State.PENDING)
    pks = [row.pk for row in rows]
    files = {"direction": Direction.SYNC, "topic": Topic.FILE}
    events = [pk for found in events_of(rows) for pk in found.values_list("pk", flat=True)]
    delivered = [row.delivery_id for row in rows if row.delivery_id]
    return [
        entries.filter(message__in=pks),
        entries.filter(**files, external_conversation_id__in=[row.external_id for row in rows]),
        entries.filter(event__in=events),
        pending.filter(kind=OutboxEntry.Kind.ANNOUNCE, payload__message__in=pks),
        pending.filter(kind=OutboxEntry.Kind.RECEIPT, payload__delivery_id__in=delivered),
    ]


def entries_in(threads: Collection[int]) -> list[QuerySet[OutboxEntry]]:
    """Return the entries in the lanes of these threads and of their conversations, whatever their topic."""
    names: dict[int, set[str]] = defaultdict(set)
    for thread in ConversationThread.objects.filter(pk__in=threads).select_related("conversation"):
        names[thread.channel_id] |= {thread.external_conversation_id}
        if thread.conversation:
            names[thread.channel_id] |= {thread.conversation.front_id}
    return [OutboxEntry.objects.filter(**lanes) for lanes in _lanes(names)]


def _lanes(names: Mapping[int, Collection[str]]) -> list[dict[str, Any]]:
    """Return the filters for the lanes of these names, by channel: all columns with which their index begins."""
    topics = {"direction__in": ["", *Direction.values], "topic__in": ["", *Topic.values]}
    return [
        {"channel": channel, **topics, "external_conversation_id__in": sorted(found)}
        for channel, found in sorted(names.items())
    ]


def remove_entries(*sets: QuerySet[OutboxEntry]) -> int:
    """Delete the entries with their attempts. Returns their number.

    If a worker is carrying out one of them, its lease is taken away, so that it cannot store an outcome.
    """
    rows = {entry.pk: entry for entries in sets for entry in entries.only("state", "kind", *LaneName._fields)}
    if not rows:
        return 0
    pks = sorted(rows)
    pending = OutboxEntry.State.PENDING
    lanes = {entry.lane_name for entry in rows.values() if entry.direction and entry.state == pending}
    if lanes:
        claims.fence(OutboxLane.objects.named(lanes).values_list("pk", flat=True), clock.now())
    OutboxAttempt.objects.filter(entry__in=pks).delete()
    OutboxEntry.objects.filter(pk__in=pks).delete()
    return len(rows)


def remove_lanes(threads: Iterable[ConversationThread]) -> None:
    """Delete the lanes of these threads. Their entries must be deleted already."""
    names: dict[int, set[str]] = defaultdict(set)
    for thread in threads:
        names[thread.channel_id].add(thread.external_conversation_id)
    for lanes in _lanes(names):
        pks = sorted(OutboxLane.objects.filter(**lanes).values_list("pk", flat=True))
        OutboxLane.objects.filter(pk__in=pks).delete()


def conversations_of(threads: Collection[int]) -> set[int]:
    """Return the primary keys of the conversations of these threads, and of conversations merged into them."""
    held = ConversationThread.objects.filter(pk__in=threads).exclude(conversation=None)
    pks = found = set(held.values_list("conversation", flat=True))
    while found := set(Conversation.objects.filter(merged_into__in=found).values_list("pk", flat=True)) - pks:
        pks = pks | found
    return pks


def blank_conversations(threads: Collection[int]) -> None:
    """Remove subject, tags and the host's data from the conversations of these threads, for everybody in them."""
    Conversation.objects.filter(pk__in=conversations_of(threads)).update(**CONVERSATION)


def blank_neighbours(threads: Collection[int], handles: Collection[str], batch: int) -> None:
    """Remove the person from other people's messages in the same conversations, and blank the events of these messages.

    In these events, Front lists the ids of all threads of the conversation, and all recipients of group messages. The
    given threads are searched too, unless they are the person's own and have been renamed.
    """
    conversations = ConversationThread.objects.filter(pk__in=threads).exclude(conversation=None)
    together = ConversationThread.objects.filter(conversation__in=conversations.values("conversation"))
    shared = ConversationThread.objects.filter(pk__in=threads, erased_at=None)
    others = {
        *shared.values_list("pk", flat=True),
        *together.filter(erased_at=None).values_list("pk", flat=True),
    }
    messages = Message.objects.filter(thread__in=others, erased_at=None)
    for rows in in_chunks(messages.only("front_id", "channel_id", "to"), batch):
        named = [row for row in rows if any(_is_among(person, handles) for person in row.to)]
        for row in named:
            row.to = [person for person in row.to if not _is_among(person, handles)]
        with database.durable():
            if named:
                Message.objects.filter(pk__in=[row.pk for row in named]).update(**_own(named, "to"))
            events = WebhookEvent.objects.filter(
                channel__in={row.channel_id for row in rows}, front_id__in=[row.front_id for row in rows]
            )
            events.filter(state=WebhookEvent.State.PROCESSED).update(body="")


def rename_threads(rows: Sequence[ConversationThread], now: datetime) -> None:
    """Rename the threads to pseudonyms. If an earlier erasure has used a pseudonym, add the primary key to it."""
    names = {row.pk: pseudonym(row.channel_id, row.external_conversation_id) for row in rows}
    taken = set(
        ConversationThread.objects.filter(
            channel__in={row.channel_id for row in rows}, external_conversation_id__in=list(names.values())
        ).values_list("channel", "external_conversation_id")
    )
    for row in rows:
        name = names[row.pk]
        is_taken = (row.channel_id, name) in taken
        row.external_conversation_id = f"{name}-{row.pk}" if is_taken else name
    if rows:
        own = _own(rows, "external_conversation_id")
        ConversationThread.objects.filter(pk__in=[row.pk for row in rows]).update(**own, erased_at=now)
