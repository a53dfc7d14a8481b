"""The pages of channels: create a channel, see its token one time, and hold, release, adopt or disconnect it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.debug import sensitive_variables

from django_front_channel.admin.row_actions import Chosen, Operation, row_url
from django_front_channel.admin.row_admin import RowAdmin, Searches
from django_front_channel.admin.waiting import why_unusable
from django_front_channel.conf import conf
from django_front_channel.models import Channel
from django_front_channel.models.channel import GONE
from django_front_channel.secret import Secret
from django_front_channel.services import channels


class RotateToken(Operation):
    """Shows the new token on a page of its own, because it is stored nowhere."""

    @sensitive_variables("token")
    def carry_out(self, chosen: Chosen, arguments: dict[str, Any]) -> HttpResponseBase | None:
        for channel in chosen.rows:
            token = Secret(self.verb(channel))
            self.note(chosen, channel)
            return token_page(chosen.model_admin, chosen.request, channel, token)
        return None


class Hold(Operation):
    """Notes the user's name in the channel's hold."""

    def carry_out(self, chosen: Chosen, arguments: dict[str, Any]) -> HttpResponseBase | None:
        return super().carry_out(chosen, {"by": chosen.username})


OPERATIONS = (
    Hold(
        name="hold",
        short_description=_("Hold"),
        verb=channels.hold,
        done=ngettext_lazy("%(count)d channel is held.", "%(count)d channels are held.", "count"),
    ),
    Operation(
        name="release",
        short_description=_("Release"),
        verb=channels.release,
        done=ngettext_lazy("%(count)d channel is released.", "%(count)d channels are released.", "count"),
    ),
    RotateToken(
        name="rotate_token",
        short_description=_("New connection token"),
        verb=channels.rotate_token,
        done="",
        question=_(
            "Make a new connection token? The former one can no longer be used to connect the channel. A connected"
            " channel continues to work."
        ),
        at_most=1,
    ),
    Operation(
        name="adopt",
        short_description=_("Adopt"),
        verb=channels.adopt,
        done=ngettext_lazy("%(count)d channel is adopted.", "%(count)d channels are adopted.", "count"),
        question=_(
            "Use these channels with the App UID and API URL in the settings, and as the channels that they are now in"
            " Front? Do not do this on a copy of another installation's database, because both would then send the"
            " same messages."
        ),
    ),
    Operation(
        name="disconnect",
        short_description=_("Disconnect"),
        verb=channels.disconnect,
        done=ngettext_lazy(
            "%(count)d channel is disconnected.", "%(count)d channels are disconnected.", "count"
        ),
        question=_(
            "Disconnect these channels? Their queued messages wait until somebody adds them in Front again, with their"
            " connection token."
        ),
    ),
)


def configured(alias: str) -> None:
    """Raise ``ValidationError`` unless the settings have this app with its App UID and App secret."""
    try:
        conf.app(alias)
    except ImproperlyConfigured as error:
        raise ValidationError(str(error)) from error


def app_field() -> forms.Field:
    """Return a field that offers the configured apps, or a text field if ``FRONT_CHANNEL_APPS`` is a callable."""
    if isinstance(conf.apps, Mapping):
        choices = [(alias, alias) for alias in conf.aliases()]
        help_text = (
            "" if choices else _("There is no app yet: add one to FRONT_CHANNEL_APPS in the settings.")
        )
        return forms.ChoiceField(
            label=_("app"), choices=choices, help_text=help_text, validators=[configured]
        )
    help_text = _("An alias that the callable of FRONT_CHANNEL_APPS knows.")
    return forms.SlugField(label=_("app"), max_length=64, help_text=help_text, validators=[configured])


@sensitive_variables("token")
def token_page(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, channel: Channel, token: Secret
) -> HttpResponse:
    """Return the page that shows a new connection token. It answers the POST that made the token, and is not cached."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Connection token"),
        "opts": model_admin.opts,
        "original": channel,
        "channel_url": row_url(model_admin, channel.pk),
        "token": token,
        "webhook_url": channels.app_webhook_url(channel.app, request),
    }
    headers = {"Cache-Control": "no-store"}
    return TemplateResponse(request, "admin/front_channel/channel/token.html", context, headers=headers)


class ChannelAdmin(RowAdmin):
    list_display = ("name", "app", "address", "state", "held", "status", "front_id", "connected_at")
    list_filter = ("state", ("held_at", admin.EmptyFieldListFilter), "app")
    search_fields = ("front_id", "address", "name")
    search_help_text = _("A whole Front id (cha_…), address or name.")
    ordering = ("name",)
    heavy_fields = ("host_data", "hold_detail")
    empty_help = _("No channel yet. Add one here, then connect it in Front with its connection token.")
    operations = OPERATIONS
    fieldsets = (
        (None, {"fields": ("app", "name", "address")}),
        (
            _("State"),
            {
                "fields": (
                    "waits_because",
                    "state",
                    "held_at",
                    "held_by",
                    "hold_detail",
                    "status",
                    "connected_at",
                    "disconnected_at",
                )
            },
        ),
        (
            _("Front"),
            {"fields": ("front_id", "connected_app_uid", "connected_api_url", "company")},
        ),
        (_("Host"), {"fields": ("host_data", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("app", "name", "address")}),)
    readonly_fields = (
        "waits_because",
        "state",
        "held_at",
        "held_by",
        "hold_detail",
        "status",
        "connected_at",
        "disconnected_at",
        "front_id",
        "connected_app_uid",
        "connected_api_url",
        "company",
        "host_data",
        "created_at",
    )

    def named(self, term: str) -> Searches:
        return [Channel.objects.filter(**{field: term}) for field in self.search_fields]

    @admin.display(description=_("waits because"))
    def waits_because(self, channel: Channel) -> str:
        return why_unusable(channel)

    @admin.display(description=_("held"), boolean=True)
    def held(self, channel: Channel) -> bool:
        return channel.is_held

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The app is part of the webhook URL, and Front would not learn a new URL.
        return ("app", *self.readonly_fields) if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "app":
            return app_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @sensitive_variables("new")
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and self.has_add_permission(request):
            form = self.get_form(request)(request.POST)
            if form.is_valid():
                new = channels.create(**form.cleaned_data)
                self.log_addition(request, new.channel, [{"added": {}}])
                return token_page(self, request, new.channel, new.hidden_token)
        # Every new channel needs a page that shows its token.
        only_save = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **only_save})

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        channels.describe(obj, name=obj.name, address=obj.address)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        channel = context.get("original")
        if channel is not None and channel.state in GONE:
            context["webhook_url"] = channels.app_webhook_url(channel.app, request)
        return super().render_change_form(request, context, *args, **kwargs)
