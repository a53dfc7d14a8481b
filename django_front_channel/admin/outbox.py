"""The pages of the outbox: entries, their attempts, lanes and pauses."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from django_front_channel.admin.messages import messages_named
from django_front_channel.admin.row_actions import Operation
from django_front_channel.admin.row_admin import FactAdmin, FactInline, Searches, in_any_channel, keys_of
from django_front_channel.admin.waiting import why_it_waits, why_so, why_unusable
from django_front_channel.core.reasons import sentence
from django_front_channel.models import (
    OutboxAttempt,
    OutboxEntry,
    OutboxLane,
    Pause,
)
from django_front_channel.services import outbox

RETRY_ENTRY = Operation(
    name="retry",
    short_description=_("Try again now"),
    verb=outbox.retry,
    done=ngettext_lazy(
        "%(count)d outbox entry is due now.", "%(count)d outbox entries are due now.", "count"
    ),
)
RETRY_LANE = Operation(
    name="retry",
    short_description=_("Try again now"),
    verb=outbox.retry_lane,
    done=ngettext_lazy("%(count)d outbox lane is due now.", "%(count)d outbox lanes are due now.", "count"),
)


class OutboxAttemptInline(FactInline):
    model = OutboxAttempt
    fields = ("started_at", "ended_at", "outcome", "reason", "detail")
    raw_fields = ("detail",)
    ordering = ("pk",)

    @admin.display(description=_("reason"))
    def reason(self, attempt: OutboxAttempt) -> str:
        return why_so(attempt)


class OutboxEntryAdmin(FactAdmin):
    list_display = (
        "pk",
        "kind",
        "operation",
        "state",
        "channel",
        "message",
        "attempts",
        "short_reason",
        "due_at",
        "created_at",
        "settled_at",
    )
    list_filter = ("state", "channel")
    list_prefetch = ("channel",)
    list_select_related = ("message",)
    search_fields = ("message",)
    search_help_text = _("A whole external id, Front id (msg_…), message UID or delivery id of the message.")
    # By state: entries that wait, then failed, done and cancelled ones.
    ordering = ("-state", "-pk")
    heavy_fields = (
        "payload",
        "detail",
        "message__detail",
        "message__subject",
        "message__text",
        "message__html",
        "message__sender",
        "message__to",
        "message__host_data",
    )
    raw_fields = ("payload", "detail")
    # The page of a lane links to its entries.
    linked_lookups = ("channel_id", "direction", "topic", "external_conversation_id")
    empty_help = _(
        "No outbox entry yet. One appears for each request to Front, delivery and signal that a worker carries out."
    )
    operations = (RETRY_ENTRY,)
    fields = (
        "kind",
        "operation",
        "state",
        "waits_because",
        "reason",
        "detail",
        "channel",
        "message",
        "event",
        "attempts",
        "attempt_started_at",
        "due_at",
        "lease_until",
        "payload",
        "created_at",
        "settled_at",
    )
    inlines = (OutboxAttemptInline,)

    def named(self, term: str) -> Searches:
        return [OutboxEntry.objects.filter(message__in=keys_of(messages_named(term)))]

    @admin.display(description=_("reason"))
    def short_reason(self, entry: OutboxEntry) -> str:
        return sentence(entry.code, entry.parameters)[:80]

    @admin.display(description=_("reason"))
    def reason(self, entry: OutboxEntry) -> str:
        return why_so(entry)

    @admin.display(description=_("waits because"))
    def waits_because(self, entry: OutboxEntry) -> str:
        return why_it_waits(entry)


class OutboxLaneAdmin(FactAdmin):
    list_display = (
        "pk",
        "direction",
        "topic",
        "external_conversation_id",
        "channel",
        "due_at",
        "lease_until",
    )
    list_filter = ("channel",)
    list_prefetch = ("channel",)
    search_fields = ("external_conversation_id",)
    search_help_text = _("A whole external conversation id.")
    ordering = ("-pk",)
    empty_help = _("No lane yet. A worker makes one when the first message of a thread is sent.")
    operations = (RETRY_LANE,)
    fields = (
        "direction",
        "topic",
        "external_conversation_id",
        "channel",
        "due_at",
        "lease_until",
        "waits_because",
        "entries",
    )

    def named(self, term: str) -> Searches:
        return [
            OutboxLane.objects.filter(
                in_any_channel(),
                direction__in=OutboxLane.Direction.values,
                topic__in=OutboxLane.Topic.values,
                external_conversation_id=term,
            )
        ]

    @admin.display(description=_("waits because"))
    def waits_because(self, lane: OutboxLane) -> str:
        return why_unusable(lane.channel) if lane.due_at else ""

    @admin.display(description=_("outbox entries"))
    def entries(self, lane: OutboxLane) -> str:
        url = reverse("admin:front_channel_outboxentry_changelist", current_app=self.admin_site.name)
        return format_html('<a href="{}?{}">{}</a>', url, urlencode(lane.lane_name._asdict()), _("Show them"))


class PauseAdmin(FactAdmin):
    list_display = ("app", "scope", "key", "until")
    list_filter = ("scope",)
    search_fields = ("key",)
    search_help_text = _(
        "A whole key: a conversation's Front id, a channel's number here, or a company's host."
    )
    # Pauses of channels and companies come before those of conversations.
    ordering = ("scope", "key", "app")
    empty_help = _("No pause now. One appears when Front asks to wait.")
    fields = ("app", "scope", "key", "until")

    def named(self, term: str) -> Searches:
        return [Pause.objects.filter(scope__in=Pause.Scope.values, key=term)]
