"""The public services. Each takes the row that it is about, then keyword arguments.

You may call them anywhere, even inside your own transaction. A wrong argument raises ``InvalidArgument`` before
anything is stored. Queued work does not fail because Front is down or a channel is not connected yet.
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
    people,
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
    "people",
    "retention",
    "templates",
]
