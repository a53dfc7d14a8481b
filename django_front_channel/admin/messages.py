"""The pages of messages. The content of messages is shown as text, never as HTML."""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls.resolvers import URLPattern
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from django_front_channel.admin import person_actions
from django_front_channel.admin.attachments import AttachmentInline, download_url
from django_front_channel.admin.row_actions import MOST_CALLS, MOST_SECONDS, Chosen, Operation
from django_front_channel.admin.row_admin import FactAdmin, Searches, in_any_channel
from django_front_channel.admin.waiting import why_it_waits, why_so
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Attachment, Message, OutboxEntry
from django_front_channel.services import messages
from django_front_channel.services.direct import answered_within


class FailureForm(forms.Form):
    detail = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The team reads it in Front."),
    )


def report_failure(message: Message, detail: str) -> None:
    """Report to Front that the customer will not get the message.

    Raises ``InvalidArgument`` if the message is already settled.
    """
    was_settled = message.state not in Message.DELIVERY_UNSETTLED
    reported = messages.report_delivery(message, state="failed", detail=detail)
    if was_settled or reported.state != Message.State.FAILED:
        reported.refresh_from_db(fields=["state"])
        raise InvalidArgument(
            gettext("The message is already settled: {state}.").format(state=reported.get_state_display()),
            code="not_allowed",
            argument="message",
        )


def refresh(message: Message, *, not_after: float) -> None:
    """Read the message from Front before ``not_after``, in the seconds of ``time.monotonic()``.

    Raises ``InvalidArgument`` if there is no time left.
    """
    left = not_after - time.monotonic()
    if left <= 0:
        raise InvalidArgument(
            gettext("There was no time left to read it. Choose fewer rows."),
            code="not_allowed",
            argument="rows",
        )
    with answered_within(left):
        messages.refresh(message)


class Refresh(Operation):
    """Reads all rows within 5 seconds, because a person waits for the page."""

    def carry_out(self, chosen: Chosen, arguments: dict[str, Any]) -> HttpResponseBase | None:
        return super().carry_out(chosen, {"not_after": time.monotonic() + MOST_SECONDS})


OPERATIONS = (
    Operation(
        name="retry",
        short_description=_("Try again now"),
        verb=messages.retry,
        done=ngettext_lazy(
            "%(count)d message will be tried again.", "%(count)d messages will be tried again.", "count"
        ),
    ),
    Refresh(
        name="refresh",
        short_description=_("Refresh from Front"),
        verb=refresh,
        done=ngettext_lazy("%(count)d message is refreshed.", "%(count)d messages are refreshed.", "count"),
        at_most=MOST_CALLS,
    ),
    Operation(
        name="cancel",
        short_description=_("Cancel"),
        verb=messages.cancel,
        done=ngettext_lazy("%(count)d message is cancelled.", "%(count)d messages are cancelled.", "count"),
        question=_("Cancel these messages? They will not be sent unless somebody tries them again."),
    ),
    Operation(
        name="report_failure",
        short_description=_("Report as failed to Front"),
        verb=report_failure,
        done=ngettext_lazy(
            "%(count)d message is reported as failed.", "%(count)d messages are reported as failed.", "count"
        ),
        question=_("Tell the team in Front that the customer will not get these messages?"),
        form=FailureForm,
    ),
)


def messages_named(term: str) -> Searches:
    """Return searches for messages with this external id, Front id, message UID or delivery id."""
    known = Message.objects.filter(in_any_channel())
    return [
        known.filter(**{name: term}) for name in ("external_id", "front_id", "message_uid", "delivery_id")
    ]


class MessageAdmin(FactAdmin):
    list_display = (
        "external_id",
        "state",
        "direction",
        "source",
        "channel",
        "external_conversation_id",
        "front_id",
        "delivery_id",
        "written_at",
    )
    list_filter = ("state", "channel")
    list_prefetch = ("channel",)
    search_fields = ("external_id",)
    search_help_text = _("A whole external id, Front id (msg_…), message UID or delivery id.")
    ordering = ("-pk",)
    raw_fields = ("detail",)
    heavy_fields = ("detail", "subject", "text", "html", "sender", "to", "host_data")
    empty_help = _(
        "No message yet. Messages appear when the host syncs one, or a teammate writes to a customer."
    )
    operations = (*OPERATIONS, *person_actions.OPERATIONS)
    verbs_through = {Attachment: "attachments"}
    fields = (
        "channel",
        "external_conversation_id",
        "conversation",
        "direction",
        "source",
        "state",
        "reason",
        "detail",
        "waits_because",
        "sender",
        "to",
        "author_name",
        "author_id",
        "subject",
        "text",
        "html",
        "written_at",
        "external_id",
        "front_id",
        "message_uid",
        "delivery_id",
        "in_reply_to",
        "host_data",
        "created_at",
    )
    inlines = (AttachmentInline,)

    def get_urls(self) -> list[URLPattern]:
        return [download_url(self.admin_site), *super().get_urls()]

    def has_export_person_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("front_channel.export_person")

    def has_erase_person_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("front_channel.erase_person")

    def named(self, term: str) -> Searches:
        return messages_named(term)

    @admin.display(description=_("conversation"))
    def conversation(self, message: Message) -> str:
        found = message.conversation
        return (found.subject or found.front_id) if found else ""

    @admin.display(description=_("reason"))
    def reason(self, message: Message) -> str:
        return why_so(message)

    @admin.display(description=_("waits because"))
    def waits_because(self, message: Message) -> str:
        entry = OutboxEntry.objects.unsettled().filter(message=message).order_by("pk").first()
        return why_it_waits(entry) if entry else ""
