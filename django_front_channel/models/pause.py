"""Pauses that Front asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from django_front_channel.models.channel import Channel
from django_front_channel.models.database import PrimaryManager, atomic


class PauseQuerySet(models.QuerySet["Pause"]):
    def active(self, now: datetime) -> PauseQuerySet:
        return self.filter(until__gt=now)

    def over(self, now: datetime) -> PauseQuerySet:
        return self.filter(until__lte=now)

    def covering(self, scopes: Iterable[tuple[str, str]]) -> PauseQuerySet:
        """The pauses of any of these scopes, each with its key."""
        named = Q()
        for scope, key in scopes:
            named |= Q(scope=scope, key=key)
        return self.filter(named)

    def extend(self, scope: str, key: str, until: datetime) -> None:
        """Pause the scope until then at least. A pause is never shortened."""
        if self.filter(scope=scope, key=key, until__gte=until).exists():
            return
        with atomic():
            # Locked, so that it is not pruned before it is extended.
            rows = self.select_for_update()
            pause, created = rows.get_or_create(scope=scope, key=key, defaults={"until": until})
            if not created:
                self.filter(pk=pause.pk, until__lt=until).update(until=until)


class Pause(models.Model):
    """No request starts in this scope before ``until``, because Front has answered 429."""

    class Scope(models.TextChoices):
        CONVERSATION = "conversation", _("conversation")
        CHANNEL = "channel", _("channel")
        COMPANY = "company", _("company")

    scope = models.CharField(_("scope"), max_length=16, choices=Scope.choices)
    key = models.CharField(_("key"), max_length=200)
    until = models.DateTimeField(_("until"))

    objects = PrimaryManager.from_queryset(PauseQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        indexes = [models.Index(fields=["until"], name="fc_pause_until")]
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="fc_pause_scope")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"

    @classmethod
    def scopes_of(cls, channel: Channel, conversation_id: str = "") -> list[tuple[str, str]]:
        """The scopes that a call of the channel falls under."""
        scopes: list[tuple[str, str]] = [(cls.Scope.CHANNEL, str(channel.pk))]
        if channel.company_host:
            scopes.append((cls.Scope.COMPANY, channel.company_host))
        if conversation_id:
            scopes.append((cls.Scope.CONVERSATION, conversation_id))
        return scopes
