"""What a request that Front has carried out changes in our rows, whoever made it."""

from __future__ import annotations

from typing import Any

from django_front_channel.lifecycle.channels import note_status
from django_front_channel.lifecycle.conversations import keep_in_step
from django_front_channel.models import Channel, Conversation

UPDATE_CHANNEL = "update-channel"


def note_effect(
    channel: Channel, operation: str, arguments: dict[str, Any], result: Any, answered: str
) -> tuple[Conversation | None, bool]:
    """Note what the request changed. ``answered`` is the id of the conversation that carried it out, or empty.

    Returns the conversation, and whether its current state must still be requested from Front.
    """
    if operation == UPDATE_CHANNEL:
        note_status(channel, arguments["status"])
    return keep_in_step(channel, operation, arguments, result, answered) if answered else (None, False)
