"""The JSON of Front's smaller objects: teammates, tags, files and what else messages and conversations hold."""

from __future__ import annotations

from urllib.parse import urlsplit

from .assumptions import Assumptions
from .http_messages import Json
from .records import (
    Attachment,
    Comment,
    Conversation,
    Link,
    Message,
    Named,
    Recipient,
    Reminder,
    State,
    Teammate,
)

# Who did what no teammate has done: assumption no_author.
API = Teammate("tea_0", "api@example.com", "api", "API", "", type="api")


class Resources:
    """Renders the objects of one company, whose host name stands in every link.

    Source of the shapes: https://dev.frontapp.com/reference
    """

    def __init__(self, company: str, state: State, assumptions: Assumptions) -> None:
        self._root = f"https://{company}.api.frontapp.com"
        self._state = state
        self._assumptions = assumptions

    def link(self, *path: str) -> str:
        """An absolute link on the company's host, such as ``…/conversations/cnv_1``."""
        return "/".join((self._root, *path))

    def teammate(self, teammate: Teammate) -> Json:
        """A teammate."""
        return {
            "_links": self._links("teammates", teammate.id, "inboxes", "conversations"),
            "id": teammate.id,
            "email": teammate.email,
            "username": teammate.username,
            "first_name": teammate.first_name,
            "last_name": teammate.last_name,
            "license_type": "full",
            "is_admin": False,
            "is_available": True,
            "is_blocked": False,
            "type": teammate.type,
            "custom_fields": {},
        }

    def author(self, teammate_id: str | None) -> Json | None:
        """The teammate of this id, or None."""
        return self.teammate(self._state.teammates[teammate_id]) if teammate_id else None

    def tag(self, tag: Named) -> Json:
        """A tag of the company."""
        return {
            "_links": self._links("tags", tag.id, "conversations"),
            "id": tag.id,
            "name": tag.name,
            "description": None,
            "highlight": None,
            "is_private": False,
            "is_visible_in_conversation_lists": True,
        }

    def inbox(self, inbox: Named) -> Json:
        """A shared inbox."""
        return {
            "_links": self._links("inboxes", inbox.id, "teammates", "conversations", "channels"),
            "id": inbox.id,
            "name": inbox.name,
            "is_private": False,
            "is_public": True,
            "custom_fields": {},
        }

    def linked(self, link: Link) -> Json:
        """A link to something outside Front."""
        try:
            host = urlsplit(link.external_url).hostname
        except ValueError:
            host = None
        return {
            "_links": {"self": self.link("links", link.id)},
            "id": link.id,
            "name": link.external_url,
            "type": host or "web",
            "external_url": link.external_url,
            "custom_fields": {},
        }

    def reminder(self, teammate_id: str, reminder: Reminder) -> Json:
        """Until when a conversation is snoozed."""
        return {
            "_links": {"related": {"owner": self.link("teammates", teammate_id)}},
            "created_at": reminder.created_at,
            "scheduled_at": reminder.scheduled_at,
            "updated_at": reminder.created_at,
        }

    def comment(self, conversation: Conversation, comment: Comment) -> Json:
        """A comment of a teammate, or of the API."""
        root = ("comments", comment.id)
        return {
            "_links": {
                "self": self.link(*root),
                "related": {
                    "conversation": self.link("conversations", conversation.id),
                    "mentions": self.link(*root, "mentions"),
                },
            },
            "id": comment.id,
            "author": self.author(comment.author_id)
            or (self.teammate(API) if self._assumptions.no_author else None),
            "body": comment.body,
            "posted_at": comment.posted_at,
            "attachments": [self._file(self.link("download", each.id), each) for each in comment.attachments],
            "is_pinned": comment.is_pinned,
        }

    def seen_receipts(self, message: Message) -> list[Json]:
        """When a message was first seen; who saw it is not told. At most one."""
        root = ("messages", message.id)
        links = {"self": self.link(*root, "seen"), "related": {"message": self.link(*root)}}
        milliseconds = [int(at * 1000) for at in message.seen_at[:1]]
        first = [str(at) if self._assumptions.seen_text else at for at in milliseconds]
        return [{"_links": links, "first_seen_at": at, "seen_by": None} for at in first]

    def attachments(self, message: Message) -> list[Json]:
        """The files of a message, with the addresses that a channel's token may download.

        Source: https://dev.frontapp.com/reference/download-attachment-for-a-message
        """
        root = ("messages", message.id, "download")
        return [self._file(self.link(*root, each.id), each) for each in message.attachments]

    def recipient(self, recipient: Recipient) -> Json:
        """One party of a message."""
        contact_id = self._state.contact_id(recipient.handle)
        return {
            "_links": {"related": {"contact": self.link("contacts", contact_id) if contact_id else None}},
            "name": recipient.name,
            "handle": recipient.handle,
            "role": recipient.role,
        }

    def _file(self, url: str, attachment: Attachment) -> Json:
        return {
            "id": attachment.id,
            "url": url,
            "filename": attachment.filename,
            "content_type": attachment.content_type,
            "size": len(attachment.content),
            "metadata": {"is_inline": False},
        }

    def _links(self, kind: str, resource_id: str, *related: str) -> Json:
        root = (kind, resource_id)
        return {
            "self": self.link(*root),
            "related": {name: self.link(*root, name) for name in related},
        }
