"""Shared parts of the tests for the verbs about conversations."""

from __future__ import annotations

from typing import Any

from django_front_channel.models import Channel, Conversation
from django_front_channel.sandbox import Sandbox
from tests.front import tell, work

SHOWN = ("status", "status_category", "assignee_id", "tags", "subject")


def imported(front: Sandbox, channel: Channel, *threads: str) -> list[Conversation]:
    """A conversation for each of the threads."""
    for thread in threads:
        tell(channel, f"in {thread}", thread, subject=f"About {thread}")
    work("sync")
    front.run_until_quiet()
    return [Conversation.objects.get(threads__external_conversation_id=thread) for thread in threads]


def in_front(front: Sandbox, conversation: Conversation) -> dict[str, Any]:
    """The conversation as the sandbox has it."""
    by_id: dict[str, dict[str, Any]] = {each["id"]: each for each in front.snapshot()["conversations"]}
    return by_id[conversation.front_id]


def row_of(conversation: Conversation) -> dict[str, Any]:
    """What our stored row shows."""
    row: dict[str, Any] = Conversation.objects.filter(pk=conversation.pk).values(*SHOWN).get()
    return row
