"""Which conversation of Front holds our external conversations: a register that the greatest fact wins.

The outcome does not depend on the order in which facts arrive, nor on how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django_front_channel.models import Channel, Conversation, ExternalConversation, Fact
from django_front_channel.outbox.announcements import Announcement, announce


@dataclass(frozen=True)
class Mapping:
    """What is known after a fact was recorded."""

    conversation: Conversation | None
    threads: dict[str, ExternalConversation]
    """By external id; empty when a fact only confirmed what was known."""
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
    external_ids: Sequence[str],
    fact: Fact | None,
    *,
    expected: Conversation | None = None,
    conflicted: bool = True,
) -> Mapping:
    """Note, inside the caller's transaction, that the external conversations belong to ``fact.front_id``.

    ``expected`` is the conversation that the caller believes them to be in: where that is so already, one
    statement suffices. A conflict raises ``IntegrityError``, for the caller to begin anew, ``conflicted``; until
    then a conversation that none of the external conversations is in is taken to be new, without a look.
    """
    if (
        fact
        and expected
        and expected.front_id == fact.front_id
        and ExternalConversation.objects.confirm(channel, external_ids, expected, fact)
    ):
        return Mapping(expected, {})
    threads = {
        thread.external_id: thread for thread in ExternalConversation.objects.named(channel, external_ids)
    }
    conversation = _conversation(channel, fact, threads.values(), conflicted) if fact else None
    _create_missing(channel, external_ids, threads, conversation, fact)
    if fact is None or conversation is None:
        return Mapping(None, threads)
    return Mapping(conversation, threads, _point(threads.values(), conversation, fact))


def _conversation(
    channel: Channel, fact: Fact, threads: Iterable[ExternalConversation], conflicted: bool
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
    external_ids: Sequence[str],
    threads: dict[str, ExternalConversation],
    conversation: Conversation | None,
    fact: Fact | None,
) -> None:
    missing = [
        ExternalConversation.for_id(
            channel,
            external_id,
            conversation=conversation,
            fact_timestamp=fact.timestamp if fact else 0,
            fact_front_id=fact.front_id if fact else "",
        )
        for external_id in external_ids
        if external_id not in threads
    ]
    if missing:
        ExternalConversation.objects.bulk_create(missing)
        threads |= {thread.external_id: thread for thread in missing}


def _point(
    threads: Iterable[ExternalConversation], conversation: Conversation, fact: Fact
) -> list[Conversation]:
    """Point the threads there, but for those that a greater fact has pointed. Returns what this left empty."""
    older = [thread for thread in threads if Fact(thread.fact_timestamp, thread.fact_front_id) < fact]
    left = {thread.conversation for thread in older if thread.conversation is not None} - {conversation}
    if older:
        ExternalConversation.objects.point(older, conversation, fact)
    for thread in older:
        thread.conversation = conversation
    return _emptied(left)


def _emptied(left: set[Conversation]) -> list[Conversation]:
    """Those that hold nothing any more. Two transactions that each take the last but one wait for each other."""
    if not left:
        return []
    pks = [conversation.pk for conversation in left]
    locked = Conversation.objects.filter(pk__in=pks).order_by("pk").select_for_update()
    return [conversation for conversation in locked if not conversation.external_conversations.exists()]
