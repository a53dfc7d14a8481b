"""The pauses in force, for this process and all others.

A direct verb may be called inside the caller's transaction. A pause written there would be undone by a rollback
and, until then, lock out workers that meet the same limit. So it is written after the commit, and until then, or
for ever after a rollback, this process alone knows it.
"""

from __future__ import annotations

import threading
from datetime import datetime
from functools import partial

from django.db import transaction

from django_front_channel.models import database
from django_front_channel.models.channel import Channel
from django_front_channel.models.pause import Pause

Scope = tuple[str, str]

_own: dict[Scope, datetime] = {}
_lock = threading.Lock()


def begin(scope: str, key: str, until: datetime) -> None:
    """Let no request start in the scope before then."""
    try:
        with database.durable():
            Pause.objects.extend(scope, key, until)
    except RuntimeError:  # inside the caller's transaction
        _remember((scope, key), until)
        later = partial(Pause.objects.extend, scope, key, until)
        transaction.on_commit(later, using=database.alias(), robust=True)


def forget() -> None:
    """Forget what this process alone knows. For tests, whose transactions are never committed."""
    _own.clear()


def until(channel: Channel, conversation_id: str, now: datetime) -> datetime | None:
    """When the last pause ends that concerns a call of the channel, on this conversation if one is named."""
    scopes = Pause.scopes_of(channel, conversation_id)
    ends = _remembered(scopes, now)
    ends += Pause.objects.covering(scopes).active(now).values_list("until", flat=True)
    return max(ends, default=None)


def _remember(scope: Scope, until: datetime) -> None:
    with _lock:
        _own[scope] = max(until, _own.get(scope, until))


def _remembered(scopes: list[Scope], now: datetime) -> list[datetime]:
    """When those of the scopes' pauses end that are not over; what is over is forgotten."""
    with _lock:
        for scope in [scope for scope, end in _own.items() if end <= now]:
            del _own[scope]
        return [_own[scope] for scope in scopes if scope in _own]
