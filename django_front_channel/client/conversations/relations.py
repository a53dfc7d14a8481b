"""What a conversation is tied to: tags, followers, links, inboxes."""

from __future__ import annotations

from collections.abc import Sequence

from django_front_channel.client import arguments
from django_front_channel.client.content import json_content
from django_front_channel.client.operations import Request, ResourceGroup, collection, operation
from django_front_channel.client.reading import nothing
from django_front_channel.exceptions import InvalidArgument

from .results import FrontInbox, FrontTeammate
from .state import ids_of

MOST_FOLLOWERS = 50
MOST_LINKS = 10

TAGS = "/conversations/{conversation_id}/tags"
FOLLOWERS = "/conversations/{conversation_id}/followers"
LINKS = "/conversations/{conversation_id}/links"


class Relations(ResourceGroup):
    @operation("add-conversation-tag", "POST", TAGS, status=204, reads=nothing)
    def add_tags(self, conversation_id: str, *, tag_ids: Sequence[str]) -> Request:
        """Add the tags ``tag_…``. Returns None. Front: Core API, ``add-conversation-tag``."""
        said = {"tag_ids": arguments.ids(tag_ids, "tag_ids")}
        return Request(content=json_content(said), ids=ids_of(conversation_id))

    @operation("remove-conversation-tag", "DELETE", TAGS, status=204, reads=nothing)
    def remove_tags(self, conversation_id: str, *, tag_ids: Sequence[str]) -> Request:
        """Remove the tags ``tag_…``. Returns None. Front: Core API, ``remove-conversation-tag``."""
        said = {"tag_ids": arguments.ids(tag_ids, "tag_ids")}
        return Request(content=json_content(said), ids=ids_of(conversation_id))

    @collection("list-conversation-followers", FOLLOWERS, reads=FrontTeammate.read)
    def followers(self, conversation_id: str) -> Request:
        """Yield every ``FrontTeammate`` who follows. Front: Core API, ``list-conversation-followers``."""
        return Request(ids=ids_of(conversation_id))

    @operation("add-conversation-followers", "POST", FOLLOWERS, status=204, reads=nothing)
    def add_followers(
        self, conversation_id: str, *, teammate_ids: Sequence[str], ignore_errors: bool | None = None
    ) -> Request:
        """Let at most 50 teammates ``tea_…`` follow. Returns None.

        ``ignore_errors`` adds the others where an id is wrong. Front: Core API, ``add-conversation-followers``.
        """
        ignoring = arguments.optional_bool(ignore_errors, "ignore_errors")
        return Request(
            content=json_content(_teammates(teammate_ids)),
            ids=ids_of(conversation_id),
            query={} if ignoring is None else {"ignore_errors": "true" if ignoring else "false"},
        )

    @operation("delete-conversation-followers", "DELETE", FOLLOWERS, status=204, reads=nothing)
    def remove_followers(self, conversation_id: str, *, teammate_ids: Sequence[str]) -> Request:
        """Let at most 50 teammates ``tea_…`` follow no more. Returns None.

        Front: Core API, ``delete-conversation-followers``.
        """
        return Request(content=json_content(_teammates(teammate_ids)), ids=ids_of(conversation_id))

    @operation("add-conversation-link", "POST", LINKS, status=204, reads=nothing)
    def add_links(
        self,
        conversation_id: str,
        *,
        link_ids: Sequence[str] | None = None,
        link_external_urls: Sequence[str] | None = None,
    ) -> Request:
        """Add at most 10 links, either by ``link_ids`` or by ``link_external_urls``. Returns None.

        Front makes the links to external URLs that it lacks. Front: Core API, ``add-conversation-link``.
        """
        if (link_ids is None) == (link_external_urls is None):
            raise InvalidArgument("Pass either link_ids or link_external_urls.")
        if link_ids is not None:
            said = {"link_ids": arguments.ids(link_ids, "link_ids", at_most=MOST_LINKS)}
        else:
            said = {"link_external_urls": arguments.texts(link_external_urls, "link_external_urls")}
            if len(said["link_external_urls"]) > MOST_LINKS:
                raise InvalidArgument(f"link_external_urls must have at most {MOST_LINKS} URLs.")
        return Request(content=json_content(said), ids=ids_of(conversation_id))

    @operation("remove-conversation-links", "DELETE", LINKS, status=204, reads=nothing)
    def remove_links(self, conversation_id: str, *, link_ids: Sequence[str]) -> Request:
        """Remove at most 10 links. Returns None. Front: Core API, ``remove-conversation-links``."""
        said = {"link_ids": arguments.ids(link_ids, "link_ids", at_most=MOST_LINKS)}
        return Request(content=json_content(said), ids=ids_of(conversation_id))

    @collection(
        "list-conversation-inboxes", "/conversations/{conversation_id}/inboxes", reads=FrontInbox.read
    )
    def inboxes(self, conversation_id: str) -> Request:
        """Yield every ``FrontInbox`` that lists it. Front: Core API, ``list-conversation-inboxes``."""
        return Request(ids=ids_of(conversation_id))


def _teammates(teammate_ids: Sequence[str]) -> dict[str, list[str]]:
    return {"teammate_ids": arguments.ids(teammate_ids, "teammate_ids", at_most=MOST_FOLLOWERS)}
