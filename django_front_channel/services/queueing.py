"""The verbs that change something in Front, durable and later."""

from __future__ import annotations

import inspect
from io import BytesIO
from typing import Any

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.conversations import thread_of
from django_front_channel.models import Attachment, Conversation, Message, OutboxEntry
from django_front_channel.models.outbox import Topic
from django_front_channel.outbox.enqueue import enqueue_request
from django_front_channel.services import attachments, calls, channels, conversations, messages, templates
from django_front_channel.services.content import stored_json
from django_front_channel.services.verbs import VERBS, Target, arguments_of, channel_of

TOPICS = {"calls": Topic.CALL, "channels": Topic.MESSAGES, "templates": Topic.TEMPLATE}
GROUPS = {
    "attachments": attachments,
    "calls": calls,
    "channels": channels,
    "conversations": conversations,
    "messages": messages,
    "templates": templates,
}


def queue(verb: str, target: Target, /, **arguments: Any) -> OutboxEntry:
    """Have a verb carried out by a worker, once the transaction at hand is committed.

    ``verb``       such as ``"conversations.archive"``: those of conversations, ``messages.mark_seen``,
                   ``attachments.fetch``, ``channels.set_status``, and those of templates and calls, but not those that
                   only list things
    ``target``     the row that the verb is about
    ``arguments``  the verb's own, without files

    Requests about a conversation are made in the order of its thread, with the thread's messages. Those about a
    template, a phone call or the files of a message have an order of their own. When the request succeeds, our rows are
    kept in step as by the verb itself. It is repeated while its outcome is unknown, so a comment, draft or reply may
    come twice.

    Returns the entry. Raises ``InvalidArgument`` for an unknown verb, for files, and for what the verb refuses.
    """
    if verb not in tuple(VERBS):
        raise InvalidArgument(
            f"{verb!r} cannot be queued: use one of {', '.join(VERBS)}.", code="unknown", argument="verb"
        )
    if arguments.get("attachments"):
        raise InvalidArgument(
            "Files cannot be queued. Call the verb itself.", code="not_allowed", argument="attachments"
        )
    if "wait" in arguments:
        raise InvalidArgument(
            "A queued verb waits for the end of every pause: leave wait out.",
            code="not_allowed",
            argument="wait",
        )
    said = _checked(verb, target, {name: value for name, value in arguments.items() if name != "attachments"})
    topic, name = _lane(verb, target, arguments)
    channel = channel_of(target)
    return enqueue_request(channel, VERBS[verb].operation, said, external_conversation_id=name, topic=topic)


def _checked(verb: str, target: Target, given: dict[str, Any]) -> dict[str, Any]:
    """The client's arguments, if the verb and the client would take them."""
    from django_front_channel.client.operation_catalog import OPERATIONS

    group, name = verb.split(".")
    try:
        inspect.signature(getattr(GROUPS[group], name)).bind(target, **given)
        said = arguments_of(verb, target, given)
        # A worker opens the file that a row stands for.
        opened = {"to": BytesIO()} if isinstance(target, Attachment) else {}
        OPERATIONS[VERBS[verb].operation].check(**said | opened)
    except TypeError as error:
        raise InvalidArgument(f"{verb}: {error}", code="wrong_type", argument="arguments") from None
    return {name: stored_json(value, name) for name, value in said.items()}


def _lane(verb: str, target: Target, given: dict[str, Any]) -> tuple[str, str]:
    """The order in which the request is made: its topic, and the id of what it is about."""
    if isinstance(target, Attachment):
        return Topic.FILE, target.message.external_id
    if isinstance(target, Conversation):
        return Topic.MESSAGES, thread_of(target)
    if isinstance(target, Message):
        return Topic.MESSAGES, target.external_conversation_id
    return TOPICS[verb.partition(".")[0]], str(
        given.get("external_call_id") or given.get("external_id") or target.webhook_key
    )
