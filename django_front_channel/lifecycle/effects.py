"""The effects of a request that Front has carried out on our rows, whether a worker or a direct verb made it.

The declaration of a verb names its effect, which is a function of the module for the row that it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django_front_channel.core.texts import fits
from django_front_channel.lifecycle.merges import LONGEST_ID, note_merge
from django_front_channel.models import Channel, Conversation

SHOWN = ("subject", "status", "status_category", "assignee_id", "tags", "refreshed_at")


class Done(NamedTuple):
    """A request that Front has carried out.

    ``arguments``     those of the client's method, as outbox entries store them
    ``result``        what the client's method returned
    ``conversation``  the conversation that Front carried it out in, or None
    """

    channel: Channel
    arguments: dict[str, Any]
    result: Any
    conversation: Conversation | None


Effect = Callable[[Done], None]


def apply_effects(
    effects: Iterable[Effect], channel: Channel, arguments: dict[str, Any], result: Any, answered: str
) -> Conversation | None:
    """Update our rows after Front has carried out a request.

    ``answered``  the id of the conversation that Front carried it out in, or empty

    Returns the conversation, or None.
    """
    conversation = _answering(channel, result, answered) if answered else None
    for effect in effects:
        effect(Done(channel, arguments, result, conversation))
    if conversation is not None:
        conversation.refresh_from_db(fields=SHOWN)
    return conversation


def _answering(channel: Channel, result: Any, answered: str) -> Conversation:
    from django_front_channel.client import FrontConversation

    if isinstance(result, FrontConversation) and result.id != answered:
        note_merge(channel, [answered], result.id)
        answered = result.id if fits(result.id, LONGEST_ID) else answered
    conversation, _created = Conversation.objects.get_or_create(channel=channel, front_id=answered)
    return conversation
