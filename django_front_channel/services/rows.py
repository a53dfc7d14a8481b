"""The rows that verbs are about: how Front names them, and the lanes of their requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Model

from django_front_channel.core.reasons import Code, Reason
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.conversations import thread_of
from django_front_channel.lifecycle.effects import SHOWN
from django_front_channel.models import Attachment, Channel, Conversation, Message
from django_front_channel.models.outbox import Topic
from django_front_channel.services.verb_availability import accepted

STORED = ("storage", "name", "size", "sha256")
Row = Attachment | Channel | Conversation | Message


class Kind(NamedTuple):
    """The settings that all verbs about one model share.

    ``channel``  returns the channel that makes the request
    ``ids``      returns the arguments of the client's method that identify the row
    ``lane``     returns the topic and the id of the lane for requests about the row
    ``judged``   the fields that decide whether a verb is available
    ``shown``    the fields that a verb may have changed
    """

    channel: Callable[[Any], Channel]
    ids: Callable[[Any], dict[str, str]]
    lane: Callable[[Any], tuple[str, str]]
    judged: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


def check_row(verb: str, kind: type[Model], given: object) -> None:
    """Raise ``InvalidArgument`` unless the given object is a stored row of the model ``kind``.

    Django would accept an unsaved row, and its filters would then match every row without a value.
    """
    if not isinstance(given, kind):
        raise InvalidArgument(
            f"{verb}() expects {_article(kind)} {kind.__name__}, got {type(given).__name__}.",
            code="wrong_type",
            argument=_argument(kind),
        )
    if given.pk is None:
        raise InvalidArgument(
            f"{verb}() expects a stored {kind.__name__}. Save this one first.",
            code="missing",
            argument=_argument(kind),
        )


def reread(row: Model, *fields: str) -> None:
    """Read these fields from the database again. Raises ``InvalidArgument`` if the row has been deleted."""
    try:
        row.refresh_from_db(fields=fields)
    except type(row).DoesNotExist:  # type: ignore[attr-defined]  # every concrete model has one
        raise InvalidArgument(
            f"This {type(row).__name__} has been deleted, so there is nothing to do.",
            code="row_deleted",
            argument=_argument(type(row)),
        ) from None


def refusal(row: Model, code: Code) -> InvalidArgument:
    """Return the error for a row that a verb does not accept now."""
    sentence = Reason(code).in_language("en")
    return InvalidArgument(sentence, code=code, argument=_argument(type(row)))


def front_name(message: Message) -> str:
    """Return Front's id of the message, or the alias with its ``message_uid``.

    Raises ``InvalidArgument`` if Front has not accepted the message yet.
    """
    reread(message, *KINDS[Message].judged)
    if code := accepted(message):
        raise refusal(message, code)
    return message.front_id or f"alt:uid:{message.message_uid}"


def _article(kind: type[Model]) -> str:
    return "an" if kind.__name__[0] in "AEIO" else "a"


def _argument(kind: type[Model]) -> str:
    """Return the name of the argument for a row of this model, such as ``entry`` for an ``OutboxEntry``."""
    return re.split("(?=[A-Z])", kind.__name__)[-1].lower()


KINDS: dict[type[Model], Kind] = {
    Attachment: Kind(
        channel=lambda attachment: attachment.message.channel,
        ids=lambda attachment: {"message_id": front_name(attachment.message)},
        lane=lambda attachment: (Topic.FILE, attachment.message.external_id),
        judged=("front_id", *STORED),
        shown=STORED,
    ),
    Channel: Kind(
        channel=lambda channel: channel,
        ids=lambda channel: {},
        lane=lambda channel: (Topic.MESSAGES, channel.webhook_key),
    ),
    Conversation: Kind(
        channel=lambda conversation: conversation.channel,
        ids=lambda conversation: {"conversation_id": conversation.front_id},
        lane=lambda conversation: (Topic.MESSAGES, thread_of(conversation)),
        judged=("status",),
        shown=SHOWN,
    ),
    Message: Kind(
        channel=lambda message: message.channel,
        ids=lambda message: {"message_id": front_name(message)},
        lane=lambda message: (Topic.MESSAGES, message.external_conversation_id),
        judged=("front_id", "message_uid"),
    ),
}
