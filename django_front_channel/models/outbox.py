"""The outbox: queue → lane → entry → attempt, what is to be done about committed facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import CreationTime, ExactIdField, WholeCharField, WholeTextField
from django_front_channel.models.batch import Batch
from django_front_channel.models.channel import channel_key
from django_front_channel.models.message import Message
from django_front_channel.models.webhook_event import WebhookEvent

LeasableT = TypeVar("LeasableT", bound="Leasable")


class Direction(models.TextChoices):
    SYNC = "sync", _("to Front")
    DELIVER = "deliver", _("to the customer")


class Topic(models.TextChoices):
    """What is kept in order. Only messages share one order with what is asked about their conversation."""

    MESSAGES = "", _("messages")
    REPORT = "report", _("reports of failed deliveries")
    FILE = "file", _("files from Front")
    TEMPLATE = "template", _("templates")
    CALL = "call", _("phone calls")


class Priority(models.IntegerChoices):
    LIVE = 0, _("live")
    BACKFILLED = 1, _("backfilled")


class LeasableQuerySet(models.QuerySet[LeasableT]):
    def due(self, now: datetime) -> Any:
        """Return the rows whose time has come, the longest waiting first."""
        return self.filter(due_at__lte=now).order_by("due_at")

    def free(self, now: datetime) -> Any:
        """Return the rows that nobody holds."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))

    def lease(self, until: datetime) -> int:
        """Take all these rows until then, by the token that follows."""
        return self.update(lease_token=F("lease_token") + 1, lease_until=until, due_at=until)

    def held(self, row: LeasableT) -> Any:
        """Return the row if the lease that was taken on it is still the newest."""
        return self.filter(pk=row.pk, lease_token=row.lease_token)


class Leasable(models.Model):
    """Something that one worker at a time may hold, for a limited time.

    A lease moves ``due_at`` to its own end, so that a search for due work skips rows that are held, and rows that
    wait. ``lease_until`` tells the two apart. ``lease_token`` grows with every lease. Whoever changes the row compares
    the token that it was given, so a worker that was frozen beyond its lease cannot change what another one has taken
    over.
    """

    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    lease_token = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class OutboxQueue(models.Model):
    """What one channel has to do in one direction, at one priority.

    ``look_at`` is when to look for due lanes in it: never later than the first of them is due, and empty while nothing
    waits or the channel is closed. Whoever makes a lane due increments ``version``, so that nobody puts the look off
    who has not seen that lane.
    """

    channel = channel_key(related_name="outbox_queues")
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.LIVE
    )
    look_at = models.DateTimeField(_("look at"), null=True, blank=True)
    version = models.BigIntegerField(default=0, editable=False)

    objects = PrimaryManager["OutboxQueue"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("outbox queue")
        verbose_name_plural = _("outbox queues")
        constraints = [
            models.UniqueConstraint(fields=["channel", "direction", "priority"], name="fc_queue_direction")
        ]
        indexes = [models.Index(fields=["direction", "priority", "look_at"], name="fc_queue_look_at")]

    def __str__(self) -> str:
        return f"{self.direction} {self.channel_id}"


class LaneName(NamedTuple):
    """What tells a lane from all others."""

    channel_id: int
    direction: str
    topic: str
    external_conversation_id: str


class OutboxLaneQuerySet(LeasableQuerySet["OutboxLane"]):
    def named(self, names: Iterable[LaneName]) -> OutboxLaneQuerySet:
        """Return the existing lanes of these names."""
        ids = defaultdict(list)
        for name in names:
            ids[name[:3]].append(name.external_conversation_id)
        named = Q(pk__in=())
        for (channel, direction, topic), own in sorted(ids.items()):
            named |= Q(channel=channel, direction=direction, topic=topic, external_conversation_id__in=own)
        return self.filter(named)

    def with_next(self) -> OutboxLaneQuerySet:
        """Annotate the oldest unsettled entries: ``next_live`` and ``next_backfilled``, each found by one seek."""
        entries = OutboxEntry.objects.unsettled()
        own = (
            entries.filter(**{name: OuterRef(name) for name in LaneName._fields}).order_by("pk").values("pk")
        )
        return self.annotate(
            next_live=Subquery(own.filter(priority=Priority.LIVE)[:1]),
            next_backfilled=Subquery(own.filter(priority=Priority.BACKFILLED)[:1]),
        )

    def idle(self) -> OutboxLaneQuerySet:
        """Return the lanes in which nothing waits. Nobody holds them, because a lease has a due time."""
        return self.filter(due_at__isnull=True)


class OutboxLane(Leasable):
    """The strict order of one direction inside one thread.

    ``due_at`` is empty while nothing waits. The lane's next entry is always its oldest unsettled one. The lane is in
    the queue of the most urgent entry that waits in it.
    """

    Direction = Direction
    Topic = Topic

    channel = channel_key(related_name="outbox_lanes")
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    topic = models.CharField(_("topic"), max_length=8, choices=Topic.choices, blank=True)
    external_conversation_id = ExactIdField(_("external conversation id"), max_length=200)
    """The thread. In a lane of another topic than messages it may be the id of what the topic is about."""
    queue = models.ForeignKey(
        OutboxQueue,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # as channel_key()
        db_index=False,
        related_name="lanes",
        verbose_name=_("queue"),
    )

    objects = PrimaryManager.from_queryset(OutboxLaneQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("outbox lane")
        verbose_name_plural = _("outbox lanes")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "direction", "topic", "external_conversation_id"], name="fc_lane_name"
            )
        ]
        indexes = [
            models.Index(fields=["queue", "due_at"], name="fc_lane_due"),
            models.Index(fields=["channel", "id"], name="fc_lane_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} lane {self.pk}"

    @property
    def lane_name(self) -> LaneName:
        return LaneName(self.channel_id, self.direction, self.topic, self.external_conversation_id)

    @property
    def next_entry(self) -> int | None:
        """Return the key of its oldest unsettled entry. The lane must have been read ``with_next()``."""
        known = (self.next_live, self.next_backfilled)  # type: ignore[attr-defined]
        return min((pk for pk in known if pk is not None), default=None)

    @property
    def next_priority(self) -> Priority:
        """Return the priority of its most urgent waiting entry. The lane must have been read ``with_next()``."""
        return Priority.BACKFILLED if self.next_live is None else Priority.LIVE  # type: ignore[attr-defined]


class OutboxEntryQuerySet(LeasableQuerySet["OutboxEntry"]):
    def unsettled(self) -> OutboxEntryQuerySet:
        return self.filter(state=OutboxEntry.State.PENDING)

    def in_lane(self, name: LaneName) -> OutboxEntryQuerySet:
        return self.filter(**name._asdict())


class OutboxEntry(Leasable):
    """One thing to be done, at least once, for something that is committed.

    An entry in a lane is due when its lane is; an entry without one has its own time and its own lease.
    ``attempt_started_at`` is set while an attempt is under way, or was when its worker died.
    """

    class Kind(models.TextChoices):
        REQUEST = "request", _("request to Front")
        DELIVER = "deliver", _("delivery to the customer")
        ANNOUNCE = "announce", _("signal")
        PROCESS = "process", _("webhook event to process")
        RECEIPT = "receipt", _("receipt of a delivery")

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.PENDING)
    is_new = models.BooleanField(_("new"), default=False, editable=False)
    """Written with its fact; no worker has put its lane to work yet."""
    channel = channel_key(related_name="outbox_entries")
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices, blank=True)
    external_conversation_id = ExactIdField(_("external conversation id"), max_length=200, blank=True)
    topic = models.CharField(_("topic"), max_length=8, choices=Topic.choices, blank=True)
    """Direction, topic and external conversation id name its lane. An entry without a direction is in no lane."""
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.LIVE
    )
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
    batch = models.ForeignKey(
        Batch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # as channel_key()
        db_index=False,
        related_name="entries",
        verbose_name=_("batch"),
    )
    actor = WholeCharField(_("asked for by"), max_length=200, blank=True)
    idempotency_key = ExactIdField(_("idempotency key"), max_length=200, null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    attempt_started_at = models.DateTimeField(_("attempt started at"), null=True, blank=True)
    code = models.CharField(_("code"), max_length=64, blank=True)
    """How the last attempt ended, as a code; ``parameters`` fill its sentence."""
    parameters = models.JSONField(default=dict, blank=True)
    detail = WholeTextField(_("detail"), blank=True)
    late_at = models.DateTimeField(_("late at"), null=True, blank=True)
    """From when on a delivery is too late to be begun. Empty for other entries, and when it is settled."""
    notice_at = models.DateTimeField(_("team told at"), null=True, blank=True)
    """When the team is told that a delivery waits. Empty for other entries, and when it was told or is settled."""
    is_noticed = models.BooleanField(_("team told"), default=False)
    """Whether the team was told that a delivery waits, and will be told when it went."""
    created_at = CreationTime(_("created"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    is_unwanted: bool = False
    """Whether a recipient of its message has opted out, as its attempt begins."""
    may_be_delivered: bool = False
    """Whether its last attempt ended unseen, as far as the attempt at hand was told. Not stored."""

    objects = PrimaryManager.from_queryset(OutboxEntryQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox entries")
        constraints = [
            models.UniqueConstraint(fields=["channel", "idempotency_key"], name="fc_entry_idempotency_key")
        ]
        indexes = [
            models.Index(
                fields=[
                    "channel",
                    "direction",
                    "topic",
                    "external_conversation_id",
                    "state",
                    "priority",
                    "id",
                ],
                name="fc_entry_lane",
            ),
            models.Index(fields=["is_new", "kind", "priority", "channel", "id"], name="fc_entry_new"),
            models.Index(fields=["state", "kind", "direction", "due_at"], name="fc_entry_due"),
            models.Index(fields=["settled_at"], name="fc_entry_settled"),
            models.Index(fields=["late_at"], name="fc_entry_late"),
            models.Index(fields=["notice_at"], name="fc_entry_notice"),
            models.Index(fields=["state", "id"], name="fc_entry_state"),
            models.Index(fields=["channel", "state", "id"], name="fc_entry_channel_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.operation}".strip()

    @property
    def lane_name(self) -> LaneName:
        """Return the name of its lane. An entry without a ``direction`` has none."""
        return LaneName(self.channel_id, self.direction, self.topic, self.external_conversation_id)


class OutboxAttempt(models.Model):
    """An attempt that failed, or whose outcome nobody knows."""

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
    code = models.CharField(_("code"), max_length=64, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    detail = WholeTextField(_("detail"), blank=True)

    objects = PrimaryManager["OutboxAttempt"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("outbox attempt")
        verbose_name_plural = _("outbox attempts")

    def __str__(self) -> str:
        return f"{self.outcome} {self.ended_at:%Y-%m-%d %H:%M:%S}"
