"""What a conversation is, whose it is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django_front_channel.models import Conversation
from django_front_channel.services.verbs import carry_out


def refresh(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Ask Front about the conversation now, and note its subject, status, assignee and tags.

    Returns the conversation that Front answered with: another one when this one was merged into it. Our external
    conversations then point to that, and ``conversation_merged`` is sent.
    Raises ``ChannelUnavailable`` or a ``FrontAPIError``. Source: Core API, "Get conversation".
    """
    return carry_out("conversations.refresh", conversation, wait=wait).conversation


def archive(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Archive it. Returns the conversation. Source: Core API, "Update conversation"."""
    return carry_out("conversations.archive", conversation, wait=wait).conversation


def reopen(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Let the team see it again, from the archive or the trash. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return carry_out("conversations.reopen", conversation, wait=wait).conversation


def trash(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Move it to the trash, where its status reads ``deleted``. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return carry_out("conversations.trash", conversation, wait=wait).conversation


def spam(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Mark it as spam; Front has no word for that, and its status reads ``deleted``. Returns the conversation.

    Source: Core API, "Update conversation".
    """
    return carry_out("conversations.spam", conversation, wait=wait).conversation


def delete(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Delete, for good, what is in Front's trash. Our row stays, and is returned.

    Raises ``FrontBadRequestError`` when it is not in the trash. Source: Core API, "Delete conversation".
    """
    return carry_out("conversations.delete", conversation, wait=wait).conversation


def assign(conversation: Conversation, *, teammate_id: str, wait: float = 0.0) -> Conversation:
    """Give it to the teammate ``tea_…`` or ``alt:email:…``. Returns the conversation.

    Source: Core API, "Update conversation assignee".
    """
    return carry_out("conversations.assign", conversation, wait=wait, teammate_id=teammate_id).conversation


def unassign(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Give it to nobody. Returns the conversation. Source: Core API, "Update conversation assignee"."""
    return carry_out("conversations.unassign", conversation, wait=wait).conversation


def move(conversation: Conversation, *, inbox_id: str, wait: float = 0.0) -> Conversation:
    """Move it to the inbox ``inb_…``. Returns the conversation. Source: Core API, "Update conversation"."""
    return carry_out("conversations.move", conversation, wait=wait, inbox_id=inbox_id).conversation


def set_status(conversation: Conversation, *, status_id: str, wait: float = 0.0) -> Conversation:
    """Give it the status ``sts_…`` of a company with ticketing. Returns the conversation.

    What that means for ``status`` and ``status_category``, Front is asked afterwards: at once, or by a worker where
    that fails. Source: Core API, "Update conversation".
    """
    return carry_out("conversations.set_status", conversation, wait=wait, status_id=status_id).conversation


def replace_custom_fields(
    conversation: Conversation, *, custom_fields: Mapping[str, object], wait: float = 0.0
) -> Conversation:
    """Let these be all its custom fields: Front erases those that are left out, and all for an empty mapping.

    ``custom_fields``  values by the names that the fields have in Front, each as JSON of its field's type; dates are
                       in unix seconds

    Returns the conversation. To change one, read the others first, in the ``raw`` of
    ``client_for(channel).conversations.get()``.
    Source: Core API, "Update conversation"; https://dev.frontapp.com/reference/custom-fields
    """
    return carry_out(
        "conversations.replace_custom_fields", conversation, wait=wait, custom_fields=custom_fields
    ).conversation


def set_description(conversation: Conversation, *, description: str, wait: float = 0.0) -> Conversation:
    """Describe a task, in at most 65,535 characters. Returns the conversation.

    Raises ``FrontBadRequestError`` for a conversation that is no task. Source: Core API, "Update conversation".
    """
    return carry_out(
        "conversations.set_description", conversation, wait=wait, description=description
    ).conversation


def clear_description(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Take a task's description away. Returns the conversation. Raises as ``set_description``."""
    return carry_out("conversations.clear_description", conversation, wait=wait).conversation


def set_due_date(conversation: Conversation, *, due_at: datetime, wait: float = 0.0) -> Conversation:
    """Say when a task is due. Returns the conversation.

    ``due_at``  an aware datetime, in the future and within 50 years

    Raises as ``set_description``. Source: Core API, "Update conversation".
    """
    return carry_out("conversations.set_due_date", conversation, wait=wait, due_at=due_at).conversation


def clear_due_date(conversation: Conversation, *, wait: float = 0.0) -> Conversation:
    """Let a task be due at no time. Returns the conversation. Raises as ``set_description``."""
    return carry_out("conversations.clear_due_date", conversation, wait=wait).conversation


def remind(
    conversation: Conversation,
    *,
    teammate_id: str,
    scheduled_at: datetime,
    status_id: str | None = None,
    wait: float = 0.0,
) -> Conversation:
    """Snooze it for a teammate; in a shared inbox, for everybody. Returns the conversation.

    ``teammate_id``   ``tea_…``
    ``scheduled_at``  when it comes back; an aware datetime, in the future and within 50 years
    ``status_id``     the waiting status to set, where the company has ticketing

    Source: Core API, "Update conversation reminders".
    """
    given = {"teammate_id": teammate_id, "scheduled_at": scheduled_at, "status_id": status_id}
    return carry_out("conversations.remind", conversation, wait=wait, **given).conversation


def cancel_reminder(conversation: Conversation, *, teammate_id: str, wait: float = 0.0) -> Conversation:
    """Snooze it no more for the teammate ``tea_…``. Returns the conversation.

    Source: Core API, "Update conversation reminders".
    """
    return carry_out(
        "conversations.cancel_reminder", conversation, wait=wait, teammate_id=teammate_id
    ).conversation
