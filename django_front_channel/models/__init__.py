"""The tables, their states, and the vocabulary of their queries. No HTTP."""

from django_front_channel.models.channel import Channel
from django_front_channel.models.conversation import Conversation, ExternalConversation, Fact
from django_front_channel.models.message import Attachment, Message
from django_front_channel.models.outbox import OutboxAttempt, OutboxEntry, OutboxLane
from django_front_channel.models.pause import Pause
from django_front_channel.models.webhook_event import WebhookEvent

__all__ = [
    "Attachment",
    "Channel",
    "Conversation",
    "ExternalConversation",
    "Fact",
    "Message",
    "OutboxAttempt",
    "OutboxEntry",
    "OutboxLane",
    "Pause",
    "WebhookEvent",
]
