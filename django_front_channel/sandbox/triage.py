"""What becomes of a conversation: its status, its assignee, its tags and its comments, and the events of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .front import Front
from .records import Attachment, Comment, Conversation, Status, new_id

Target = Literal["open", "archived", "deleted", "spam"]
_PUT_AWAY: dict[str, tuple[Status, str]] = {
    "archived": ("archived", "archive"),
    "deleted": ("deleted", "trash"),
    "spam": ("spam", "trash"),
}


class Triage(Front):
    """The API and teammates do the same things. ``author_id`` is the teammate who does it, None for the API.
    The lock is held."""

    def put(self, conversation: Conversation, status: Target, author_id: str | None = None) -> None:
        """Archive, trash or reopen it."""
        before, event = conversation.status, "reopen"
        if status == "open":
            conversation.reopen()
        else:
            conversation.status, event = _PUT_AWAY[status]
        if conversation.status != before:
            self.note(conversation, event, author_id=author_id)

    def give(self, conversation: Conversation, teammate_id: str | None, author_id: str | None = None) -> None:
        """Assign it to a teammate, or to nobody."""
        before = conversation.assignee_id
        conversation.assign(teammate_id)
        if teammate_id != before:
            kind = "assign" if teammate_id else "unassign"
            self.note(conversation, kind, ("teammate", teammate_id or before), author_id=author_id)

    def label(self, conversation: Conversation, tag_ids: Sequence[str], author_id: str | None = None) -> None:
        """Let these be its tags, and note what came and went."""
        before, conversation.tag_ids = conversation.tag_ids, list(dict.fromkeys(tag_ids))
        for tag_id in conversation.tag_ids:
            if tag_id not in before:
                self.note(conversation, "tag", ("tag", tag_id), author_id=author_id)
        for tag_id in before:
            if tag_id not in conversation.tag_ids:
                self.note(conversation, "untag", ("tag", tag_id), author_id=author_id)

    def discuss(
        self,
        conversation: Conversation,
        body: str,
        author_id: str | None,
        *,
        is_pinned: bool = False,
        attachments: Sequence[Attachment] = (),
    ) -> Comment:
        """Comment on it (assumption no_author)."""
        comment = Comment(new_id("com"), author_id, body, self.now(), is_pinned, list(attachments))
        conversation.comments.append(comment)
        self.note(conversation, "comment", ("comment", comment.id), author_id=author_id)
        return comment
