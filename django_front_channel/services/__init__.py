"""The public verbs. Each takes the row it is about, then keywords, and returns models.

They may be called anywhere, inside the caller's transaction too. Bad input raises ``InvalidArgument`` before
anything is stored. A caller does not fail because Front is down or a channel is not connected yet.
"""

from django_front_channel.lifecycle import retention
from django_front_channel.services import (
    attachments,
    calls,
    channels,
    conversations,
    events,
    messages,
    outbox,
    templates,
)
from django_front_channel.services.content import Contact
from django_front_channel.services.direct import client_for, patience
from django_front_channel.services.files import StoredFile
from django_front_channel.services.verbs import acting_as

__all__ = [
    "Contact",
    "StoredFile",
    "acting_as",
    "attachments",
    "calls",
    "channels",
    "client_for",
    "conversations",
    "events",
    "messages",
    "outbox",
    "patience",
    "retention",
    "templates",
]
