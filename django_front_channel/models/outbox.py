"""The outbox: what is to be done about committed facts, the lanes that keep order, and the tries that failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from django_front_channel.models import clock
from django_front_channel.models.channel import Channel, channel_key
from django_front_channel.models.database import PrimaryManager
from django_front_channel.models.digests import digest
from django_front_channel.models.message import Message
from django_front_channel.models.webhook_event import WebhookEvent

LeasableT = TypeVar("LeasableT", bound="Leasable")


class LeasableQuerySet(models.QuerySet[LeasableT]):
    def due(self, now: datetime) -> Any:
        """Those whose time has come and that nobody holds, the longest waiting first."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.filter(free, due_at__lte=now).order_by("due_at", "pk")

    def lease(self, row: LeasableT, *, now: datetime, until: datetime) -> bool:
        """Take the row, if nobody else has taken it since it was read."""
        taken = self.due(now).order_by().filter(pk=row.pk, lease_token=row.lease_token)
        if not taken.update(lease_token=F("lease_token") + 1, lease_until=until):
            return False
        row.lease_token += 1
        row.lease_until = until
        return True

    def held(self, row: LeasableT) -> Any:
        """The row, if the lease that was taken on it is still the newest."""
        return self.filter(pk=row.pk, lease_token=row.lease_token)


class Leasable(models.Model):
    """Something that one worker at a time may hold, for a limited time.

    ``lease_token`` grows with every lease. Whoever changes the row names the token that it was given, so a worker
    that was frozen beyond its lease cannot change what another one has taken over.
    """

    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    lease_token = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class OutboxLaneQuerySet(LeasableQuerySet["OutboxLane"]):
    def working(self) -> OutboxLaneQuerySet:
        """Those of channels whose entries may be carried out now."""
        return self.filter(channel__state=Channel.State.CONNECTED, channel__is_held=False)

    def idle(self) -> OutboxLaneQuerySet:
        """Those in which nothing waits. Nobody holds them: who leases a lane leaves it due until it is released."""
        return self.filter(due_at__isnull=True)


class OutboxLane(Leasable):
    """The strict order of one direction inside one external conversation.

    ``due_at`` is empty while nothing waits. The lane's next entry is always its oldest unsettled one.
    """

    class Direction(models.TextChoices):
        SYNC = "sync", _("to Front")
        DELIVER = "deliver", _("to the customer")

    key = models.CharField(max_length=64, unique=True, editable=False)
    channel = channel_key(related_name="outbox_lanes")
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)

    objects = PrimaryManager.from_queryset(OutboxLaneQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("outbox lane")
        verbose_name_plural = _("outbox lanes")
        indexes = [
            models.Index(fields=["direction", "due_at"], name="fc_lane_due"),
            models.Index(fields=["channel", "id"], name="fc_lane_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.key[:8]}"

    @staticmethod
    def key_for(channel: Channel, direction: str, external_conversation_id: str) -> str:
        """The key of the lane of this direction in this external conversation."""
        return digest(str(channel.pk), direction, external_conversation_id)


class OutboxEntryQuerySet(LeasableQuerySet["OutboxEntry"]):
    def unsettled(self) -> OutboxEntryQuerySet:
        return self.filter(state__in=OutboxEntry.UNSETTLED)


class OutboxEntry(Leasable):
    """One thing to be done, at least once, for something that is committed.

    An entry in a lane is due when its lane is; an entry without one has its own time and its own lease.
    ``attempt_started_at`` is set while a try is under way, or was when its worker died.
    """

    class Kind(models.TextChoices):
        CALL = "call", _("call to Front")
        DELIVER = "deliver", _("delivery to the customer")
        ANNOUNCE = "announce", _("signal")
        PROCESS = "process", _("webhook event to process")
        RECEIPT = "receipt", _("receipt of a delivery")

    class State(models.TextChoices):
        NEW = "new", _("new")
        """Written with its fact; no worker has put its lane to work yet."""
        PENDING = "pending", _("pending")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    UNSETTLED = (State.NEW, State.PENDING)

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.NEW)
    channel = channel_key(related_name="outbox_entries")
    lane_key = models.CharField(max_length=64, blank=True, editable=False)
    operation = models.CharField(_("operation"), max_length=64, blank=True)
    payload = models.JSONField(_("payload"), default=dict, blank=True)
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # as channel_key()
        related_name="outbox_entries",
        verbose_name=_("message"),
    )
    event = models.ForeignKey(
        WebhookEvent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # as channel_key()
        related_name="outbox_entries",
        verbose_name=_("webhook event"),
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    attempt_started_at = models.DateTimeField(_("attempt started at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = clock.CreationTime(_("created"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    objects = PrimaryManager.from_queryset(OutboxEntryQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox entries")
        indexes = [
            models.Index(fields=["lane_key", "state", "id"], name="fc_entry_lane"),
            models.Index(fields=["state", "kind", "id"], name="fc_entry_new"),
            models.Index(fields=["state", "kind", "lane_key", "due_at"], name="fc_entry_due"),
            models.Index(fields=["settled_at"], name="fc_entry_settled"),
            models.Index(fields=["state", "id"], name="fc_entry_state"),
            models.Index(fields=["channel", "state", "id"], name="fc_entry_channel_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.operation}".strip()


class OutboxAttempt(models.Model):
    """A try that failed, or whose outcome nobody knows."""

    class Outcome(models.TextChoices):
        FAILED = "failed", _("failed")
        AMBIGUOUS = "ambiguous", _("outcome unknown")

    entry = models.ForeignKey(
        OutboxEntry,
        # Lets an announced entry be deleted in one statement, on the way of every webhook.
        on_delete=models.DO_NOTHING,
        related_name="failed_attempts",
        verbose_name=_("entry"),
    )
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    error = models.TextField(_("error"))

    objects = PrimaryManager["OutboxAttempt"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("outbox attempt")
        verbose_name_plural = _("outbox attempts")

    def __str__(self) -> str:
        return f"{self.outcome} {self.ended_at:%Y-%m-%d %H:%M:%S}"
