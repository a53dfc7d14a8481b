"""The operators' pages in the Django admin. Facts are read-only. Every action calls a verb of the services."""

from __future__ import annotations

from django.contrib import admin

from django_front_channel.admin.channels import ChannelAdmin
from django_front_channel.admin.conversations import ConversationAdmin, ConversationThreadAdmin
from django_front_channel.admin.messages import MessageAdmin
from django_front_channel.admin.outbox import OutboxEntryAdmin, OutboxLaneAdmin, PauseAdmin
from django_front_channel.admin.webhook_events import WebhookEventAdmin
from django_front_channel.models import (
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)

admin.site.register(Channel, ChannelAdmin)
admin.site.register(Conversation, ConversationAdmin)
admin.site.register(ConversationThread, ConversationThreadAdmin)
admin.site.register(Message, MessageAdmin)
admin.site.register(OutboxEntry, OutboxEntryAdmin)
admin.site.register(OutboxLane, OutboxLaneAdmin)
admin.site.register(Pause, PauseAdmin)
admin.site.register(WebhookEvent, WebhookEventAdmin)
