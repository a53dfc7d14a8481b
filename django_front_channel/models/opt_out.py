"""People who want no messages from a channel, and people who were erased."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import CreationTime, ExactIdField, WholeCharField
from django_front_channel.models.channel import channel_key


class OptOut(models.Model):
    """A person, by handle, who wants no messages from the channel. After an erasure, the handle is a pseudonym."""

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
        return f"opt-out {self.pk}"


class Erasure(models.Model):
    """An entry in the ledger of erased people, with a pseudonym in place of the handle.

    After a backup was restored, the ledger says whom to erase again.
    """

    channel = channel_key(related_name="erasures")
    pseudonym = ExactIdField(_("pseudonym"), max_length=64)
    actor = WholeCharField(_("erased by"), max_length=200, blank=True)
    erased_at = models.DateTimeField(_("erased at"))
    """The time of the erasure. The person's rows that were stored before it are erased."""
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = PrimaryManager["Erasure"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [models.UniqueConstraint(fields=["channel", "pseudonym"], name="fc_erasure_pseudonym")]

    def __str__(self) -> str:
        return self.pseudonym
