"""Front's conversations, and which of them holds each of our external conversations now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from django_front_channel.models import clock
from django_front_channel.models.channel import Channel, channel_key
from django_front_channel.models.database import PrimaryManager, atomic
from django_front_channel.models.digests import digest
from django_front_channel.models.prepared import Parameter, PreparedSelect, PreparedUpdate


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

    def named(self, channel: Channel, external_ids: Sequence[str]) -> list[ExternalConversation]:
        """Those of the channel with exactly these ids, with their conversations."""
        digests = _digests(external_ids)
        return _named(len(digests)).execute(channel=channel.pk, **digests) if digests else []

    def ensure(self, channel: Channel, external_id: str) -> ExternalConversation:
        """The one of the channel with this id; created if need be."""
        with atomic():
            thread, _created = self.get_or_create(
                channel=channel, digest=digest(external_id), defaults={"external_id": external_id}
            )
        return thread

    def confirm(
        self, channel: Channel, external_ids: Sequence[str], conversation: Conversation, fact: Fact
    ) -> bool:
        """Note that all of these, which an older fact has pointed to the conversation, are still there."""
        digests = _digests(external_ids)
        if not digests:
            return True
        confirmed = _confirm(len(digests)).execute(
            channel=channel.pk,
            conversation=conversation.pk,
            timestamp=fact.timestamp,
            front_id=fact.front_id,
            **digests,
        )
        return confirmed == len(digests)

    def point(self, threads: Sequence[ExternalConversation], to: Conversation, fact: Fact) -> int:
        """Point the threads to the conversation, unless a greater fact is known. Returns how many it took."""
        pks = {f"pk_{number}": thread.pk for number, thread in enumerate(threads)}
        if not pks:
            return 0
        return _point(len(pks)).execute(to=to.pk, timestamp=fact.timestamp, front_id=fact.front_id, **pks)


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


# Of these, one conversation of Front's nearly always holds but a few.
PREPARED_FOR = 8


def _digests(external_ids: Sequence[str]) -> dict[str, str]:
    return {f"digest_{number}": digest(each) for number, each in enumerate(external_ids)}


def _of(count: int) -> ExternalConversationQuerySet:
    digests = [Parameter(f"digest_{number}") for number in range(count)]
    return ExternalConversation.objects.filter(channel=Parameter("channel"), digest__in=digests)


@lru_cache(PREPARED_FOR)
def _named(count: int) -> PreparedSelect[ExternalConversation]:
    return PreparedSelect(lambda: _of(count), "conversation")


@lru_cache(PREPARED_FOR)
def _confirm(count: int) -> PreparedUpdate[ExternalConversation]:
    return PreparedUpdate(
        lambda: _of(count).filter(
            conversation=Parameter("conversation"), fact_timestamp__lt=Parameter("timestamp")
        ),
        fact_timestamp=Parameter("timestamp"),
        fact_front_id=Parameter("front_id"),
    )


@lru_cache(PREPARED_FOR)
def _point(count: int) -> PreparedUpdate[ExternalConversation]:
    older = Q(fact_timestamp__lt=Parameter("timestamp")) | Q(
        fact_timestamp=Parameter("timestamp"), fact_front_id__lt=Parameter("front_id")
    )
    pks: list[Any] = [Parameter(f"pk_{number}") for number in range(count)]
    return PreparedUpdate(
        lambda: ExternalConversation.objects.filter(older, pk__in=pks),
        conversation=Parameter("to"),
        fact_timestamp=Parameter("timestamp"),
        fact_front_id=Parameter("front_id"),
    )
