"""Front's conversations, and which of them holds each of our external conversations now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from django_front_channel.models import clock
from django_front_channel.models.channel import Channel, channel_key
from django_front_channel.models.database import PrimaryManager, atomic
from django_front_channel.models.digests import digest


class Conversation(models.Model):
    """Front's thread, ``cnv_…``. It may hold several external conversations, because conversations merge."""

    channel = channel_key(related_name="conversations")
    front_id = models.CharField(_("Front id"), max_length=64)
    subject = models.TextField(_("subject"), blank=True)
    status = models.CharField(_("status"), max_length=32, blank=True)
    status_category = models.CharField(_("status category"), max_length=32, blank=True)
    assignee_id = models.CharField(_("assignee"), max_length=64, blank=True)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    refreshed_at = models.DateTimeField(_("refreshed at"), null=True, blank=True)
    host_data = models.JSONField(_("host data"), default=dict, blank=True)
    created_at = clock.CreationTime(_("created"), auto_now_add=True)

    objects = PrimaryManager["Conversation"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.UniqueConstraint(fields=["channel", "front_id"], name="fc_conversation_front_id")
        ]
        indexes = [models.Index(fields=["channel", "id"], name="fc_conversation_channel")]

    def __str__(self) -> str:
        return self.subject or self.front_id


@dataclass(frozen=True, order=True)
class Fact:
    """Front's word that external conversations belong to a conversation. The greatest one wins."""

    timestamp: int
    """When Front signed it, in milliseconds since 1970."""
    front_id: str
    """The conversation; decides between facts of the same millisecond."""


class ExternalConversationQuerySet(models.QuerySet["ExternalConversation"]):
    def of(self, channel: Channel, external_ids: Iterable[str]) -> ExternalConversationQuerySet:
        """Those of the channel with exactly these ids."""
        return self.filter(channel=channel, digest__in=[digest(external_id) for external_id in external_ids])

    def ensure(self, channel: Channel, external_id: str) -> ExternalConversation:
        """The one of the channel with this id; created if need be."""
        with atomic():
            thread, _created = self.get_or_create(
                channel=channel, digest=digest(external_id), defaults={"external_id": external_id}
            )
        return thread

    def confirm(self, conversation: Conversation, fact: Fact) -> int:
        """Note that those which an older fact has pointed to the conversation are still there. Returns how many."""
        there = self.filter(conversation=conversation, fact_timestamp__lt=fact.timestamp)
        return there.update(fact_timestamp=fact.timestamp, fact_front_id=fact.front_id)

    def point(self, to: Conversation, fact: Fact) -> int:
        """Point these to the conversation, unless a greater fact is known. Returns how many it took."""
        older = Q(fact_timestamp__lt=fact.timestamp) | Q(
            fact_timestamp=fact.timestamp, fact_front_id__lt=fact.front_id
        )
        return self.filter(older).update(
            conversation=to, fact_timestamp=fact.timestamp, fact_front_id=fact.front_id
        )


class ExternalConversation(models.Model):
    """A thread in our system, by the id that we gave it; points to the conversation that holds it in Front now."""

    channel = channel_key(related_name="external_conversations")
    external_id = models.CharField(_("external id"), max_length=200)
    digest = models.CharField(max_length=64, editable=False)
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="external_conversations",
        verbose_name=_("conversation"),
    )
    fact_timestamp = models.BigIntegerField(default=0, editable=False)
    fact_front_id = models.CharField(max_length=64, blank=True, editable=False)
    created_at = clock.CreationTime(_("created"), auto_now_add=True)

    objects = PrimaryManager.from_queryset(ExternalConversationQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("external conversation")
        verbose_name_plural = _("external conversations")
        constraints = [
            models.UniqueConstraint(fields=["channel", "digest"], name="fc_external_conversation_digest")
        ]
        indexes = [models.Index(fields=["channel", "id"], name="fc_external_channel")]

    def __str__(self) -> str:
        return self.external_id

    @classmethod
    def for_id(cls, channel: Channel, external_id: str, **values: Any) -> ExternalConversation:
        """One with exactly this id, not saved yet."""
        return cls(channel=channel, external_id=external_id, digest=digest(external_id), **values)
