"""A channel: one instance of a Front app's channel feature in one Front inbox."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import CreationTime, ExactIdField, WholeCharField, WholeTextField
from django_front_channel.core.reasons import Code


def new_webhook_key() -> str:
    """Return 128 random bits in hexadecimal."""
    return secrets.token_hex(16)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def working(self) -> ChannelQuerySet:
        """Return the channels whose rows allow their entries to be carried out now."""
        return self.filter(state=Channel.State.CONNECTED, held_at__isnull=True)


class Channel(models.Model):
    """A message channel of the host in one Front inbox."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        """The channel was created here, but nobody has added it in Front yet."""
        CONNECTED = "connected", _("connected")
        AUTH_FAILED = "auth_failed", _("credentials refused")
        """Front refused our JWT: the App UID, the App secret or this machine's clock is wrong."""
        UNREACHABLE = "unreachable", _("unreachable")
        """Front does not know the channel, or does not let us use it."""
        DISCONNECTED = "disconnected", _("disconnected")
        """The channel was removed in Front, or disconnected here."""

    app = ExactIdField(
        _("app"), max_length=64, default="default", help_text=_("An alias in FRONT_CHANNEL_APPS.")
    )
    name = WholeCharField(_("name"), max_length=200)
    address = WholeCharField(
        _("address"),
        max_length=200,
        blank=True,
        help_text=_("The phone number or other handle that customers see."),
    )
    front_id = ExactIdField(_("Front id"), max_length=64, null=True, blank=True, editable=False)
    webhook_key = ExactIdField(max_length=64, default=new_webhook_key, editable=False)
    token_digest = ExactIdField(max_length=64, null=True, editable=False)
    """The digest of the token that may connect the channel, or None after the token was used."""
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.PENDING, editable=False
    )
    status = WholeCharField(_("status in Front"), max_length=16, blank=True, editable=False)
    company = ExactIdField(_("company"), max_length=200, blank=True, editable=False)
    """The host name in Front's links, which names the company. Channels of one company share a rate limit."""

    held_at = models.DateTimeField(_("held since"), null=True, blank=True, editable=False)
    held_by = WholeCharField(_("held by"), max_length=200, blank=True, editable=False)
    hold_code = models.CharField(max_length=64, blank=True, editable=False)
    hold_detail = WholeTextField(_("reason for the hold"), blank=True, editable=False)

    suspected = models.CharField(max_length=16, choices=State.choices, blank=True, editable=False)
    """The state that a refusal of Front suggests, while only one lane has met it."""
    suspected_lane = ExactIdField(max_length=64, blank=True, editable=False)
    suspected_at = models.DateTimeField(null=True, editable=False)
    probe_at = models.DateTimeField(_("tried again at"), null=True, editable=False)
    """When Front is asked again whether it still refuses the channel."""
    probes = models.PositiveSmallIntegerField(default=0, editable=False)

    # The App UID and API URL at connection. The channel is used only while they agree with the settings.
    connected_app_uid = WholeCharField(max_length=200, blank=True, editable=False)
    connected_api_url = WholeCharField(max_length=500, blank=True, editable=False)
    connected_token_digest = ExactIdField(max_length=64, blank=True, editable=False)

    deliver_within = models.DurationField(
        _("deliver within"),
        null=True,
        blank=True,
        help_text=_(
            "How long a message of the team may take to reach the customer. By default as its app says."
        ),
    )
    host_data = models.JSONField(_("host data"), default=dict, blank=True)
    created_at = CreationTime(_("created"), auto_now_add=True)
    connected_at = models.DateTimeField(_("connected at"), null=True, editable=False)
    disconnected_at = models.DateTimeField(_("disconnected at"), null=True, editable=False)

    objects = PrimaryManager.from_queryset(ChannelQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.UniqueConstraint(fields=["front_id", "app"], name="fc_channel_front_id"),
            models.UniqueConstraint(fields=["webhook_key"], name="fc_channel_webhook_key"),
            models.UniqueConstraint(fields=["token_digest"], name="fc_channel_token_digest"),
        ]
        indexes = [models.Index(fields=["app", "state"], name="fc_channel_app_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_held(self) -> bool:
        """True if everything waits because of an operator, or of a change that an operator must check."""
        return self.held_at is not None

    @property
    def is_refused(self) -> bool:
        """Whether Front refuses the channel, so that it is tried again only now and then."""
        return self.state in REFUSED

    @property
    def is_working(self) -> bool:
        """True if the row allows the channel's entries to be carried out now."""
        return self.state == self.State.CONNECTED and not self.is_held

    def may_be_tried(self, now: datetime) -> bool:
        """Return whether the channel works, or it is time to check with a request whether Front still refuses it."""
        is_probe = self.is_refused and not self.is_held and self.probe_at is not None and self.probe_at <= now
        return self.is_working or is_probe


# Front refuses the channel, but may let it work again.
REFUSED = (Channel.State.AUTH_FAILED, Channel.State.UNREACHABLE)
# The reason why the entries of a channel in each of these states wait.
BLOCKED: dict[str, Code] = {
    Channel.State.PENDING: Code.CHANNEL_NOT_CONNECTED,
    Channel.State.DISCONNECTED: Code.CHANNEL_DISCONNECTED,
    Channel.State.AUTH_FAILED: Code.CHANNEL_CREDENTIALS_REFUSED,
    Channel.State.UNREACHABLE: Code.CHANNEL_UNREACHABLE,
}
# With these, workers try the channel now and then, and a direct request is allowed.
WORTH_A_LOOK = tuple(BLOCKED[state] for state in REFUSED)
# Front does not have the channel, so a message from there is refused.
GONE = (Channel.State.PENDING, Channel.State.DISCONNECTED)


def channel_key(**options: Any) -> models.ForeignKey[Channel, Channel]:
    """Return a foreign key to Channel without a constraint or an index in the database.

    With a constraint, InnoDB locks the parent row of every inserted child until the transaction ends. A host's open
    transaction that has enqueued something would then block workers and webhooks that change the channel.
    """
    return models.ForeignKey(
        Channel,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,  # each table has an index that begins with the channel
        verbose_name=_("channel"),
        **options,
    )
