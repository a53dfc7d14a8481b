"""Checks whether a verb can be used on a row now, as far as our tables tell. Each returns None, or a reason's code."""

from __future__ import annotations

from django_front_channel.core.reasons import Code
from django_front_channel.models import Attachment, Conversation, Message


def in_trash(conversation: Conversation) -> Code | None:
    # An empty status means that Front was not asked yet, so let Front decide.
    return Code.NOT_IN_TRASH if conversation.status not in ("", "deleted") else None


def accepted(message: Message) -> Code | None:
    return None if message.front_id or message.message_uid else Code.NOT_ACCEPTED


def seen_by_customers(message: Message) -> Code | None:
    return Code.NOT_OUTBOUND if message.direction != Message.Direction.OUTBOUND else accepted(message)


def to_be_fetched(attachment: Attachment) -> Code | None:
    if attachment.is_stored:
        return Code.FILE_FETCHED
    return None if attachment.front_id else Code.FILE_NOT_NAMED
