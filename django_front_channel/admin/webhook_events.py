"""Webhook events: what Front sent, and what it was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from django_front_channel.admin.operations import Operation
from django_front_channel.admin.rows import FactAdmin

if TYPE_CHECKING:
    from django_front_channel.models import WebhookEvent

# Front's types, those that are kept; a filter that looked for them would read the whole table.
TYPES = ("authorization", "message", "message_autoreply", "message_imported", "delete")


def _process_again(event: WebhookEvent) -> WebhookEvent:
    # Every process loads the admin's modules at its start, and few of them process webhooks.
    from django_front_channel.webhooks.processing.reprocessing import process_again

    return process_again(event)


PROCESS_AGAIN = Operation(
    name="process_again",
    short_description=_("Process again"),
    verb=_process_again,
    done=ngettext_lazy(
        "%(count)d webhook event is processed again by a worker.",
        "%(count)d webhook events are processed again by a worker.",
        "count",
    ),
)


class TypeFilter(admin.SimpleListFilter):
    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class WebhookEventAdmin(FactAdmin):
    list_display = ("type", "front_id", "state", "channel", "app", "reply_status", "received_at")
    list_filter = ("state", TypeFilter, "channel")
    list_select_related = ("channel",)
    search_fields = ("front_id",)
    search_help_text = _("A whole Front id.")
    ordering = ("-pk",)
    heavy_fields = ("body", "reply", "error")
    empty_help = _("No webhook event yet. Front sends the first one when a channel is connected.")
    actions = (PROCESS_AGAIN,)
    fields = (
        "type",
        "front_id",
        "app",
        "channel",
        "state",
        "error",
        "reply_status",
        "reply",
        "signed_timestamp",
        "received_at",
        "body",
    )
