"""The workers, with the times of their last heartbeats."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import WholeCharField


class Worker(models.Model):
    """A worker, with the time of its last heartbeat."""

    host = WholeCharField(_("host"), max_length=200)
    process = models.PositiveIntegerField(_("process"))
    version = models.CharField(_("version"), max_length=64, blank=True)
    slots = models.PositiveIntegerField(_("slots"), default=0)
    slots_busy = models.PositiveIntegerField(_("busy slots"), default=0)
    started_at = models.DateTimeField(_("started at"))
    beat_at = models.DateTimeField(_("last beat"))

    objects = PrimaryManager["Worker"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        indexes = [models.Index(fields=["beat_at"], name="fc_worker_beat")]

    def __str__(self) -> str:
        return f"{self.host} {self.process}"
