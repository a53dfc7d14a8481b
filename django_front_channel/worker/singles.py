"""Carry out the entries that are in no lane: each has its own time and its own lease."""

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
    """Carry out those of this kind that are due. Returns how many attempts it made."""
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


@sensitive_variables()  # and those of all that is called from here: a webhook's body is in no error report
def _perform(entry: OutboxEntry, perform: Perform) -> JudgedOutcome:
    """Carry it out, however old it is: nothing else knows of the fact that it is about."""
    try:
        return perform(entry)
    except Exception as error:
        log(LogEvent.ENTRY_BROKE, entry_id=entry.pk, channel_id=entry.channel_id, exc_info=True)
        return Retry(Reason(Code.UNEXPECTED_ERROR, detail=brief(error)))
