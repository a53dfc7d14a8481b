"""The pages of Front's conversations and of our threads."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from django_front_channel.admin.row_admin import FactAdmin, FactInline, Searches, in_any_channel
from django_front_channel.models import Conversation, ConversationThread


class ConversationThreadInline(FactInline):
    model = ConversationThread
    fields = ("external_conversation_id", "created_at")
    show_change_link = True


class ConversationAdmin(FactAdmin):
    list_display = (
        "front_id",
        "short_subject",
        "channel",
        "status",
        "assignee_id",
        "refreshed_at",
        "created_at",
    )
    list_filter = ("channel",)
    list_prefetch = ("channel",)
    search_fields = ("front_id",)
    search_help_text = _("A whole Front id (cnv_…), or a whole external conversation id.")
    ordering = ("-pk",)
    heavy_fields = ("host_data", "tags")
    empty_help = _("No conversation yet. One appears when Front has imported its first message.")
    fields = (
        "front_id",
        "channel",
        "subject",
        "status",
        "status_category",
        "assignee_id",
        "tags",
        "refreshed_at",
        "merged_into",
        "merged_at",
        "host_data",
        "created_at",
    )
    inlines = (ConversationThreadInline,)

    def named(self, term: str) -> Searches:
        anywhere = in_any_channel()
        threads = ConversationThread.objects.filter(anywhere, external_conversation_id=term).values_list(
            "conversation"
        )
        rows = Conversation.objects
        return rows.filter(anywhere, front_id=term), rows.filter(pk__in=threads)

    @admin.display(description=_("subject"))
    def short_subject(self, conversation: Conversation) -> str:
        return conversation.subject[:80]


class ConversationThreadAdmin(FactAdmin):
    list_display = ("external_conversation_id", "channel", "conversation", "created_at")
    list_filter = ("channel",)
    list_prefetch = ("channel",)
    list_select_related = ("conversation",)
    search_fields = ("external_conversation_id",)
    search_help_text = _("A whole external conversation id.")
    ordering = ("-pk",)
    heavy_fields = ("conversation__host_data", "conversation__tags")
    empty_help = _("No thread yet. One appears when a worker has handled its first message.")
    fields = ("external_conversation_id", "channel", "conversation", "merged_at", "created_at")

    def named(self, term: str) -> Searches:
        return [ConversationThread.objects.filter(in_any_channel(), external_conversation_id=term)]
