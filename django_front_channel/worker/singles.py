"""Carries out the entries that are in no lane. Each has its own due time and its own lease."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.views.decorators.debug import sensitive_variables

from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
from django_front_channel.models import OutboxEntry
from django_front_channel.outbox import claims
from django_front_channel.outbox.entries import begin_attempts, settle_attempts
from django_front_channel.outbox.outcomes import JudgedOutcome, Retry

Perform = Callable[[OutboxEntry], JudgedOutcome]


def run_singles(kind: str, perform: Perform, *, stopping: Callable[[], bool]) -> int:
    """Carry out the due entries of this kind. Returns the number of attempts."""
    due = OutboxEntry.objects.unsettled().due(clock.now()).filter(kind=kind, direction="")
    attempts = 0
    for entry in due[: conf.outbox.batch]:
        if stopping():
            break
        attempts += _run(entry, perform)
    return attempts


def _run(entry: OutboxEntry, perform: Perform) -> int:
    with database.durable():
        now = clock.now()
        begun = begin_attempts([entry.pk], now) if claims.lease_entry(entry, now) else []
    if not begun:
        return 0
    outcome = _perform(begun[0], perform)
    with database.durable():
        now = clock.now()
        if not claims.release_entry(entry):
            return 1
        delay = settle_attempts({begun[0]: outcome}, now)[begun[0]]
        if delay is not None:
            claims.put_off_entry(entry, now + timedelta(seconds=delay))
    return 1


@sensitive_variables()  # also for every function called from here, so that error reports do not show a webhook's body
def _perform(entry: OutboxEntry, perform: Perform) -> JudgedOutcome:
    """Carry out the entry, however old it is, because its fact is handled nowhere else."""
    try:
        return perform(entry)
    except Exception as error:
        log(LogEvent.ENTRY_BROKE, entry_id=entry.pk, channel_id=entry.channel_id, exc_info=True)
        return Retry(Reason(Code.UNEXPECTED_ERROR, detail=brief(error)))
