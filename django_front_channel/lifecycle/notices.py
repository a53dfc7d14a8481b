"""Comments in Front that tell the team that a message waits, and later that it has gone to the customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation

from django_front_channel.conf import conf
from django_front_channel.core.reasons import Code, Reason, sentence_for_the_team
from django_front_channel.gateway import refusal
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.models.outbox import Topic
from django_front_channel.outbox.enqueue import enqueue_request

ADD_COMMENT = "add-comment"


def why_waiting(entry: OutboxEntry) -> Reason:
    """Return the reason why a delivery waits, for the team."""
    assert entry.message is not None
    last = {"code": entry.code, "parameters": entry.parameters}
    if not entry.code:
        last = {"code": refusal(entry.channel) or "", "parameters": {}}
    until = entry.late_at.isoformat() if entry.late_at else None
    known = {"time": entry.message.written_at.isoformat(), "last": last, "until": until}
    return Reason(Code.DELIVERY_WAITS, known, entry.detail)


def tell_of_delay(message: Message, reason: Reason) -> bool:
    """Enqueue a comment that says that the message waits.

    Returns False if Front has not named the message's conversation yet.
    """
    return _comment(message, reason)


def tell_of_arrival(message: Message) -> None:
    """Enqueue a comment that says that the message went. Call it only if the team was told that it waits."""
    _comment(message, Reason(Code.DELIVERY_WENT, {"time": message.written_at.isoformat()}))


def words(notice: Mapping[str, Any], channel: Channel) -> str:
    """Return the text of a comment, in the language of the channel's app."""
    with translation.override(conf.language(channel.app)):
        return sentence_for_the_team(notice["code"], notice["parameters"])


def _comment(message: Message, reason: Reason) -> bool:
    """Enqueue a comment. Its text is written when it is sent."""
    conversation = message.conversation
    if conversation is None:
        return False
    notice = {"code": str(reason.code), "parameters": dict(reason.parameters)}
    enqueue_request(
        message.channel,
        ADD_COMMENT,
        {"conversation_id": conversation.front_id, "notice": notice},
        external_conversation_id=message.external_conversation_id,
        topic=Topic.REPORT,
    )
    return True
