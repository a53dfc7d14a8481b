"""Which conversation of Front holds each of our threads: a register that the greatest fact wins.

The outcome does not depend on the order in which facts arrive, nor on how often.
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
    """What is known after a fact was recorded."""

    conversation: Conversation | None
    threads: dict[str, ConversationThread]
    """By external conversation id; empty when a fact only confirmed what was known."""
    absorbed: list[Conversation] = field(default_factory=list)
    """Conversations that hold nothing any more."""

    def announce(self, channel: Channel, now: datetime) -> list[Announcement]:
        """Keep that the merges are to be told of."""
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
    """Note, inside the caller's transaction, that the threads belong to ``fact.front_id``.

    ``expected`` is the conversation that the caller believes them to be in: if that is so already, one statement
    suffices. ``own`` is the thread that the fact is about; of the others, those of erased people are left out. Pass
    ``conflicted=True`` after an ``IntegrityError``; without it, an unknown conversation is inserted unseen.
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
        # It holds a thread again.
        conversation.merged_into = conversation.merged_at = None
        conversation.save(update_fields=["merged_into", "merged_at"])
    return Register(conversation, threads, absorbed)


def newest_of(channel: Channel, front_id: str) -> str | None:
    """The external id of the newest thread in Front's conversation, for a request that names no thread."""
    if not front_id:
        return None
    found = ConversationThread.objects.filter(
        conversation__channel=channel, conversation__front_id=front_id, erased_at=None
    )
    return found.order_by("-pk").values_list("external_conversation_id", flat=True).first()


def attach(messages: Collection[Message]) -> None:
    """Give the messages the threads of their external conversation ids, inside the caller's transaction.

    Threads that are missing are created, in one order for all, so that nobody deadlocks.
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
        # A webhook, or another worker, was faster with some of them.
        for channel, name in keys:
            ConversationThread.objects.get_or_create(channel_id=channel, external_conversation_id=name)


def _known(
    channel: Channel, ids: Sequence[str], own: str
) -> tuple[dict[str, ConversationThread], Sequence[str]]:
    """The threads that exist, and the ids without those that Front still knows of people who were erased here."""
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
        # In one order for all, so that nobody deadlocks.
        for external_conversation_id in sorted(set(external_conversation_ids) - threads.keys())
    ]
    if missing:
        ConversationThread.objects.bulk_create(missing)
        threads |= {thread.external_conversation_id: thread for thread in missing}


def _point(
    threads: Iterable[ConversationThread], conversation: Conversation, fact: Fact, now: datetime
) -> list[Conversation]:
    """Point the threads there, but for those that a greater fact has pointed. Returns what this left empty."""
    older = [thread for thread in threads if Fact(thread.fact_timestamp, thread.fact_front_id) < fact]
    if older and ConversationThread.objects.point(older, conversation, fact) < len(older):
        # Somebody else has told a greater fact since the threads were read.
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
    """Those that hold nothing any more. Two transactions that each take the last but one wait for each other."""
    if not left:
        return []
    pks = [conversation.pk for conversation in left]
    locked = Conversation.objects.filter(pk__in=pks).order_by("pk").select_for_update()
    absorbed = [conversation for conversation in locked if not conversation.threads.exists()]
    if absorbed:
        merged = Conversation.objects.filter(pk__in=[conversation.pk for conversation in absorbed])
        merged.update(merged_into=survivor, merged_at=now)
    return absorbed
