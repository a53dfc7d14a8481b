"""The JSON of conversations, messages and events, and of the webhooks, rendered from the state."""

from __future__ import annotations

from html.parser import HTMLParser

from .http_messages import Json
from .records import Conversation, Event, Message
from .resources import Resources

BLURB_LENGTH = 100
STATUS_CATEGORY = {"archived": "resolved", "deleted": "resolved", "spam": "resolved"}


class Documents(Resources):
    """Source of the shapes: https://dev.frontapp.com/reference/messages, /conversations and /events."""

    def message(self, message: Message) -> Json:
        """A message as the API returns it to a channel's token, so with ``metadata.external_id``."""
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
        """A conversation as the API returns it to a channel's token, so with its external ids.

        It has a message: what was emptied by a merge redirects instead.
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
        """An event of a conversation. Source: https://dev.frontapp.com/reference/events"""
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
        """``message`` or ``message_autoreply``: what goes out to the customer."""
        return self._autoreply(message) if message.type == "auto_reply" else self._sent(message)

    def imported_webhook(self, message: Message) -> Json:
        """``message_imported``.

        Source: https://dev.frontapp.com/changelog/channel-api-message-import-improvements
        """
        return _webhook("message_imported", self.message(message), self._threads(message))

    def _sent(self, message: Message) -> Json:
        # What integrations have seen of this webhook lists no message_uid and no metadata.external_id.
        payload = self.message(message)
        del payload["message_uid"]
        payload["metadata"] = {"headers": {"in_reply_to": None}}
        return _webhook("message", payload, self._threads(message))

    def _autoreply(self, message: Message) -> Json:
        # It has no id, no author and no link to itself.
        payload = {"_links": {"related": self._related(message)}, **self._content(message)}
        return _webhook("message_autoreply", payload, self._threads(message))

    def _content(self, message: Message) -> Json:
        return {
            "type": message.type,
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
        """Spam is a status that is written, never read."""
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


def without_ids(document: Json) -> Json:
    """A ``message_imported`` without what is not documented for it (assumption imported_ids)."""
    payload = {name: value for name, value in document["payload"].items() if name != "message_uid"}
    return {**document, "payload": {**payload, "metadata": {}}}


def _webhook(kind: str, payload: Json, metadata: Json) -> Json:
    return {"type": kind, "payload": payload, "metadata": metadata}


def text_of(body: str) -> str:
    """The plain text of a body that is HTML or plain text; ``<br>`` and the end of a block break the line."""
    parser = _TextParser()
    try:
        parser.feed(body)
        parser.close()
    except AssertionError:  # how the parser of the standard library refuses some declarations
        return body
    return "".join(parser.parts).strip()


class _TextParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "div", "li"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
