"""The message object of a webhook, reduced to the values that we use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class MessagePayload:
    """A message object of Front and the metadata beside it, reduced to the values that we use."""

    id: str
    message_uid: str
    external_id: str
    conversation_id: str
    replied_to_id: str
    company: str
    is_inbound: bool
    created_at: datetime | None
    author_id: str
    external_conversation_id: str
    external_conversation_ids: tuple[str, ...]
    subject: str = field(repr=False)
    text: str = field(repr=False)
    body: str = field(repr=False)
    plain: str = field(repr=False)
    """The content as plain text."""
    author_name: str = field(repr=False)
    recipients: list[dict[str, str]] = field(repr=False)
    attachments: list[dict[str, Any]] = field(repr=False)

    @property
    def html(self) -> str:
        """The content as HTML; empty if it equals the plain text, as with the Basic composer."""
        return "" if self.body == self.plain else self.body

    @property
    def senders(self) -> list[dict[str, str]]:
        return [person for person in self.recipients if person["role"] == "from"]

    @property
    def others(self) -> list[dict[str, str]]:
        """Everybody except the sender."""
        return [person for person in self.recipients if person["role"] != "from"]
