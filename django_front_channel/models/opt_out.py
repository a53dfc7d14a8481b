"""People who want no messages of a channel."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import CreationTime, ExactIdField, WholeCharField
from django_front_channel.models.channel import channel_key


class OptOut(models.Model):
    """A person, by the handle, who wants no messages of this channel."""

    channel = channel_key(related_name="opt_outs")
    handle = ExactIdField(_("handle"), max_length=500)
    actor = WholeCharField(_("noted by"), max_length=200, blank=True)
    source = WholeCharField(_("how"), max_length=200, blank=True, help_text=_("Such as the word STOP."))
    created_at = CreationTime(_("since"), auto_now_add=True)

    objects = PrimaryManager["OptOut"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [models.UniqueConstraint(fields=["channel", "handle"], name="fc_opt_out_handle")]

    def __str__(self) -> str:
        return self.handle
