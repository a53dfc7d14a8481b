"""Send the signals of committed facts, at least once.

The transaction of the fact stores an entry, which is due after the time of a lease. The process that committed the fact
sends the signal and deletes the entry. If that process crashes first, a worker sends the signal.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Model

from django_front_channel import models
from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, attempt_fields, log_after_commit
from django_front_channel.core.prepared import Parameter, PreparedDelete
from django_front_channel.core.reasons import Code, Reason, told
from django_front_channel.core.texts import brief
from django_front_channel.handlers import handler_for, host_scope
from django_front_channel.models import Channel, Conversation, Message, OutboxEntry, WebhookEvent
from django_front_channel.outbox.outcomes import GaveUp, JudgedOutcome, Succeeded
from django_front_channel.signals import SIGNALS

# The arguments that are rows. Entries store primary keys, or None for a conversation that Front did not name.
ROWS: dict[str, Any] = {
    "message": Message,
    "conversation": Conversation,
    "absorbed": Conversation,
    "event": WebhookEvent,
}


FORGET = PreparedDelete(lambda: OutboxEntry.objects.filter(pk=Parameter("pk")))


@dataclass(frozen=True)
class Announcement:
    """A signal to send after its fact is committed."""

    entry: OutboxEntry
    arguments: dict[str, Any]

    def send(self) -> None:
        """Send the signal to every receiver, and delete the entry. Django logs the errors of receivers."""
        signal = SIGNALS[self.entry.operation]
        arguments = {
            name: str(value) if isinstance(value, Reason) else value for name, value in self.arguments.items()
        }
        with _scope_of(self.arguments["channel"]):
            signal.send_robust(sender=getattr(models, signal.sender), **arguments)
        FORGET.execute(pk=self.entry.pk)


def _scope_of(channel: Channel) -> AbstractContextManager[None]:
    """Return the scope of the host's receivers. If the settings no longer have the channel's app, it does nothing."""
    if conf.find_app(channel.app) is None:
        return nullcontext()
    return host_scope(handler_for(channel.app), channel)


def announce(signal_name: str, channel: Channel, *, now: datetime, **arguments: Any) -> list[Announcement]:
    """Log the fact, and store in its transaction that the signal must be sent.

    Returns an empty list if the signal has no receivers.
    """
    return announce_each(signal_name, [{"channel": channel, **arguments}], now)


def announce_each(signal_name: str, facts: Collection[dict[str, Any]], now: datetime) -> list[Announcement]:
    """Log facts of one kind, and store in their transaction that their signals must be sent.

    ``facts``  the arguments of each signal, with its ``channel``
    """
    for arguments in facts:
        _log(LogEvent[signal_name.upper()], arguments)
    signal = SIGNALS[signal_name]
    if not facts or not signal.has_listeners(getattr(models, signal.sender)):
        return []
    due_at = now + timedelta(seconds=conf.outbox.lease)
    entries = [
        OutboxEntry(
            kind=OutboxEntry.Kind.ANNOUNCE,
            channel=arguments["channel"],
            operation=signal_name,
            payload={name: _kept(value) for name, value in arguments.items() if name != "channel"},
            due_at=due_at,
        )
        for arguments in facts
    ]
    if len(entries) == 1:
        entries[0].save(force_insert=True)
    else:
        OutboxEntry.objects.bulk_create(entries)
    return [Announcement(entry, arguments) for entry, arguments in zip(entries, facts, strict=True)]


def _log(fact: LogEvent, arguments: dict[str, Any]) -> None:
    known = {f"{name}_id": value.pk for name, value in arguments.items() if isinstance(value, Model)}
    known |= {name: value for name, value in arguments.items() if name in ("old", "new")}
    if "message" in arguments:
        known |= message_fields(arguments["message"])
    if "error" in arguments:
        known["code"] = str(arguments["error"].code)
    log_after_commit(fact, **{name: known[name] for name in fact.fields})


def message_fields(message: Message) -> dict[str, Any]:
    """Return the fields for the log of a message, and of the attempt that led to its state."""
    ids = {"message_id": message.pk, "channel_id": message.channel_id, "thread_id": message.thread_id}
    return ids | (message.attempt or attempt_fields())


def _kept(value: Any) -> Any:
    """Return an argument as JSON: a row as its key, a reason as its columns. Only receivers get a reason as text."""
    if isinstance(value, Model):
        return value.pk
    return value.columns if isinstance(value, Reason) else value


def send_on_commit(announcements: list[Announcement]) -> None:
    """Send the signals after the current transaction commits."""
    for announcement in announcements:
        transaction.on_commit(announcement.send, using=database.alias(), robust=True)


def announce_now() -> None:
    """Make every unsent signal due now, so that the next worker sends it."""
    now = clock.now()
    left = OutboxEntry.objects.unsettled().filter(kind=OutboxEntry.Kind.ANNOUNCE)
    left.free(now).update(due_at=now)


def perform(entry: OutboxEntry) -> JudgedOutcome:
    """Send the signal that a crash has left unsent, and delete its entry."""
    try:
        arguments = {name: _restored(name, value) for name, value in entry.payload.items()}
    except ObjectDoesNotExist as error:
        return GaveUp(Reason(Code.SIGNAL_ROW_DELETED, detail=brief(error)))
    # The database cannot delete the entry while it has attempts.
    entry.failed_attempts.all().delete()
    Announcement(entry, {"channel": entry.channel, **arguments}).send()
    return Succeeded()


def _restored(name: str, value: Any) -> Any:
    if name == "error":
        return told(value)
    return ROWS[name].objects.get(pk=value) if name in ROWS and value is not None else value
