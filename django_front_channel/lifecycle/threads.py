"""A register of our threads: which conversation of Front holds each one.

Facts may arrive in any order, and more than once. The greatest fact wins, so the outcome is always the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError
from django.db.models import OuterRef, Subquery

from django_front_channel.core import database
from django_front_channel.core.pseudonyms import pseudonyms
from django_front_channel.models import Channel, Conversation, ConversationThread, Fact, Message
from django_front_channel.outbox.announcements import Announcement, announce

ThreadKey = tuple[int, str]
"""The primary key of a channel, and an external conversation id."""


@dataclass(frozen=True)
class Register:
    """The rows as they are after a fact was recorded."""

    conversation: Conversation | None
    threads: dict[str, ConversationThread]
    """By external conversation id; empty if the fact only confirmed what was known."""
    absorbed: list[Conversation] = field(default_factory=list)
    """The conversations that this fact left without a thread."""

    def announce(self, channel: Channel, now: datetime) -> list[Announcement]:
        """Store an announcement for each absorbed conversation. Returns them."""
        return [
            announcement
            for absorbed in self.absorbed
            for announcement in announce(
                "conversation_merged", channel, now=now, conversation=self.conversation, absorbed=absorbed
            )
        ]


def record(
    channel: Channel,
    external_conversation_ids: Sequence[str],
    fact: Fact | None,
    *,
    now: datetime,
    expected: Conversation | None = None,
    conflicted: bool = True,
    own: str = "",
) -> Register:
    """Note, inside the caller's transaction, that the threads are in Front's conversation ``fact.front_id``.

    ``expected``    the conversation that the caller expects them to be in; if it is right, one statement is enough
    ``conflicted``  True after an ``IntegrityError``; with False, an unknown conversation is inserted without a look-up
    ``own``         the thread that the fact is about. Other threads are ignored if their person was erased
    """
    if (
        fact
        and expected
        and expected.front_id == fact.front_id
        and ConversationThread.objects.confirm(channel, external_conversation_ids, expected, fact)
    ):
        return Register(expected, {})
    threads, external_conversation_ids = _known(channel, external_conversation_ids, own)
    conversation = _conversation(channel, fact, threads.values(), conflicted) if fact else None
    _create_missing(channel, external_conversation_ids, threads, conversation, fact)
    if fact is None or conversation is None:
        return Register(None, threads)
    absorbed = _point(threads.values(), conversation, fact, now)
    if conversation.merged_into_id is not None and conversation.threads.exists():
        # The conversation holds a thread again.
        conversation.merged_into = conversation.merged_at = None
        conversation.save(update_fields=["merged_into", "merged_at"])
    return Register(conversation, threads, absorbed)


def newest_of(channel: Channel, front_id: str) -> str | None:
    """Return the external conversation id of the newest thread in Front's conversation, or None if it has no thread."""
    if not front_id:
        return None
    found = ConversationThread.objects.filter(
        conversation__channel=channel, conversation__front_id=front_id, erased_at=None
    )
    return found.order_by("-pk").values_list("external_conversation_id", flat=True).first()


def attach(messages: Collection[Message]) -> None:
    """Set the thread of each message according to its external conversation id, inside the caller's transaction.

    Missing threads are created, always in the same order, so that two transactions never deadlock.
    """
    alone = [message for message in messages if message.thread_id is None]
    if not alone:
        return
    threads = _existing(alone)
    missing = {_key(message) for message in alone} - threads.keys()
    if missing:
        _create(sorted(missing))
        threads = _existing(alone)
    for message in alone:
        message.thread = threads[_key(message)]
    own = ConversationThread.objects.filter(
        channel=OuterRef("channel"), external_conversation_id=OuterRef("external_conversation_id")
    )
    unattached = Message.objects.filter(pk__in=[message.pk for message in alone], thread__isnull=True)
    unattached.update(thread=Subquery(own.values("pk")[:1]))


def _existing(messages: Collection[Message]) -> dict[ThreadKey, ConversationThread]:
    threads = ConversationThread.objects.filter(
        channel__in={message.channel_id for message in messages},
        external_conversation_id__in={message.external_conversation_id for message in messages},
    )
    return {_key(thread): thread for thread in threads}


def _key(row: Message | ConversationThread) -> ThreadKey:
    return row.channel_id, row.external_conversation_id


def _create(keys: Sequence[ThreadKey]) -> None:
    rows = [ConversationThread(channel_id=channel, external_conversation_id=name) for channel, name in keys]
    try:
        with database.atomic():
            ConversationThread.objects.bulk_create(rows)
    except IntegrityError:
        # A webhook or another worker has created some of them meanwhile.
        for channel, name in keys:
            ConversationThread.objects.get_or_create(channel_id=channel, external_conversation_id=name)


def _known(
    channel: Channel, ids: Sequence[str], own: str
) -> tuple[dict[str, ConversationThread], Sequence[str]]:
    """Return the threads that exist, by id, and the ids except those of people who were erased here."""
    names = {name: each for each in ids if each != own for name in pseudonyms(channel.pk, each)}
    found = ConversationThread.objects.named(channel, [*ids, *names])
    threads = {
        row.external_conversation_id: row for row in found if row.external_conversation_id not in names
    }
    gone = {names[row.external_conversation_id] for row in found if row.external_conversation_id in names}
    return threads, [each for each in ids if each in threads or each not in gone]


def _conversation(
    channel: Channel, fact: Fact, threads: Iterable[ConversationThread], conflicted: bool
) -> Conversation:
    for thread in threads:
        if thread.conversation is not None and thread.conversation.front_id == fact.front_id:
            return thread.conversation
    named = Conversation.objects.filter(channel=channel, front_id=fact.front_id)
    return (named.first() if conflicted else None) or Conversation.objects.create(
        channel=channel, front_id=fact.front_id
    )


def _create_missing(
    channel: Channel,
    external_conversation_ids: Sequence[str],
    threads: dict[str, ConversationThread],
    conversation: Conversation | None,
    fact: Fact | None,
) -> None:
    missing = [
        ConversationThread(
            channel=channel,
            external_conversation_id=external_conversation_id,
            conversation=conversation,
            fact_timestamp=fact.timestamp if fact else 0,
            fact_front_id=fact.front_id if fact else "",
        )
        # Sorted, so that two transactions never deadlock.
        for external_conversation_id in sorted(set(external_conversation_ids) - threads.keys())
    ]
    if missing:
        ConversationThread.objects.bulk_create(missing)
        threads |= {thread.external_conversation_id: thread for thread in missing}


def _point(
    threads: Iterable[ConversationThread], conversation: Conversation, fact: Fact, now: datetime
) -> list[Conversation]:
    """Move the threads to the conversation, unless a greater fact has moved them. Returns the emptied conversations."""
    older = [thread for thread in threads if Fact(thread.fact_timestamp, thread.fact_front_id) < fact]
    if older and ConversationThread.objects.point(older, conversation, fact) < len(older):
        # Another transaction has recorded a greater fact since the threads were read.
        lost = [thread for thread in older if not _is_in(thread, conversation)]
        for thread in lost:
            thread.refresh_from_db()
        older = [thread for thread in older if thread not in lost]
    moved = [thread for thread in older if thread.conversation not in (None, conversation)]
    left = {thread.conversation for thread in moved if thread.conversation is not None}
    if moved:
        ConversationThread.objects.filter(pk__in=[thread.pk for thread in moved]).update(merged_at=now)
    for thread in older:
        thread.conversation = conversation
    return _emptied(left, conversation, now)


def _is_in(thread: ConversationThread, conversation: Conversation) -> bool:
    return ConversationThread.objects.filter(pk=thread.pk, conversation=conversation).exists()


def _emptied(left: set[Conversation], survivor: Conversation, now: datetime) -> list[Conversation]:
    """Mark the conversations without threads as merged into ``survivor``, and return them.

    The rows are locked: if two transactions move the last two threads away, the second one sees none left.
    """
    if not left:
        return []
    pks = [conversation.pk for conversation in left]
    locked = Conversation.objects.filter(pk__in=pks).order_by("pk").select_for_update()
    absorbed = [conversation for conversation in locked if not conversation.threads.exists()]
    if absorbed:
        merged = Conversation.objects.filter(pk__in=[conversation.pk for conversation in absorbed])
        merged.update(merged_into=survivor, merged_at=now)
    return absorbed
