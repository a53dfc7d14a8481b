"""Front as people see it: messages and conversations in the inbox, and the exchanges in the journal."""

from __future__ import annotations

from dataclasses import dataclass

from django_front_channel.sandbox.records import Attachment, Conversation, Message, State


@dataclass(frozen=True)
class InboxMessage:
    """A message as teammates see it.

    The ``id`` is Front's, and the ``external_id`` is yours. The ``status`` is ``imported``, ``sending``, ``sent`` or
    ``failed``. The ``error`` is the text that the team reads when sending has failed. Each attachment has ``filename``,
    ``content_type`` and ``content`` (bytes).
    """

    id: str
    conversation_id: str
    external_id: str | None
    is_inbound: bool
    text: str
    status: str
    error: str | None
    handles: tuple[str, ...]
    """The customers: the sender of an inbound message, or the recipients of an outbound one."""
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
    """A conversation as teammates see it. Its messages are in the order in which Front got them.

    The ``status`` is ``unassigned``, ``assigned``, ``archived``, ``deleted`` or ``spam``. All ``tags`` and ``comments``
    are texts. The ``assignee_id`` is ``tea_…``.
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
        """The texts of the messages, in order."""
        return [message.text for message in self.messages]


@dataclass(frozen=True)
class Exchange:
    """A request to Front (``kind`` is ``api``) or a webhook from Front (``webhook``), and its answer.

    The ``status`` is None if no answer came. The ``url`` of a request to Front is only the path. Values of
    ``Authorization`` are hidden.
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
