"""Why a verb cannot be done now with a row, as far as our rows tell: codes, and a sentence for each."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from django_front_channel.models import Attachment, Conversation, Message


class Unavailable(StrEnum):
    NOT_IN_TRASH = "conversation_not_in_trash"
    NOT_ACCEPTED = "message_not_accepted"
    NOT_OUTBOUND = "message_not_outbound"
    NOT_NAMED = "file_not_named"
    FETCHED = "file_fetched"


SENTENCES = {
    Unavailable.NOT_IN_TRASH: _("The conversation is not in the trash. Move it there first."),
    Unavailable.NOT_ACCEPTED: _("Front has not accepted the message yet. Wait until it has."),
    Unavailable.NOT_OUTBOUND: _(
        "The message is from the customer. Only the team's messages are marked as seen."
    ),
    Unavailable.NOT_NAMED: _("Front has named no file for this attachment, so there is nothing to fetch."),
    Unavailable.FETCHED: _("The file is stored here already."),
}


def sentence_of(code: str) -> str:
    """The sentence for a person. A code that is not of this module stands for itself."""
    known = {each.value: sentence for each, sentence in SENTENCES.items()}
    return str(known.get(code, code))


def in_trash(conversation: Conversation) -> str | None:
    # Until Front was asked, the status is empty, and Front decides.
    return Unavailable.NOT_IN_TRASH if conversation.status not in ("", "deleted") else None


def seen_by_customers(message: Message) -> str | None:
    if message.direction != Message.Direction.OUTBOUND:
        return Unavailable.NOT_OUTBOUND
    return None if message.front_id or message.message_uid else Unavailable.NOT_ACCEPTED


def to_be_fetched(attachment: Attachment) -> str | None:
    if attachment.is_stored:
        return Unavailable.FETCHED
    return None if attachment.front_id else Unavailable.NOT_NAMED
