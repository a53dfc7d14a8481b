"""What teammates do with conversations, beside writing in them."""

from __future__ import annotations

from collections.abc import Callable

from django_front_channel.exceptions import InvalidArgument

from .http_messages import Json
from .records import TEAMMATES, Channel, Conversation
from .sending import Sending

SOMEBODY = TEAMMATES[0].id


class Teammates(Sending):
    """Every method returns a JSON object, and raises
    :class:`~django_front_channel.exceptions.InvalidArgument` for what nobody could do in Front. No webhook
    is sent for what is here."""

    def archive(self, *, conversation_id: str, author_id: str = SOMEBODY) -> Json:
        """Put a conversation away until it is written to. Returns ``conversation_id`` and ``status``."""
        return self._change(conversation_id, author_id, lambda it: self.put(it, "archived", author_id))

    def trash(self, *, conversation_id: str, author_id: str = SOMEBODY) -> Json:
        """Put a conversation into the trash. Returns what ``archive`` does."""
        return self._change(conversation_id, author_id, lambda it: self.put(it, "deleted", author_id))

    def reopen(self, *, conversation_id: str, author_id: str = SOMEBODY) -> Json:
        """Take a conversation back from the archive or the trash. Returns what ``archive`` does."""
        return self._change(conversation_id, author_id, lambda it: self.put(it, "open", author_id))

    def assign(self, *, conversation_id: str, teammate_id: str | None, author_id: str = SOMEBODY) -> Json:
        """Give a conversation to a teammate; None: to nobody. Returns what ``archive`` does."""
        if teammate_id is not None:
            self._check_teammate(teammate_id)
        return self._change(conversation_id, author_id, lambda it: self.give(it, teammate_id, author_id))

    def tag(self, *, conversation_id: str, tag_ids: list[str], author_id: str = SOMEBODY) -> Json:
        """Let these be the tags of a conversation. Returns what ``archive`` does."""
        unknown = [each for each in tag_ids if each not in self.state.tags]
        if unknown:
            raise InvalidArgument(f"There is no tag {unknown[0]}.")
        return self._change(conversation_id, author_id, lambda it: self.label(it, tag_ids, author_id))

    def comment(self, *, conversation_id: str, text: str, author_id: str = SOMEBODY) -> Json:
        """Say something that only teammates read. Returns what ``archive`` does."""
        if not text.strip():
            raise InvalidArgument("A comment needs a text.")
        return self._change(conversation_id, author_id, lambda it: self.discuss(it, text, author_id))

    def mark_read(self, *, conversation_id: str) -> Json:
        """A teammate has looked at a conversation. Returns what ``archive`` does."""
        return self._change(conversation_id, SOMEBODY, Conversation.mark_read)

    def merge(
        self, *, conversation_ids: list[str], survivor: str | None = None, author_id: str = SOMEBODY
    ) -> Json:
        """Merge conversations of one channel. Without ``survivor``, the one with most messages survives, then
        the oldest (assumption merge_survivor). Returns ``conversation_id`` and ``absorbed``."""
        with self.lock:
            self._check_teammate(author_id)
            merged = {each: self._conversation(each) for each in conversation_ids}
            if len(merged) < 2 or len({each.channel_id for each in merged.values()}) != 1:
                raise InvalidArgument("Name at least two different conversations of one channel.")
            if survivor is not None and survivor not in merged:
                raise InvalidArgument("The survivor must be one of the merged conversations.")
            kept = merged.pop(survivor or min(merged, key=self._merge_rank))
            for absorbed in merged.values():
                self.state.merge_conversations(kept, absorbed)
            self.note(kept, "conversations_merged", ("deleted_conversation_ids", None), author_id=author_id)
        return {"conversation_id": kept.id, "absorbed": list(merged)}

    def split(self, *, conversation_id: str, message_ids: list[str], author_id: str = SOMEBODY) -> Json:
        """Take messages of a conversation into a new one, to which its external ids lead from now on
        (assumption split_threads). At least one message stays. Returns the ``conversation_id`` of the new one and
        ``split_from``."""
        with self.lock:
            self._check_teammate(author_id)
            source = self._conversation(conversation_id)
            chosen = [each for each in self.state.messages_in(source.id) if each.id in message_ids]
            if not message_ids or len(chosen) != len(set(message_ids)):
                raise InvalidArgument("Name messages of this conversation.")
            if len(chosen) == len(self.state.messages_in(source.id)):
                raise InvalidArgument("At least one message must stay.")
            channel = self.state.channels[source.channel_id]
            part = self.start_conversation(channel, source.recipient, source.subject)
            self.state.move_messages(source, part, chosen)
            if self.assumptions.split_threads:
                self.state.move_threads(source, part)
        return {"conversation_id": part.id, "split_from": source.id}

    def _change(self, conversation_id: str, author_id: str, change: Callable[[Conversation], object]) -> Json:
        with self.lock:
            self._check_teammate(author_id)
            conversation = self._conversation(conversation_id)
            change(conversation)
            return {"conversation_id": conversation.id, "status": conversation.status}

    def _merge_rank(self, conversation_id: str) -> tuple[int, float]:
        conversation = self.state.conversations[conversation_id]
        messages = self.state.messages_in(conversation_id) if self.assumptions.merge_survivor else ()
        return -len(messages), conversation.created_at

    def _channel(self, channel_id: str) -> Channel:
        channel = self.state.channels.get(channel_id)
        if channel is None or channel.is_deleted:
            raise InvalidArgument(f"There is no channel {channel_id}.")
        return channel

    def _conversation(self, conversation_id: str) -> Conversation:
        conversation = self.state.conversations.get(conversation_id)
        if conversation is None:
            raise InvalidArgument(f"There is no conversation {conversation_id}.")
        if conversation.merged_into:
            raise InvalidArgument(f"{conversation_id} was merged into {conversation.merged_into}.")
        return conversation

    def _check_teammate(self, teammate_id: str) -> None:
        if teammate_id not in self.state.teammates:
            raise InvalidArgument(f"There is no teammate {teammate_id}.")
