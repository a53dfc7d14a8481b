"""What a conversation is tied to: tags, followers, links, inboxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django_front_channel.models import Conversation
from django_front_channel.services.verbs import carry_out, lists_for

if TYPE_CHECKING:
    from django_front_channel.client import FrontInbox, FrontTeammate


def add_tags(conversation: Conversation, *, tag_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Add the tags ``tag_…``, at least one. Returns the conversation.

    Its ``tags`` are names, so Front is asked for them afterwards: at once, or by a worker where that fails.
    Source: Core API, "Add conversation tag".
    """
    return carry_out("conversations.add_tags", conversation, wait=wait, tag_ids=tag_ids).conversation


def remove_tags(conversation: Conversation, *, tag_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Remove the tags ``tag_…``, at least one. Returns the conversation; its ``tags`` as in ``add_tags``.

    Source: Core API, "Remove conversation tag".
    """
    return carry_out("conversations.remove_tags", conversation, wait=wait, tag_ids=tag_ids).conversation


def replace_tags(conversation: Conversation, *, tag_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Let the tags ``tag_…`` be all that it has; an empty list removes every tag, the team's too.

    Returns the conversation; its ``tags`` as in ``add_tags``. Source: Core API, "Update conversation".
    """
    return carry_out("conversations.replace_tags", conversation, wait=wait, tag_ids=tag_ids).conversation


def followers(conversation: Conversation, *, wait: float = 0.0) -> Iterator[FrontTeammate]:
    """Yield every teammate who follows it. Source: Core API, "List conversation followers"."""
    return lists_for("conversations.followers", conversation, wait=wait).followers(conversation.front_id)


def add_followers(
    conversation: Conversation,
    *,
    teammate_ids: Sequence[str],
    ignore_errors: bool | None = None,
    wait: float = 0.0,
) -> Conversation:
    """Let 1 to 50 teammates ``tea_…`` follow it. Returns the conversation.

    ``ignore_errors`` adds the others where an id is wrong. Source: Core API, "Add conversation followers".
    """
    given = {"teammate_ids": teammate_ids, "ignore_errors": ignore_errors}
    return carry_out("conversations.add_followers", conversation, wait=wait, **given).conversation


def remove_followers(
    conversation: Conversation, *, teammate_ids: Sequence[str], wait: float = 0.0
) -> Conversation:
    """Let 1 to 50 teammates ``tea_…`` follow it no more. Returns the conversation.

    Source: Core API, "Delete conversation followers".
    """
    return carry_out(
        "conversations.remove_followers", conversation, wait=wait, teammate_ids=teammate_ids
    ).conversation


def add_links(
    conversation: Conversation,
    *,
    link_ids: Sequence[str] | None = None,
    link_external_urls: Sequence[str] | None = None,
    wait: float = 0.0,
) -> Conversation:
    """Add 1 to 10 links, either by their ids ``top_…`` or by URLs, of which Front makes links where it has none.

    Returns the conversation. Source: Core API, "Add conversation link".
    """
    given = {"link_ids": link_ids, "link_external_urls": link_external_urls}
    return carry_out("conversations.add_links", conversation, wait=wait, **given).conversation


def remove_links(conversation: Conversation, *, link_ids: Sequence[str], wait: float = 0.0) -> Conversation:
    """Remove 1 to 10 links ``top_…``. Returns the conversation. Source: Core API, "Remove conversation links"."""
    return carry_out("conversations.remove_links", conversation, wait=wait, link_ids=link_ids).conversation


def inboxes(conversation: Conversation, *, wait: float = 0.0) -> Iterator[FrontInbox]:
    """Yield every inbox that lists it. Source: Core API, "List conversation inboxes"."""
    return lists_for("conversations.inboxes", conversation, wait=wait).inboxes(conversation.front_id)
