from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FrontChannelConfig(AppConfig):
    name = "django_front_channel"
    label = "front_channel"
    verbose_name = _("Front channels")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django_front_channel import checks
        from django_front_channel.core import logs

        checks.register()
        logs.leave_words_out()
