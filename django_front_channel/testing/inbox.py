"""What people see in Front."""

from __future__ import annotations

from dataclasses import dataclass

from django_front_channel.sandbox.records import Attachment, Conversation, Message, State


@dataclass(frozen=True)
class InboxMessage:
    """A message as teammates see it.

    ``id`` is Front's, ``external_id`` ours. ``status`` is ``imported``, ``sending``, ``sent`` or ``failed``, and
    ``error`` what the team reads where it failed. ``attachments`` have ``filename``, ``content_type`` and
    ``content``, the bytes.
    """

    id: str
    conversation_id: str
    external_id: str | None
    is_inbound: bool
    text: str
    status: str
    error: str | None
    handles: tuple[str, ...]
    """The customers: who wrote it, or whom it is for."""
    attachments: tuple[Attachment, ...]

    @classmethod
    def of(cls, message: Message) -> InboxMessage:
        role = "from" if message.is_inbound else "to"
        return cls(
            id=message.id,
            conversation_id=message.conversation_id,
            external_id=message.external_id,
            is_inbound=message.is_inbound,
            text=message.text,
            status=message.status,
            error=message.error,
            handles=tuple(each.handle for each in message.recipients if each.role == role),
            attachments=tuple(message.attachments),
        )


@dataclass(frozen=True)
class InboxConversation:
    """A conversation as teammates see it, with its messages in the order in which Front learned of them.

    ``status`` is ``unassigned``, ``assigned``, ``archived``, ``deleted`` or ``spam``; ``tags`` and ``comments`` are
    texts, ``assignee_id`` is ``tea_…``.
    """

    id: str
    external_conversation_ids: tuple[str, ...]
    subject: str | None
    status: str
    assignee_id: str | None
    tags: tuple[str, ...]
    comments: tuple[str, ...]
    messages: tuple[InboxMessage, ...]

    @classmethod
    def of(cls, conversation: Conversation, state: State) -> InboxConversation:
        return cls(
            id=conversation.id,
            external_conversation_ids=tuple(conversation.external_ids),
            subject=conversation.subject,
            status=conversation.status,
            assignee_id=conversation.assignee_id,
            tags=tuple(state.tags[each].name for each in conversation.tag_ids),
            comments=tuple(comment.body for comment in conversation.comments),
            messages=tuple(InboxMessage.of(each) for each in state.messages_in(conversation.id)),
        )

    @property
    def texts(self) -> list[str]:
        """What was said, in order."""
        return [message.text for message in self.messages]


@dataclass(frozen=True)
class Exchange:
    """A request to Front (``kind`` is ``api``) or from it (``webhook``), and its answer.

    ``status`` is None when none came. ``url`` is the path of a request to Front; values of ``Authorization`` are
    hidden.
    """

    kind: str
    at: float
    method: str
    url: str
    headers: dict[str, str]
    body: str
    status: int | None
    answer: str | None

    def __str__(self) -> str:
        return f"{self.kind} {self.method} {self.url}: {self.status}"
