"""The outbox: what must be done about committed facts. A queue has lanes, a lane has entries, an entry has attempts."""

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
    """The topics of lanes, each with its own order. Requests about a conversation are in order with its messages."""

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
        """Take a lease on all these rows until ``until``, each with the next token."""
        return self.update(lease_token=F("lease_token") + 1, lease_until=until, due_at=until)

    def held(self, row: LeasableT) -> Any:
        """Return the row, unless a newer lease was taken since it was read."""
        return self.filter(pk=row.pk, lease_token=row.lease_token)


class Leasable(models.Model):
    """A row that one worker at a time may hold, for a limited time.

    A lease moves ``due_at`` to its own end, so that a search for due work skips rows that are held, and rows that wait.
    The two differ in ``lease_until``. Each lease increments ``lease_token``. A worker changes the row only while the
    token is the one that it was given. So a worker that was frozen beyond its lease cannot change a row that another
    worker has taken over.
    """

    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    lease_token = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class OutboxQueue(models.Model):
    """A queue: the lanes of one channel in one direction, at one priority.

    The time of the next look for due lanes is ``look_at``. It is never later than the time when the first lane is due.
    The time is empty if nothing waits or the channel is closed. Code that makes a lane due increments ``version``, so
    that a worker that has not seen this lane cannot put off the look.
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
    """The columns that identify a lane."""

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
        """Annotate each lane with the keys of its oldest unsettled entries, ``next_live`` and ``next_backfilled``.

        Each of them is found by one index seek.
        """
        entries = OutboxEntry.objects.unsettled()
        own = (
            entries.filter(**{name: OuterRef(name) for name in LaneName._fields}).order_by("pk").values("pk")
        )
        return self.annotate(
            next_live=Subquery(own.filter(priority=Priority.LIVE)[:1]),
            next_backfilled=Subquery(own.filter(priority=Priority.BACKFILLED)[:1]),
        )

    def idle(self) -> OutboxLaneQuerySet:
        """Return the lanes in which nothing waits. Nobody holds such a lane, because a lease sets its due time."""
        return self.filter(due_at__isnull=True)


class OutboxLane(Leasable):
    """A lane: the entries of one direction and one topic in one thread, in strict order.

    The next entry is always the oldest unsettled one. While nothing waits, ``due_at`` is empty. The lane is in the
    queue of the most urgent entry that waits in it.
    """

    Direction = Direction
    Topic = Topic

    channel = channel_key(related_name="outbox_lanes")
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    topic = models.CharField(_("topic"), max_length=8, choices=Topic.choices, blank=True)
    external_conversation_id = ExactIdField(_("external conversation id"), max_length=200)
    """The id of the thread. In a lane of another topic than messages, it may be another id, such as that of a call."""
    queue = models.ForeignKey(
        OutboxQueue,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # for the reason in channel_key()
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
        """Return the key of the lane's oldest unsettled entry. The lane must have been read ``with_next()``."""
        known = (self.next_live, self.next_backfilled)  # type: ignore[attr-defined]
        return min((pk for pk in known if pk is not None), default=None)

    @property
    def next_priority(self) -> Priority:
        """Return the priority of the lane's most urgent entry. The lane must have been read ``with_next()``."""
        return Priority.BACKFILLED if self.next_live is None else Priority.LIVE  # type: ignore[attr-defined]


class OutboxEntryQuerySet(LeasableQuerySet["OutboxEntry"]):
    def unsettled(self) -> OutboxEntryQuerySet:
        return self.filter(state=OutboxEntry.State.PENDING)

    def in_lane(self, name: LaneName) -> OutboxEntryQuerySet:
        return self.filter(**name._asdict())


class OutboxEntry(Leasable):
    """A task that must be carried out at least once, for a committed fact.

    An entry in a lane is due when its lane is due. An entry without a lane has its own due time and its own lease.
    While an attempt is under way, ``attempt_started_at`` is set. If the worker dies, the time stays set.
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
    """The entry was stored with its fact, but no worker has put its lane to work yet."""
    channel = channel_key(related_name="outbox_entries")
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices, blank=True)
    external_conversation_id = ExactIdField(_("external conversation id"), max_length=200, blank=True)
    topic = models.CharField(_("topic"), max_length=8, choices=Topic.choices, blank=True)
    """Direction, topic and external conversation id name the lane. Without a direction, the entry is in no lane."""
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
        db_constraint=False,  # for the reason in channel_key()
        related_name="outbox_entries",
        verbose_name=_("message"),
    )
    event = models.ForeignKey(
        WebhookEvent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # for the reason in channel_key()
        related_name="outbox_entries",
        verbose_name=_("webhook event"),
    )
    batch = models.ForeignKey(
        Batch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # for the reason in channel_key()
        db_index=False,
        related_name="entries",
        verbose_name=_("batch"),
    )
    actor = WholeCharField(_("asked for by"), max_length=200, blank=True)
    idempotency_key = ExactIdField(_("idempotency key"), max_length=200, null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    attempt_started_at = models.DateTimeField(_("attempt started at"), null=True, blank=True)
    code = models.CharField(_("code"), max_length=64, blank=True)
    """The code of the reason why the last attempt ended as it did. Its sentence is filled by ``parameters``."""
    parameters = models.JSONField(default=dict, blank=True)
    detail = WholeTextField(_("detail"), blank=True)
    late_at = models.DateTimeField(_("late at"), null=True, blank=True)
    """The time from which a delivery is too late to begin. Empty for other entries, and for settled ones."""
    notice_at = models.DateTimeField(_("team told at"), null=True, blank=True)
    """The time when the team is told that a delivery waits. Empty afterwards, and for settled or other entries."""
    is_noticed = models.BooleanField(_("team told"), default=False)
    """Whether the team was told that a delivery waits. If so, the team is also told when it went."""
    created_at = CreationTime(_("created"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    is_unwanted: bool = False
    """Whether a recipient of the message has opted out, as read when the attempt began. Not stored."""
    may_be_delivered: bool = False
    """Whether the last delivery has an unknown outcome, as read when the attempt began. Not stored."""

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
        """Return the name of the entry's lane. An entry without a ``direction`` has no lane."""
        return LaneName(self.channel_id, self.direction, self.topic, self.external_conversation_id)


class OutboxAttempt(models.Model):
    """An attempt that failed, or whose outcome is unknown."""

    class Outcome(models.TextChoices):
        FAILED = "failed", _("failed")
        AMBIGUOUS = "ambiguous", _("outcome unknown")

    entry = models.ForeignKey(
        OutboxEntry,
        # Every webhook deletes its announced entry, in one statement, without looking for attempts.
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
