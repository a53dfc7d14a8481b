"""The pages of webhook events: the requests of Front, with our answers."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from django_front_channel.admin.row_actions import Operation
from django_front_channel.admin.row_admin import FactAdmin, Searches, in_any_channel
from django_front_channel.admin.waiting import why_so
from django_front_channel.models import WebhookEvent
from django_front_channel.services import events

PROCESS_AGAIN = Operation(
    name="process_again",
    short_description=_("Process again"),
    verb=events.process_again,
    done=ngettext_lazy(
        "A worker will process %(count)d webhook event again.",
        "A worker will process %(count)d webhook events again.",
        "count",
    ),
)


class WebhookEventAdmin(FactAdmin):
    list_display = ("type", "front_id", "state", "channel", "app", "answer_status", "received_at")
    list_filter = ("state", "channel")
    list_select_related = ("channel",)
    search_fields = ("front_id",)
    search_help_text = _("A whole Front id.")
    ordering = ("-pk",)
    heavy_fields = ("body", "answer", "detail")
    raw_fields = ("detail", "body", "answer")
    empty_help = _("No webhook event yet. Front sends the first one when a channel is connected.")
    operations = (PROCESS_AGAIN,)
    fields = (
        "type",
        "front_id",
        "app",
        "channel",
        "state",
        "reason",
        "detail",
        "external_conversation_id",
        "customer_handle",
        "answer_status",
        "answer",
        "signed_timestamp",
        "received_at",
        "body",
    )

    @admin.display(description=_("reason"))
    def reason(self, event: WebhookEvent) -> str:
        return why_so(event)

    def named(self, term: str) -> Searches:
        found = WebhookEvent.objects.filter(front_id=term)
        return found.filter(in_any_channel()), found.filter(channel=None)
