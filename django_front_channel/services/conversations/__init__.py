"""Ask Front about conversations, and change them.

Each verb calls Front at once. A conversation that Front has merged is followed into the one that holds it now; our
external conversations then point there, and ``conversation_merged`` is sent. Each raises ``InvalidArgument`` before
anything is sent, ``ChannelUnavailable``, or a ``FrontAPIError``.
"""

from django_front_channel.services.conversations.relations import (
    add_followers,
    add_links,
    add_tags,
    followers,
    inboxes,
    remove_followers,
    remove_links,
    remove_tags,
    replace_tags,
)
from django_front_channel.services.conversations.state import (
    archive,
    assign,
    cancel_reminder,
    clear_description,
    clear_due_date,
    delete,
    move,
    refresh,
    remind,
    reopen,
    replace_custom_fields,
    set_description,
    set_due_date,
    set_status,
    spam,
    trash,
    unassign,
)
from django_front_channel.services.conversations.talk import (
    add_comment,
    comments,
    create_draft,
    drafts,
    events,
    messages,
    reply,
)

__all__ = [
    "add_comment",
    "add_followers",
    "add_links",
    "add_tags",
    "archive",
    "assign",
    "cancel_reminder",
    "clear_description",
    "clear_due_date",
    "comments",
    "create_draft",
    "delete",
    "drafts",
    "events",
    "followers",
    "inboxes",
    "messages",
    "move",
    "refresh",
    "remind",
    "remove_followers",
    "remove_links",
    "remove_tags",
    "reopen",
    "replace_custom_fields",
    "replace_tags",
    "reply",
    "set_description",
    "set_due_date",
    "set_status",
    "spam",
    "trash",
    "unassign",
]
