"""A channel: one instance of a Front app's channel feature in one Front inbox."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.models import clock
from django_front_channel.models.database import PrimaryManager


def new_webhook_key() -> str:
    """128 random bits in lower case, because MariaDB may compare without regard to case."""
    return secrets.token_hex(16)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def working(self) -> ChannelQuerySet:
        """Those whose entries may be carried out now."""
        return self.filter(state=Channel.State.CONNECTED, is_held=False)

    def change_state(self, channel: Channel, new: str, *, since: Iterable[str]) -> str | None:
        """Move the channel, inside a transaction, from one of the states ``since`` to another.

        Returns the state that it left, or None when it was in no such state, whatever ``channel`` says.
        """
        old = self.select_for_update().values_list("state", flat=True).get(pk=channel.pk)
        channel.state = new if old in since else old
        if old == new or old not in since:
            return None
        self.filter(pk=channel.pk).update(state=new)
        return old


class Channel(models.Model):
    """A message channel of the host, as it appears in one Front inbox."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        """Created here; nobody has added it in Front yet."""
        CONNECTED = "connected", _("connected")
        AUTH_FAILED = "auth_failed", _("credentials refused")
        """Front refused our JWT: App UID, App secret or this machine's clock are wrong."""
        UNREACHABLE = "unreachable", _("unreachable")
        """Front does not know the channel, or does not let us use it."""
        DISCONNECTED = "disconnected", _("disconnected")
        """Removed in Front, or disconnected here."""

    app = models.CharField(
        _("app"), max_length=64, default="default", help_text=_("An alias in FRONT_CHANNEL_APPS.")
    )
    name = models.CharField(_("name"), max_length=200)
    address = models.CharField(
        _("address"),
        max_length=200,
        blank=True,
        help_text=_("The phone number or other handle that customers see."),
    )
    front_id = models.CharField(
        _("Front id"), max_length=64, null=True, blank=True, unique=True, editable=False
    )
    webhook_key = models.CharField(max_length=64, unique=True, default=new_webhook_key, editable=False)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.PENDING, editable=False
    )
    is_held = models.BooleanField(_("held"), default=False, editable=False)
    status = models.CharField(_("status in Front"), max_length=16, blank=True, editable=False)
    connected_app_uid = models.CharField(max_length=200, blank=True, editable=False)
    connected_api_url = models.CharField(max_length=500, blank=True, editable=False)
    company_host = models.CharField(max_length=200, blank=True, editable=False)
    host_data = models.JSONField(_("host data"), default=dict, blank=True)
    created_at = clock.CreationTime(_("created"), auto_now_add=True)
    connected_at = models.DateTimeField(_("connected at"), null=True, editable=False)
    disconnected_at = models.DateTimeField(_("disconnected at"), null=True, editable=False)

    objects = PrimaryManager.from_queryset(ChannelQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        indexes = [models.Index(fields=["app", "state"], name="fc_channel_app_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether its entries may be carried out, as far as its row tells."""
        return self.state == self.State.CONNECTED and not self.is_held

    def learn_company(self, host: str) -> None:
        """Note the host that Front's links name: the company's, whose rate limit its channels share."""
        if host and host != self.company_host:
            self.company_host = host
            self.save(update_fields=["company_host"])


def channel_key(**options: Any) -> models.ForeignKey[Channel, Channel]:
    """A foreign key to Channel without a constraint in the database, nor an index: those of each table begin with it.

    InnoDB locks the parent row of every inserted child until the transaction ends. A host's open transaction
    that has enqueued something would so hold up workers and webhooks that change the channel.
    """
    return models.ForeignKey(
        Channel,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        verbose_name=_("channel"),
        **options,
    )
