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
    delete,
    refresh,
    remind,
    reopen,
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
    "comments",
    "create_draft",
    "delete",
    "drafts",
    "events",
    "followers",
    "inboxes",
    "messages",
    "refresh",
    "remind",
    "remove_followers",
    "remove_links",
    "remove_tags",
    "reopen",
    "replace_tags",
    "reply",
    "spam",
    "trash",
    "unassign",
]
