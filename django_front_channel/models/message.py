"""Messages, ours and Front's, and their attachments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.files import File
from django.core.files.storage import storages
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import clock
from django_front_channel.models.channel import Channel, channel_key
from django_front_channel.models.conversation import Conversation, ExternalConversation
from django_front_channel.models.database import PrimaryManager
from django_front_channel.models.digests import digest
from django_front_channel.models.prepared import Parameter, PreparedUpdate


class MessageQuerySet(models.QuerySet["Message"]):
    def with_external_id(self, channel: Channel, external_id: str) -> MessageQuerySet:
        """The message of the channel with exactly this external id."""
        return self.filter(channel=channel, digest=digest(external_id))

    def with_delivery_id(self, channel: Channel, delivery_id: str) -> MessageQuerySet:
        """The messages of the channel that the host's provider knows by this id."""
        return self.filter(channel=channel, delivery_digest=digest(delivery_id))

    def advance(self, message: Message, new: str, *, since: Iterable[str], **changes: Any) -> bool:
        """Move one message to another state, if it is in one of ``since``; False when it is not.

        Facts arrive in any order, so a state changes only by this conditional UPDATE.
        """
        changes = {"state_reason": "", **changes, "state": new}
        changed = self.filter(pk=message.pk, state__in=list(since)).update(**changes)
        if changed:
            for name, value in changes.items():
                setattr(message, name, value)
        return bool(changed)

    def mark_imported(
        self, message: Message, front_id: str, message_uid: str, thread: ExternalConversation | None = None
    ) -> bool:
        """Note that Front has created this message of ours, in ``thread`` if given; False when that was known.

        Whatever we thought became of it: it is in Front.
        """
        known: dict[str, Any] = {"front_id": front_id}
        if message_uid:
            known["message_uid"] = message_uid
        if thread is not None:
            known["external_conversation_id"] = thread.pk
        unknown = dict.fromkeys(("message_uid", "external_conversation_id"))
        if not MARK_IMPORTED.execute(pk=message.pk, **(unknown | known)):
            return False
        for name, value in (known | {"state": Message.State.IMPORTED, "state_reason": ""}).items():
            setattr(message, name, value)
        return True


class Message(models.Model):
    """A message of a customer or of the team."""

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("inbound")
        """From the customer."""
        OUTBOUND = "outbound", _("outbound")
        """To the customer."""

    class Source(models.TextChoices):
        HOST = "host", _("our system")
        """It happened in our system, and Front is told."""
        TEAMMATE = "teammate", _("teammate")
        """A teammate wrote it in Front, and we deliver it."""
        AUTOREPLY = "autoreply", _("auto-reply")
        """A rule of Front wrote it, and we deliver it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        ACCEPTED = "accepted", _("accepted")
        """Front answered 202 and imports it by and by."""
        IMPORTED = "imported", _("imported")
        RECEIVED = "received", _("received")
        DELIVERING = "delivering", _("delivering")
        HANDED_OVER = "handed_over", _("handed over")
        """The provider has it; its receipt is to come."""
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    SYNC_UNSETTLED = (State.QUEUED, State.SENDING)
    DELIVERY_BEGINS = (State.RECEIVED, State.DELIVERING)
    DELIVERY_UNSETTLED = (State.RECEIVED, State.DELIVERING, State.HANDED_OVER)

    channel = channel_key(related_name="messages")
    external_conversation = models.ForeignKey(
        ExternalConversation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # as channel_key()
        db_index=False,  # fc_message_thread begins with it
        related_name="messages",
        verbose_name=_("external conversation"),
        help_text=_("Empty only while a new thread's first message waits for the worker."),
    )
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    state_reason = models.TextField(_("reason"), blank=True)
    external_id = models.CharField(_("external id"), max_length=200)
    digest = models.CharField(max_length=64, editable=False)
    front_id = models.CharField(_("Front id"), max_length=64, null=True, blank=True)
    message_uid = models.CharField(_("message UID"), max_length=500, blank=True)
    subject = models.TextField(_("subject"), blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    sender = models.JSONField(_("sender"), default=dict, blank=True)
    recipients = models.JSONField(_("recipients"), default=list, blank=True)
    author_id = models.CharField(
        _("author"), max_length=64, blank=True, help_text=_("Front's id of the teammate.")
    )
    author_name = models.CharField(_("author's name"), max_length=200, blank=True)
    in_reply_to = models.CharField(_("in reply to"), max_length=200, blank=True)
    occurred_at = models.DateTimeField(_("written at"))
    content_digest = models.CharField(max_length=64, editable=False)
    delivery_id = models.CharField(_("delivery id"), max_length=500, blank=True)
    delivery_digest = models.CharField(max_length=64, blank=True, editable=False)
    host_data = models.JSONField(_("host data"), default=dict, blank=True)
    created_at = clock.CreationTime(_("created"), auto_now_add=True)

    objects = PrimaryManager.from_queryset(MessageQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["channel", "digest"], name="fc_message_digest"),
            models.UniqueConstraint(fields=["channel", "front_id"], name="fc_message_front_id"),
        ]
        indexes = [
            models.Index(fields=["channel", "message_uid"], name="fc_message_uid"),
            models.Index(fields=["channel", "delivery_digest"], name="fc_message_delivery"),
            models.Index(fields=["external_conversation", "id"], name="fc_message_thread"),
            models.Index(fields=["state", "id"], name="fc_message_state"),
            models.Index(fields=["channel", "id"], name="fc_message_channel"),
            models.Index(fields=["channel", "state", "id"], name="fc_message_channel_state"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that holds the message in Front now; None while Front has not told."""
        return self.external_conversation.conversation if self.external_conversation else None

    @property
    def is_from_front(self) -> bool:
        return self.source != self.Source.HOST


MARK_IMPORTED = PreparedUpdate(
    lambda: Message.objects.filter(pk=Parameter("pk"), source=Message.Source.HOST).exclude(
        state=Message.State.IMPORTED
    ),
    state=Message.State.IMPORTED,
    state_reason="",
    front_id=Parameter("front_id"),
    message_uid=Coalesce(Parameter("message_uid"), "message_uid"),
    external_conversation=Coalesce(Parameter("external_conversation_id"), "external_conversation_id"),
)


class Attachment(models.Model):
    """A file of a message. ``front_id`` and ``url`` name it in Front, ``storage`` and ``name`` where we keep it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    position = models.PositiveSmallIntegerField(_("position"))
    front_id = models.CharField(_("Front id"), max_length=64, blank=True)
    url = models.CharField(_("URL in Front"), max_length=1000, blank=True)
    filename = models.CharField(_("file name"), max_length=255, blank=True)
    content_type = models.CharField(_("content type"), max_length=255, blank=True)
    size = models.BigIntegerField(_("size"), null=True, blank=True)
    is_inline = models.BooleanField(_("inline"), default=False)
    content_id = models.CharField(_("content id"), max_length=255, blank=True)
    storage = models.CharField(_("storage"), max_length=64, blank=True)
    name = models.CharField(_("name in storage"), max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    objects = PrimaryManager["Attachment"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("message", "position")
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="fc_attachment_position")]
        indexes = [models.Index(fields=["name"], name="fc_attachment_name")]

    def __str__(self) -> str:
        return self.filename or self.front_id

    @property
    def is_stored(self) -> bool:
        """Whether we have the file. One of a teammate is fetched on request only."""
        return bool(self.name)

    def open(self) -> File[bytes]:
        """The stored file, from its beginning; close it, or use it in a ``with`` statement.

        Raises ``InvalidArgument`` when it is not stored, and what its storage raises, such as
        ``FileNotFoundError``.
        """
        if not self.is_stored:
            raise InvalidArgument(
                "This attachment is not stored here. Fetch it with services.attachments.fetch()."
            )
        return storages[self.storage].open(self.name, "rb")
