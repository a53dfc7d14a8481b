"""Work on many rows at once: a backfill, or a bulk action."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import CreationTime, WholeCharField


class Batch(models.Model):
    """A backfill, or an action on many rows, with its author and its progress."""

    class Kind(models.TextChoices):
        BACKFILL = "backfill", _("history")
        ACTION = "action", _("action")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    operation = models.CharField(_("operation"), max_length=64, blank=True)
    actor = WholeCharField(_("begun by"), max_length=200, blank=True)
    total = models.PositiveBigIntegerField(_("total"), null=True, blank=True)
    enqueued = models.PositiveBigIntegerField(_("enqueued"), default=0)
    created_at = CreationTime(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = PrimaryManager["Batch"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return f"{self.kind} {self.operation}".strip()
