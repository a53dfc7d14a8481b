"""The tables, their states, and the vocabulary of their queries. No HTTP."""

from django_front_channel.models.attachment import Attachment
from django_front_channel.models.batch import Batch
from django_front_channel.models.channel import Channel
from django_front_channel.models.conversation import Conversation, ConversationThread, Fact
from django_front_channel.models.heartbeat import Worker
from django_front_channel.models.message import Message, MessageParty
from django_front_channel.models.opt_out import Erasure, OptOut
from django_front_channel.models.outbox import OutboxAttempt, OutboxEntry, OutboxLane, OutboxQueue
from django_front_channel.models.pause import Pause
from django_front_channel.models.webhook_event import WebhookEvent

__all__ = [
    "Attachment",
    "Batch",
    "Channel",
    "Conversation",
    "ConversationThread",
    "Erasure",
    "Fact",
    "Message",
    "MessageParty",
    "OptOut",
    "OutboxAttempt",
    "OutboxEntry",
    "OutboxLane",
    "OutboxQueue",
    "Pause",
    "WebhookEvent",
    "Worker",
]
