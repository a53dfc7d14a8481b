"""What we use of a message object that Front sends, as it was read from a webhook."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class MessagePayload:
    """What we use of a message object of Front, and of the metadata beside it."""

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
    """What it says, as text."""
    author_name: str = field(repr=False)
    recipients: list[dict[str, str]] = field(repr=False)
    attachments: list[dict[str, Any]] = field(repr=False)

    @property
    def html(self) -> str:
        """What it says, as HTML; empty where that adds nothing to the text, as with the Basic composer."""
        return "" if self.body == self.plain else self.body

    @property
    def senders(self) -> list[dict[str, str]]:
        return [person for person in self.recipients if person["role"] == "from"]

    @property
    def others(self) -> list[dict[str, str]]:
        """Everybody but the sender."""
        return [person for person in self.recipients if person["role"] != "from"]
