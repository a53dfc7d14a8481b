"""The actions of teammates in Front: they write to customers, and look after conversations."""

from __future__ import annotations

import base64
import html
import mimetypes
from collections.abc import Callable, Sequence
from pathlib import Path

from django_front_channel.exceptions import InvalidArgument

from .http_messages import Json
from .message_flow import Text, send_message, write_message
from .multipart_forms import ANY_TYPE, is_media_type
from .records import TEAMMATES, Attachment, Conversation, Recipient, new_id
from .verb_group import VerbGroup

SOMEBODY = TEAMMATES[0].id


class Teammates(VerbGroup):
    """The verbs of teammates. Only ``reply``, ``compose`` and ``autoreply`` send a webhook.

    Each verb returns a JSON object. Raises :class:`~django_front_channel.exceptions.InvalidArgument` for an action that
    is impossible in Front.
    """

    def reply(
        self,
        *,
        conversation_id: str,
        text: str,
        author_id: str | None = SOMEBODY,
        attachments: list[dict[str, str]] | None = None,
    ) -> Json:
        """Reply to the customer, and send the webhook ``message``.

        * ``author_id``: a teammate. None leaves the author empty, as for a rule.
        * ``attachments``: each has ``filename`` and ``content`` in base64. Python callers may pass ``path``, a file on
          this machine, instead. Without ``content_type``, the type is guessed from the name.

        Returns ``message_id``, ``conversation_id``, ``status`` (``sent`` or ``failed``), ``error`` (the text that the
        teammate reads, or None), ``external_id`` and ``external_conversation_ids``.
        """
        files = [_attachment(each) for each in attachments or ()]
        with self.company.lock:
            conversation = self._conversation_in_use(conversation_id)
            message = write_message(self.company, conversation, self._text(text, author_id, files))
        return send_message(self.company, message)

    def compose(
        self,
        *,
        channel_id: str,
        to: list[str],
        text: str,
        subject: str | None = None,
        author_id: str | None = SOMEBODY,
        attachments: list[dict[str, str]] | None = None,
    ) -> Json:
        """Write to one or more handles in a new conversation, and send the webhook ``message``.

        The ``attachments`` and the result are those of ``reply``.
        """
        if not to or not all(to):
            raise InvalidArgument(
                "A message needs at least one recipient, and no handle may be empty.",
                code="empty",
                argument="to",
            )
        files = [_attachment(each) for each in attachments or ()]
        recipients = [Recipient(handle, "to") for handle in to]
        company = self.company
        with company.lock:
            written = self._text(text, author_id, files, recipients)
            conversation = company.start_conversation(company.channel(channel_id), recipients[0], subject)
            message = write_message(company, conversation, written)
        return send_message(company, message)

    def autoreply(self, *, conversation_id: str, text: str) -> Json:
        """Answer the customer as a rule does: send ``message_autoreply``. Returns what ``reply`` returns."""
        with self.company.lock:
            conversation = self._conversation_in_use(conversation_id)
            written = self._text(text, None, [])
            message = write_message(self.company, conversation, written, kind="auto_reply")
        return send_message(self.company, message)

    def archive(self, *, conversation_id: str, author_id: str = SOMEBODY) -> Json:
        """Archive a conversation until the customer writes again. Returns ``conversation_id`` and ``status``."""
        return self._change(
            conversation_id, author_id, lambda it: self.company.set_status(it, "archived", author_id)
        )

    def trash(self, *, conversation_id: str, author_id: str = SOMEBODY) -> Json:
        """Move a conversation to the trash. Returns what ``archive`` returns."""
        return self._change(
            conversation_id, author_id, lambda it: self.company.set_status(it, "deleted", author_id)
        )

    def reopen(self, *, conversation_id: str, author_id: str = SOMEBODY) -> Json:
        """Take a conversation out of the archive or the trash. Returns what ``archive`` returns."""
        return self._change(
            conversation_id, author_id, lambda it: self.company.set_status(it, "open", author_id)
        )

    def assign(self, *, conversation_id: str, teammate_id: str | None, author_id: str = SOMEBODY) -> Json:
        """Assign a conversation to a teammate, or unassign it with None. Returns what ``archive`` returns."""
        if teammate_id is not None:
            self._check_teammate(teammate_id)
        return self._change(
            conversation_id, author_id, lambda it: self.company.assign(it, teammate_id, author_id)
        )

    def tag(self, *, conversation_id: str, tag_ids: list[str], author_id: str = SOMEBODY) -> Json:
        """Replace the tags of a conversation. Returns what ``archive`` returns."""
        unknown = [each for each in tag_ids if each not in self.company.state.tags]
        if unknown:
            raise InvalidArgument(f"There is no tag {unknown[0]}.", code="unknown", argument="tag_ids")
        return self._change(
            conversation_id, author_id, lambda it: self.company.set_tags(it, tag_ids, author_id)
        )

    def comment(self, *, conversation_id: str, text: str, author_id: str = SOMEBODY) -> Json:
        """Add a comment, which only teammates read. Returns what ``archive`` returns."""
        if not text.strip():
            raise InvalidArgument("A comment needs a text.", code="empty", argument="text")
        return self._change(
            conversation_id, author_id, lambda it: self.company.add_comment(it, text, author_id)
        )

    def mark_read(self, *, conversation_id: str) -> Json:
        """Mark a conversation as read. Returns what ``archive`` returns."""
        return self._change(conversation_id, SOMEBODY, Conversation.mark_read)

    def merge(
        self, *, conversation_ids: list[str], survivor: str | None = None, author_id: str = SOMEBODY
    ) -> Json:
        """Merge conversations of one channel. Returns ``conversation_id`` and ``absorbed``.

        Without ``survivor``, the conversation with the most messages survives. If several have the most, the oldest of
        them survives (assumption merge_survivor).
        """
        company = self.company
        with company.lock:
            self._check_teammate(author_id)
            merged = {each: company.conversation(each) for each in conversation_ids}
            if len(merged) < 2 or len({each.channel_id for each in merged.values()}) != 1:
                raise InvalidArgument(
                    "Name at least two different conversations of one channel.",
                    code="not_allowed",
                    argument="conversation_ids",
                )
            if survivor is not None and survivor not in merged:
                raise InvalidArgument(
                    "The survivor must be one of the merged conversations.",
                    code="not_allowed",
                    argument="survivor",
                )
            kept = merged.pop(survivor or min(merged, key=self._merge_rank))
            for absorbed in merged.values():
                company.state.merge_conversations(kept, absorbed)
            target = ("deleted_conversation_ids", None)
            company.add_event(kept, "conversations_merged", target, author_id=author_id)
        return {"conversation_id": kept.id, "absorbed": list(merged)}

    def split(self, *, conversation_id: str, message_ids: list[str], author_id: str = SOMEBODY) -> Json:
        """Move messages of a conversation into a new one. At least one message stays.

        The external conversation ids belong to the new conversation from now on (assumption split_threads). Returns the
        ``conversation_id`` of the new one, and ``split_from``.
        """
        company = self.company
        with company.lock:
            self._check_teammate(author_id)
            source = company.conversation(conversation_id)
            messages = company.state.messages_in(source.id)
            chosen = [each for each in messages if each.id in message_ids]
            if not message_ids or len(chosen) != len(set(message_ids)):
                raise InvalidArgument(
                    "Name messages of this conversation.", code="unknown", argument="message_ids"
                )
            if len(chosen) == len(messages):
                raise InvalidArgument(
                    "At least one message must stay.", code="not_allowed", argument="message_ids"
                )
            channel = company.state.channels[source.channel_id]
            part = company.start_conversation(channel, source.recipient, source.subject)
            company.state.move_messages(source, part, chosen)
            if company.assumptions.split_threads:
                company.state.move_threads(source, part)
        return {"conversation_id": part.id, "split_from": source.id}

    def _change(self, conversation_id: str, author_id: str, change: Callable[[Conversation], object]) -> Json:
        with self.company.lock:
            self._check_teammate(author_id)
            conversation = self.company.conversation(conversation_id)
            change(conversation)
            return {"conversation_id": conversation.id, "status": conversation.status}

    def _conversation_in_use(self, conversation_id: str) -> Conversation:
        conversation = self.company.conversation(conversation_id)
        self.company.channel(conversation.channel_id)
        return conversation

    def _merge_rank(self, conversation_id: str) -> tuple[int, float]:
        state = self.company.state
        messages = state.messages_in(conversation_id) if self.company.assumptions.merge_survivor else ()
        return -len(messages), state.conversations[conversation_id].created_at

    def _check_teammate(self, teammate_id: str) -> None:
        if teammate_id not in self.company.state.teammates:
            raise InvalidArgument(
                f"There is no teammate {teammate_id}.", code="unknown", argument="teammate_id"
            )

    def _text(
        self, text: str, author_id: str | None, files: list[Attachment], to: Sequence[Recipient] = ()
    ) -> Text:
        if author_id is not None:
            self._check_teammate(author_id)
        body = "<p>" + html.escape(text, quote=False).replace("\n", "<br>") + "</p>"
        return Text(body, text, author_id=author_id, to=to, attachments=files)


def _attachment(described: dict[str, str]) -> Attachment:
    """Return the attachment that a caller describes. Raises InvalidArgument."""
    path = described.get("path")
    if (path is None) == ("content" not in described):
        raise InvalidArgument(
            "An attachment needs either a path, or a filename and content in base64.",
            code="exclusive",
            argument="attachments",
        )
    try:
        content = Path(path).read_bytes() if path else base64.b64decode(described["content"], validate=True)
    except (OSError, ValueError) as error:
        raise InvalidArgument(
            f"The attachment cannot be read: {error}.", code="not_readable", argument="attachments"
        ) from error
    name = described.get("filename") or Path(path or "file").name
    content_type = described.get("content_type") or mimetypes.guess_type(name)[0] or ANY_TYPE
    if not is_media_type(content_type):
        raise InvalidArgument(
            f"{content_type} is not a content type such as image/png.",
            code="malformed",
            argument="attachments",
        )
    return Attachment(new_id("fil"), name, content_type, content)
