"""The JSON of Front's objects and webhooks, made from the records of a company."""

from __future__ import annotations

from urllib.parse import urlsplit

from .assumptions import Assumptions
from .http_messages import Json
from .records import (
    Attachment,
    Comment,
    Conversation,
    Event,
    Link,
    Message,
    Named,
    Recipient,
    Reminder,
    State,
    Teammate,
)

BLURB_LENGTH = 100
STATUS_CATEGORY = {"archived": "resolved", "deleted": "resolved", "spam": "resolved"}

# The author of changes by the API. Source of the type: github.com/frontapp/front-api-specs, core-api/core-api.json
API = Teammate("tea_0", "api@example.com", "api", "API", "", type="api")


class Documents:
    """Renders the objects of one company. Every link has the company's host name.

    Source of the shapes: https://dev.frontapp.com/reference
    """

    def __init__(self, company: str, state: State, assumptions: Assumptions) -> None:
        self._root = f"https://{company}.api.frontapp.com"
        self._state = state
        self._assumptions = assumptions

    def link(self, *path: str) -> str:
        """Return an absolute link on the company's host, such as ``https://…/conversations/cnv_1``."""
        return "/".join((self._root, *path))

    def message(self, message: Message) -> Json:
        """Return a message as the channel sees it, with ``metadata.external_id``."""
        return {
            "_links": {"self": self.link("messages", message.id), "related": self._related(message)},
            "id": message.id,
            "message_uid": message.uid,
            "is_draft": message.draft_mode is not None,
            "error_type": self._assumptions.error_type if message.status == "failed" else None,
            "version": message.uid,
            "subject": message.subject,
            "draft_mode": message.draft_mode,
            "blurb": message.text[:BLURB_LENGTH],
            "author": self.author(message.author_id),
            "signature": None,
            "metadata": {"external_id": message.external_id} if message.external_id else {},
            **self._content(message),
        }

    def conversation(self, conversation: Conversation) -> Json:
        """Return a conversation as the channel sees it, with its external ids.

        It must have a message: requests for a conversation that a merge has emptied are redirected.
        """
        state = self._state
        last = state.messages_in(conversation.id)[-1]
        parts = ("events", "followers", "messages", "comments", "inboxes")
        links = self._links("conversations", conversation.id, *parts)
        links["related"]["last_message"] = self.link("messages", last.id)
        document = {
            "_links": links,
            "id": conversation.id,
            "type": "conversation",
            "subject": conversation.subject or "",
            "status": self._read_status(conversation),
            "status_category": STATUS_CATEGORY.get(conversation.status, "open"),
            "ticket_ids": [],
            "assignee": self.author(conversation.assignee_id),
            "recipient": self.recipient(conversation.recipient),
            "tags": [self.tag(state.tags[each]) for each in conversation.tag_ids],
            "links": [self.linked(state.links[each]) for each in conversation.link_ids],
            "custom_fields": conversation.custom_fields,
            "created_at": conversation.created_at,
            "updated_at": max(conversation.created_at, last.created_at),
            "is_private": False,
            "scheduled_reminders": [self.reminder(*each) for each in conversation.reminders.items()],
            "metadata": {"external_conversation_ids": list(conversation.external_ids)},
        }
        return {**document, "status_id": conversation.status_id} if conversation.status_id else document

    def event(self, conversation: Conversation, event: Event) -> Json:
        """Return an event of a conversation. Source: https://dev.frontapp.com/reference/events"""
        source: Json = {"_meta": {"type": event.source}}
        if event.source == "teammate":
            source["data"] = self.author(event.author_id)
        elif event.source == "inboxes":
            source["data"] = [self.inbox(self._state.inboxes[conversation.inbox_id])]
        document = {
            "_links": {"self": self.link("events", event.id)},
            "id": event.id,
            "type": event.type,
            "emitted_at": event.emitted_at,
            "source": source,
            "conversation": self.conversation(conversation),
        }
        return {**document, "target": self._target(conversation, event)} if event.target_type else document

    def sent_webhook(self, message: Message) -> Json:
        """Return the body of the webhook ``message`` or ``message_autoreply``, for a message to the customer."""
        return self._autoreply(message) if message.type == "auto_reply" else self._sent(message)

    def imported_webhook(self, message: Message) -> Json:
        """Return the body of the webhook ``message_imported``.

        Source: https://dev.frontapp.com/changelog/channel-api-message-import-improvements
        """
        return _webhook("message_imported", self.message(message), self._threads(message))

    def teammate(self, teammate: Teammate) -> Json:
        """Return a teammate."""
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
        """Return the teammate with this id, or None if the id is None."""
        return self.teammate(self._state.teammates[teammate_id]) if teammate_id else None

    def tag(self, tag: Named) -> Json:
        """Return a tag of the company."""
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
        """Return a shared inbox."""
        return {
            "_links": self._links("inboxes", inbox.id, "teammates", "conversations", "channels"),
            "id": inbox.id,
            "name": inbox.name,
            "is_private": False,
            "is_public": True,
            "custom_fields": {},
        }

    def linked(self, link: Link) -> Json:
        """Return a link to something outside Front."""
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
        """Return a reminder, which says until when a conversation is snoozed."""
        return {
            "_links": {"related": {"owner": self.link("teammates", teammate_id)}},
            "created_at": reminder.created_at,
            "scheduled_at": reminder.scheduled_at,
            "updated_at": reminder.created_at,
        }

    def comment(self, conversation: Conversation, comment: Comment) -> Json:
        """Return a comment of a teammate or of the API."""
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
            "author": self.author(comment.author_id) or self.teammate(API),
            "body": comment.body,
            "posted_at": comment.posted_at,
            "attachments": [self._file(self.link("download", each.id), each) for each in comment.attachments],
            "is_pinned": comment.is_pinned,
        }

    def seen_receipts(self, message: Message) -> list[Json]:
        """Return one receipt, which says when the message was first seen but not by whom, or an empty list."""
        root = ("messages", message.id)
        links = {"self": self.link(*root, "seen"), "related": {"message": self.link(*root)}}
        milliseconds = [int(at * 1000) for at in message.seen_at[:1]]
        first = [str(at) if self._assumptions.seen_text else at for at in milliseconds]
        return [{"_links": links, "first_seen_at": at, "seen_by": None} for at in first]

    def attachments(self, message: Message) -> list[Json]:
        """Return the files of a message, with URLs that the channel may download.

        Source: https://dev.frontapp.com/reference/download-attachment-for-a-message
        """
        root = ("messages", message.id, "download")
        return [self._file(self.link(*root, each.id), each) for each in message.attachments]

    def recipient(self, recipient: Recipient) -> Json:
        """Return one party of a message."""
        contact_id = self._state.contact_id(recipient.handle)
        return {
            "_links": {"related": {"contact": self.link("contacts", contact_id) if contact_id else None}},
            "name": recipient.name,
            "handle": recipient.handle,
            "role": recipient.role,
        }

    def _sent(self, message: Message) -> Json:
        # Real integrations get neither message_uid nor metadata.external_id in this webhook.
        payload = self.message(message)
        del payload["message_uid"]
        payload["metadata"] = {"headers": {"in_reply_to": None}}
        return _webhook("message", payload, self._threads(message))

    def _autoreply(self, message: Message) -> Json:
        # An autoreply has no id, no author and no link to itself.
        related = {"_links": {"related": self._related(message)}}
        payload = {**related, **self._content(message), "type": "auto_reply"}
        if self._assumptions.bare_autoreply:
            return {"type": "message_autoreply", "payload": payload}
        return _webhook("message_autoreply", payload, self._threads(message))

    def _content(self, message: Message) -> Json:
        return {
            # The enum of core-api.json has no auto_reply.
            "type": "custom",
            "is_inbound": message.is_inbound,
            "created_at": message.created_at,
            "body": message.body,
            "text": message.text,
            "recipients": [self.recipient(recipient) for recipient in message.recipients],
            "attachments": self.attachments(message),
        }

    def _related(self, message: Message) -> Json:
        related = {"conversation": self.link("conversations", message.conversation_id)}
        if message.replied_to:
            related["message_replied_to"] = self.link("messages", message.replied_to)
        if message.type == "custom" and not message.is_inbound:
            related["message_seen"] = self.link("messages", message.id, "seen")
        return related

    def _threads(self, message: Message) -> Json:
        external_ids = list(self._state.conversations[message.conversation_id].external_ids)
        if not external_ids:
            return {"external_conversation_ids": []} if self._assumptions.composed_metadata else {}
        singular = external_ids[0 if self._assumptions.singular_conversation_id else -1]
        return {"external_conversation_id": singular, "external_conversation_ids": external_ids}

    def _read_status(self, conversation: Conversation) -> str:
        """Return the status that the API shows. It never shows spam."""
        if conversation.status == "spam":
            return "deleted" if self._assumptions.spam else "archived"
        return conversation.status

    def _target(self, conversation: Conversation, event: Event) -> Json:
        target: Json = {"_meta": {"type": event.target_type}}
        found = self._target_data(conversation, event.target_type or "", event.target_id or "")
        return {**target, "data": found} if found else target

    def _target_data(self, conversation: Conversation, kind: str, target_id: str) -> Json | None:
        state = self._state
        if kind == "comment":
            comments = {comment.id: comment for comment in conversation.comments}
            return self.comment(conversation, comments[target_id])
        if kind == "tag":
            return self.tag(state.tags[target_id])
        if kind == "link":
            return self.linked(state.links[target_id])
        if kind == "inboxes":
            return self.inbox(state.inboxes[target_id])
        return self.message(state.messages[target_id]) if kind == "message" else self.author(target_id)

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


def without_ids(document: Json) -> Json:
    """Return a ``message_imported`` without the ids that Front does not document (assumption imported_ids)."""
    payload = {name: value for name, value in document["payload"].items() if name != "message_uid"}
    return {**document, "payload": {**payload, "metadata": {}}}


def _webhook(kind: str, payload: Json, metadata: Json) -> Json:
    return {"type": kind, "payload": payload, "metadata": metadata}
