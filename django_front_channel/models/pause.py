"""The pauses that Front asked for with 429."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from django_front_channel.core.database import PrimaryManager, atomic
from django_front_channel.core.fields import ExactIdField
from django_front_channel.models.channel import Channel


class PauseQuerySet(models.QuerySet["Pause"]):
    def active(self, now: datetime) -> PauseQuerySet:
        return self.filter(until__gt=now)

    def over(self, now: datetime) -> PauseQuerySet:
        return self.filter(until__lte=now)

    def covering(self, scopes: Iterable[tuple[str, str]], *, app: str) -> PauseQuerySet:
        """Return the app's pauses for these scopes, each a pair of a scope and its key."""
        named = Q()
        for scope, key in scopes:
            named |= Q(scope=scope, key=key)
        return self.filter(named, app=app)

    def extend(self, app: str, scope: str, key: str, until: datetime) -> None:
        """Pause the app's scope until ``until`` or later. An existing pause is never shortened."""
        named = {"app": app, "scope": scope, "key": key}
        if self.filter(**named, until__gte=until).exists():
            return
        with atomic():
            # Lock the row, so that pruning cannot delete it before it is extended.
            pause, created = self.select_for_update().get_or_create(**named, defaults={"until": until})
            if not created:
                self.filter(pk=pause.pk, until__lt=until).update(until=until)


class Pause(models.Model):
    """A pause after a 429 of Front: no request of the app starts in this scope before ``until``."""

    class Scope(models.TextChoices):
        CONVERSATION = "conversation", _("conversation")
        CHANNEL = "channel", _("channel")
        COMPANY = "company", _("company")

    app = ExactIdField(_("app"), max_length=64)
    scope = models.CharField(_("scope"), max_length=16, choices=Scope.choices)
    key = ExactIdField(_("key"), max_length=200)
    until = models.DateTimeField(_("until"))

    objects = PrimaryManager.from_queryset(PauseQuerySet)()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        indexes = [models.Index(fields=["until"], name="fc_pause_until")]
        constraints = [models.UniqueConstraint(fields=["scope", "key", "app"], name="fc_pause_key")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"

    @classmethod
    def scopes_of(cls, channel: Channel, conversation_id: str = "") -> list[tuple[str, str]]:
        """Return the scopes that apply to a request of the channel, each with its key."""
        scopes: list[tuple[str, str]] = [(cls.Scope.CHANNEL, str(channel.pk))]
        if channel.company:
            scopes.append((cls.Scope.COMPANY, channel.company))
        if conversation_id:
            scopes.append((cls.Scope.CONVERSATION, conversation_id))
        return scopes
