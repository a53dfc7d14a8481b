"""Wakes a worker after a commit that enqueued something. This is only a hint, because workers poll anyway."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils.module_loading import import_string

from django_front_channel.conf import conf
from django_front_channel.core import database
from django_front_channel.core.log_events import LogEvent, log


def wake_up_on_commit() -> None:
    """Call ``FRONT_CHANNEL_WAKE_UP`` after the current transaction commits."""
    if conf.wake_up:
        transaction.on_commit(partial(_call, conf.wake_up), using=database.alias(), robust=True)


def _call(path: str) -> None:
    try:
        import_string(path)()
    except Exception:
        # A dead broker must not fail the host's request: the entry is committed, and workers poll.
        log(LogEvent.WAKE_UP_FAILED, exc_info=True)
