"""The messages between customers and the team, whether they began in Front or in the host's system."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import CreationTime, ExactIdField, WholeCharField, WholeTextField
from django_front_channel.models.channel import channel_key
from django_front_channel.models.conversation import Conversation, ConversationThread

SNIPPET_LENGTH = 200
HANDLE_LENGTH = 500
DELIVERY_ID_LENGTH = 500


class Message(models.Model):
    """A message of a customer or of the team."""

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("inbound")
        """The customer wrote the message."""
        OUTBOUND = "outbound", _("outbound")
        """The message is for the customer."""

    class Source(models.TextChoices):
        HOST = "host", _("our system")
        """The message began in our system, and is synced to Front."""
        TEAMMATE = "teammate", _("teammate")
        """A teammate wrote the message in Front, and we deliver it."""
        AUTOREPLY = "autoreply", _("auto-reply")
        """A rule of Front wrote the message, and we deliver it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        ACCEPTED = "accepted", _("accepted")
        """Front answered 202, and will import the message asynchronously."""
        IMPORTED = "imported", _("imported")
        RECEIVED = "received", _("received")
        DELIVERING = "delivering", _("delivering")
        HANDED_OVER = "handed_over", _("handed over")
        """The provider has taken the message, but no receipt has come yet."""
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    SYNC_UNSETTLED = (State.QUEUED, State.SENDING)
    DELIVERY_BEGINS = (State.RECEIVED, State.DELIVERING)
    DELIVERY_UNSETTLED = (State.RECEIVED, State.DELIVERING, State.HANDED_OVER)

    channel = channel_key(related_name="messages")
    external_id = ExactIdField(_("external id"), max_length=200)
    external_conversation_id = ExactIdField(_("external conversation id"), max_length=200)
    """The host's id of the thread. It never changes."""
    thread = models.ForeignKey(
        ConversationThread,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # for the reason in channel_key()
        db_index=False,  # fc_message_thread begins with it
        related_name="messages",
        verbose_name=_("thread"),
        help_text=_("The row of its external conversation id. Empty until a worker has seen a new thread."),
    )
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)

    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    state_changed_at = models.DateTimeField(_("in this state since"), null=True, blank=True)
    code = models.CharField(_("code"), max_length=64, blank=True)
    """The code of the reason for the state. Its sentence is filled by ``parameters``."""
    parameters = models.JSONField(default=dict, blank=True)
    detail = WholeTextField(_("detail"), blank=True)
    """The words of Front, the host or its provider about the state."""

    front_id = ExactIdField(_("Front id"), max_length=64, null=True, blank=True)
    message_uid = ExactIdField(_("message UID"), max_length=500, blank=True)
    """Front's id of the acceptance. Until the ``front_id`` is known, this id finds the message in Front."""
    subject = WholeTextField(_("subject"), blank=True)
    text = WholeTextField(_("text"), blank=True)
    html = WholeTextField(_("HTML"), blank=True)
    snippet = WholeCharField(_("snippet"), max_length=SNIPPET_LENGTH, blank=True)
    """The beginning of the text, on one line, for lists."""
    sender = models.JSONField(_("sender"), default=dict, blank=True)
    to = models.JSONField(_("to"), default=list, blank=True)
    customer_handle = ExactIdField(_("customer"), max_length=HANDLE_LENGTH, blank=True)
    """The handle of the sender or of the first recipient. The other people are ``parties``."""
    author_id = ExactIdField(_("author id"), max_length=64, blank=True)
    author_name = WholeCharField(_("author"), max_length=200, blank=True)
    in_reply_to = ExactIdField(_("in reply to"), max_length=200, blank=True)
    written_at = models.DateTimeField(_("written at"))
    imported_at = models.DateTimeField(_("imported at"), null=True, blank=True)
    content_digest = models.CharField(max_length=64, editable=False)
    """A digest of the content from the host, or empty if the content is unknown."""
    delivery_id = ExactIdField(_("delivery id"), max_length=DELIVERY_ID_LENGTH, blank=True)
    """The id of the message at the host's provider."""
    deliver_within = models.DurationField(_("deliver within"), null=True, blank=True)
    """The time that a message of the team may take to reach the customer. Set it in ``ChannelHandler.accept()``; by
    default the channel decides."""
    host_data = models.JSONField(_("host data"), default=dict, blank=True)
    created_at = CreationTime(_("created"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)
    """The time when its person was erased, if ever. An erased message has no content, and its ids are pseudonyms."""

    attempt: dict[str, Any] | None = None
    """The fields for the log of the attempt that has just ended. Not stored."""

    objects = PrimaryManager["Message"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [
            ("export_person", "Can export what is kept about a person"),
            ("erase_person", "Can erase a person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["external_id", "channel"], name="fc_message_external_id"),
            models.UniqueConstraint(fields=["front_id", "channel"], name="fc_message_front_id"),
        ]
        indexes = [
            models.Index(fields=["external_conversation_id", "id"], name="fc_message_external_thread"),
            models.Index(fields=["thread", "id"], name="fc_message_thread"),
            models.Index(fields=["customer_handle", "id"], name="fc_message_customer"),
            models.Index(fields=["message_uid"], name="fc_message_uid"),
            models.Index(fields=["delivery_id"], name="fc_message_delivery"),
            models.Index(fields=["state", "id"], name="fc_message_state"),
            models.Index(fields=["channel", "id"], name="fc_message_channel"),
            models.Index(fields=["channel", "state", "id"], name="fc_message_channel_state"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that holds the message in Front now, or None until Front has named one."""
        return self.thread.conversation if self.thread else None

    @property
    def is_from_front(self) -> bool:
        return self.source != self.Source.HOST

    @property
    def people(self) -> list[dict[str, str]]:
        """The people outside the team: the sender of an inbound message, or the recipients of an outbound one."""
        inbound = self.direction == self.Direction.INBOUND
        return [self.sender] * bool(self.sender) if inbound else list(self.to)

    def describe(self) -> None:
        """Set the fields that follow from others: ``snippet`` and ``customer_handle``."""
        self.snippet = _snippet(self.text or self.subject)
        self.customer_handle = self.people[0]["handle"][:HANDLE_LENGTH] if self.people else ""


class MessageParty(models.Model):
    """Another person of a group message: everybody except the ``customer_handle`` of the message."""

    message = models.ForeignKey(
        Message,
        on_delete=models.CASCADE,
        db_constraint=False,  # for the reason in channel_key()
        related_name="parties",
        verbose_name=_("message"),
    )
    channel = channel_key(related_name="message_parties")
    handle = ExactIdField(_("handle"), max_length=HANDLE_LENGTH)
    name = WholeTextField(_("name"), blank=True)

    objects = PrimaryManager["MessageParty"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("further recipient")
        verbose_name_plural = _("further recipients")
        indexes = [models.Index(fields=["channel", "handle", "id"], name="fc_party_handle")]

    def __str__(self) -> str:
        return f"recipient {self.pk}"


def _snippet(text: str) -> str:
    line = " ".join(text[: 4 * SNIPPET_LENGTH].split())
    return line if len(line) <= SNIPPET_LENGTH else line[: SNIPPET_LENGTH - 1] + "…"
