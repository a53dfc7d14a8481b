"""Front's conversations, and our threads, each with the conversation that holds it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager
from django_front_channel.core.fields import CreationTime, ExactIdField, WholeCharField, WholeTextField
from django_front_channel.core.prepared import Parameter, PreparedSelect, PreparedUpdate
from django_front_channel.models.channel import Channel, channel_key


class Conversation(models.Model):
    """A conversation of Front, ``cnv_…``. It may carry several threads, because conversations merge."""

    channel = channel_key(related_name="conversations")
    front_id = ExactIdField(_("Front id"), max_length=64)
    subject = WholeTextField(_("subject"), blank=True)
    status = WholeCharField(_("status"), max_length=32, blank=True)
    status_category = WholeCharField(_("status category"), max_length=32, blank=True)
    assignee_id = ExactIdField(_("assignee"), max_length=64, blank=True)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    refreshed_at = models.DateTimeField(_("refreshed at"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,  # for the reason in channel_key()
        related_name="absorbed",
        verbose_name=_("merged into"),
        help_text=_("The conversation that took its last thread."),
    )
    merged_at = models.DateTimeField(_("merged at"), null=True, blank=True)
    host_data = models.JSONField(_("host data"), default=dict, blank=True)
    created_at = CreationTime(_("created"), auto_now_add=True)

    objects = PrimaryManager["Conversation"]()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.UniqueConstraint(fields=["front_id", "channel"], name="fc_conversation_front_id")
        ]
        indexes = [models.Index(fields=["channel", "id"], name="fc_conversation_channel")]

    def __str__(self) -> str:
        return self.front_id


@dataclass(frozen=True, order=True)
class Fact:
    """A statement of Front that threads belong to a conversation. The greatest fact wins."""

    timestamp: int
    """The time of Front's signature, in milliseconds since 1970."""
    front_id: str
    """The id of the conversation. It decides between facts of the same millisecond."""


class ConversationThreadQuerySet(models.QuerySet["ConversationThread"]):
    def named(self, channel: Channel, external_conversation_ids: Sequence[str]) -> list[ConversationThread]:
        """Return the channel's threads with these ids, and load their conversations."""
        ids = _numbered("id", external_conversation_ids)
        return _named(len(ids)).execute(channel=channel.pk, **ids) if ids else []

    def confirm(
        self,
        channel: Channel,
        external_conversation_ids: Sequence[str],
        conversation: Conversation,
        fact: Fact,
    ) -> bool:
        """Note ``fact`` for threads that an older fact has already pointed to the conversation.

        Returns whether this was true of all threads with these ids.
        """
        ids = _numbered("id", external_conversation_ids)
        if not ids:
            return True
        confirmed = _confirm(len(ids)).execute(
            channel=channel.pk,
            conversation=conversation.pk,
            timestamp=fact.timestamp,
            front_id=fact.front_id,
            **ids,
        )
        return confirmed == len(ids)

    def point(self, threads: Sequence[ConversationThread], to: Conversation, fact: Fact) -> int:
        """Point each thread to the conversation unless it knows a greater fact. Returns how many were pointed."""
        pks = {f"pk_{number}": thread.pk for number, thread in enumerate(threads)}
        if not pks:
            return 0
        return _point(len(pks)).execute(to=to.pk, timestamp=fact.timestamp, front_id=fact.front_id, **pks)


class ConversationThread(models.Model):
    """A thread of the host, named by the host's own id, with the conversation of Front that holds it now."""

    channel = channel_key(related_name="threads")
    external_conversation_id = ExactIdField(_("external conversation id"), max_length=200)
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="threads",
        verbose_name=_("conversation"),
        help_text=_("Empty until Front has named it."),
    )
    fact_timestamp = models.BigIntegerField(default=0, editable=False)
    fact_front_id = ExactIdField(max_length=64, blank=True, editable=False)
    merged_at = models.DateTimeField(
        _("merged at"),
        null=True,
        blank=True,
        help_text=_("When another conversation took the thread over, if ever."),
    )
    created_at = CreationTime(_("created"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)
    """The time when its person was erased, if ever. The id of an erased thread is a pseudonym."""

    objects = PrimaryManager.from_queryset(ConversationThreadQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        constraints = [
            models.UniqueConstraint(
                fields=["external_conversation_id", "channel"], name="fc_thread_external_id"
            )
        ]
        indexes = [models.Index(fields=["channel", "id"], name="fc_thread_channel")]

    def __str__(self) -> str:
        return f"thread {self.pk}"


# Nearly every conversation of Front holds fewer threads than this.
PREPARED_FOR = 8


def _numbered(name: str, values: Sequence[str]) -> dict[str, str]:
    return {f"{name}_{number}": value for number, value in enumerate(values)}


def _of(count: int) -> ConversationThreadQuerySet:
    ids = [Parameter(f"id_{number}") for number in range(count)]
    return ConversationThread.objects.filter(channel=Parameter("channel"), external_conversation_id__in=ids)


@lru_cache(PREPARED_FOR)
def _named(count: int) -> PreparedSelect[ConversationThread]:
    return PreparedSelect(lambda: _of(count), "conversation")


@lru_cache(PREPARED_FOR)
def _confirm(count: int) -> PreparedUpdate[ConversationThread]:
    changes: dict[str, Any] = {
        "fact_timestamp": Parameter("timestamp"),
        "fact_front_id": Parameter("front_id"),
    }
    return PreparedUpdate(
        lambda: _of(count).filter(
            conversation=Parameter("conversation"), fact_timestamp__lt=Parameter("timestamp")
        ),
        **changes,
    )


@lru_cache(PREPARED_FOR)
def _point(count: int) -> PreparedUpdate[ConversationThread]:
    older = Q(fact_timestamp__lt=Parameter("timestamp")) | Q(
        fact_timestamp=Parameter("timestamp"), fact_front_id__lt=Parameter("front_id")
    )
    pks: list[Any] = [Parameter(f"pk_{number}") for number in range(count)]
    changes: dict[str, Any] = {
        "conversation": Parameter("to"),
        "fact_timestamp": Parameter("timestamp"),
        "fact_front_id": Parameter("front_id"),
    }
    return PreparedUpdate(lambda: ConversationThread.objects.filter(older, pk__in=pks), **changes)
