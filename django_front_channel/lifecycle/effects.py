"""The changes in our rows after Front has carried out a request, whether a worker or a direct verb made it."""

from __future__ import annotations

from typing import Any

from django_front_channel.lifecycle.channels import note_status
from django_front_channel.lifecycle.conversations import keep_in_step
from django_front_channel.models import Channel, Conversation

UPDATE_CHANNEL = "update-channel"


def note_effect(
    channel: Channel, operation: str, arguments: dict[str, Any], result: Any, answered: str
) -> tuple[Conversation | None, bool]:
    """Update our rows after Front has carried out a request.

    ``answered``  the id of the conversation that Front carried it out in, or empty

    Returns the conversation, or None, and whether Front must still be asked for its current state.
    """
    if operation == UPDATE_CHANNEL:
        note_status(channel, arguments["status"])
    return keep_in_step(channel, operation, arguments, result, answered) if answered else (None, False)
