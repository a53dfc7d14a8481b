"""The webhooks that Front has signed, with our answers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import ExactIdField, WholeCharField, WholeTextField
from django_front_channel.models.channel import channel_key


class WebhookEvent(models.Model):
    """A verified request of Front, and our answer.

    The digest makes sure that the same signed bytes are accepted one time per channel URL. Front may sign the same
    message again, so ``key`` identifies the fact. A refused message has no key, so Front may try it again.
    """

    class State(models.TextChoices):
        PROCESSED = "processed", _("processed")
        REFUSED = "refused", _("refused")
        """The event was refused, and the answer told Front why."""
        PENDING = "pending", _("pending")
        """The event was stored and answered. A worker asks Front for the missing details."""
        FAILED = "failed", _("failed")
        """The event was stored and answered, but processing it raised an error. A worker tries again."""

    app = ExactIdField(_("app"), max_length=64)
    channel = channel_key(related_name="webhook_events", null=True, blank=True)
    type = WholeCharField(_("type"), max_length=64)
    front_id = ExactIdField(_("Front id"), max_length=200, blank=True)
    digest = models.CharField(max_length=64, editable=False)
    key = models.CharField(max_length=64, null=True, editable=False)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)
    signed_timestamp = models.BigIntegerField(_("signed timestamp"), help_text=_("Milliseconds since 1970."))
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    code = models.CharField(_("code"), max_length=64, blank=True)
    """The code of the reason why the event was refused or failed. Its sentence is filled by ``parameters``."""
    parameters = models.JSONField(default=dict, blank=True)
    detail = WholeTextField(_("detail"), blank=True)
    # Filled for a refused message, which has a row in no other table.
    external_conversation_id = ExactIdField(_("external conversation id"), max_length=200, blank=True)
    customer_handle = ExactIdField(_("customer"), max_length=500, blank=True)
    body = WholeTextField(_("body"), blank=True)
    answer_status = models.PositiveSmallIntegerField(_("answer status"))
    answer = models.JSONField(_("answer"))
    received_at = models.DateTimeField(_("received at"))
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)
    """The time when its person was erased, if ever. A repeated request still gets the same answer."""

    objects = PrimaryManager["WebhookEvent"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        # One permission for all raw data: bodies, answers, payloads and error details.
        permissions = [("view_raw", "Can view raw requests, payloads and error details")]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="fc_event_digest"),
            models.UniqueConstraint(fields=["key"], name="fc_event_key"),
        ]
        indexes = [
            models.Index(fields=["channel", "id"], name="fc_event_channel"),
            models.Index(fields=["state", "id"], name="fc_event_state"),
            models.Index(fields=["channel", "state", "id"], name="fc_event_channel_state"),
            models.Index(fields=["channel", "front_id"], name="fc_event_front_id"),
            models.Index(fields=["received_at"], name="fc_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.front_id}".strip()
