"""Carry out the entries that are in no lane: each has its own time and its own lease."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.views.decorators.debug import sensitive_variables

from django_front_channel.conf import conf
from django_front_channel.models import OutboxEntry, clock, database
from django_front_channel.models.texts import brief
from django_front_channel.outbox.entries import begin, settle
from django_front_channel.outbox.outcomes import Retry, TryOutcome

logger = logging.getLogger("django_front_channel.outbox")

Perform = Callable[[OutboxEntry], TryOutcome]


def run_singles(kind: str, perform: Perform, *, stopping: Callable[[], bool]) -> int:
    """Carry out those of this kind that are due. Returns how many tries it made."""
    now = clock.now()
    due = OutboxEntry.objects.unsettled().due(now).filter(kind=kind, lane_key="")
    tries = 0
    for entry in due.select_related("channel", "event")[: conf.outbox.batch]:
        if stopping():
            break
        tries += _run(entry, perform)
    return tries


def _run(entry: OutboxEntry, perform: Perform) -> int:
    with database.durable():
        now = clock.now()
        until = now + timedelta(seconds=conf.outbox.lease)
        if not OutboxEntry.objects.lease(entry, now=now, until=until) or not begin(entry, now):
            return 0
    outcome = _perform(entry, perform)
    with database.durable():
        now = clock.now()
        if not OutboxEntry.objects.held(entry).update(lease_until=None):
            return 1  # taken over by another worker, or done and deleted
        delay = settle(entry, outcome, now)
        if delay is not None:
            OutboxEntry.objects.held(entry).update(due_at=now + timedelta(seconds=delay))
    return 1


@sensitive_variables()  # and those of all that is called from here: a webhook's body is in no error report
def _perform(entry: OutboxEntry, perform: Perform) -> TryOutcome:
    """Carry it out, however old it is: nothing else knows of the fact that it is about."""
    try:
        return perform(entry)
    except Exception as error:
        logger.exception("Outbox entry %s failed unexpectedly", entry.pk)
        return Retry(brief(error))
