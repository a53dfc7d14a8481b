"""The stored proof that a webhook was accepted, with the reply that was given."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.models.channel import channel_key
from django_front_channel.models.database import PrimaryManager


class WebhookEvent(models.Model):
    """A verified request of Front.

    ``digest`` names the request: the same signed bytes come only once, on one channel's URL. ``key`` names the
    fact: Front may sign the same message again. A refused message has no key, so that it may be tried again.
    """

    class State(models.TextChoices):
        PROCESSED = "processed", _("processed")
        REFUSED = "refused", _("refused")
        """The answer told Front why."""
        PENDING = "pending", _("pending")
        """Kept and answered; a worker asks Front for what it lacks."""
        FAILED = "failed", _("failed")
        """Kept and answered, but processing it raised an error. A worker tries again."""

    app = models.CharField(_("app"), max_length=64)
    channel = channel_key(related_name="webhook_events", null=True, blank=True)
    type = models.CharField(_("type"), max_length=64)
    front_id = models.CharField(_("Front id"), max_length=200, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)
    signed_timestamp = models.BigIntegerField(_("signed timestamp"), help_text=_("Milliseconds since 1970."))
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    error = models.TextField(_("error"), blank=True)
    body = models.TextField(_("body"), blank=True)
    reply_status = models.PositiveSmallIntegerField(_("reply status"))
    reply = models.JSONField(_("reply"))
    received_at = models.DateTimeField(_("received at"))

    objects = PrimaryManager["WebhookEvent"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        indexes = [
            models.Index(fields=["channel", "id"], name="fc_event_channel"),
            models.Index(fields=["state", "id"], name="fc_event_state"),
            models.Index(fields=["channel", "state", "id"], name="fc_event_channel_state"),
            models.Index(fields=["channel", "front_id"], name="fc_event_front_id"),
            models.Index(fields=["received_at"], name="fc_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.front_id}".strip()
