"""Send the signals of committed facts, at least once.

The fact's transaction keeps an entry that falls due after a lease. Whoever committed the fact sends the signal
and deletes the entry; a worker takes the entries that a crash has left.
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

# The arguments that are rows, kept as primary keys. There may be none: Front need not name the conversation.
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
        """Send the signal to every receiver, and forget the entry. Receivers that raise are logged by Django."""
        signal = SIGNALS[self.entry.operation]
        arguments = {
            name: str(value) if isinstance(value, Reason) else value for name, value in self.arguments.items()
        }
        with _scope_of(self.arguments["channel"]):
            signal.send_robust(sender=getattr(models, signal.sender), **arguments)
        FORGET.execute(pk=self.entry.pk)


def _scope_of(channel: Channel) -> AbstractContextManager[None]:
    """Return the scope of the host's receivers. The app of an old channel may be gone from the settings."""
    if conf.find_app(channel.app) is None:
        return nullcontext()
    return host_scope(handler_for(channel.app), channel)


def announce(signal_name: str, channel: Channel, *, now: datetime, **arguments: Any) -> list[Announcement]:
    """Log the fact, and keep in its transaction that this signal is to be sent. Empty where nobody listens."""
    return announce_each(signal_name, [{"channel": channel, **arguments}], now)


def announce_each(signal_name: str, facts: Collection[dict[str, Any]], now: datetime) -> list[Announcement]:
    """Log facts of one kind, each with its arguments and ``channel``, and keep that their signals are to be sent."""
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
    """An argument as JSON: a row as its key, and a reason by its columns. It is a text only for receivers."""
    if isinstance(value, Model):
        return value.pk
    return value.columns if isinstance(value, Reason) else value


def send_on_commit(announcements: list[Announcement]) -> None:
    """Send them after the current transaction commits."""
    for announcement in announcements:
        transaction.on_commit(announcement.send, using=database.alias(), robust=True)


def announce_now() -> None:
    """Let the next worker send every signal that is left, as if its lease were over."""
    now = clock.now()
    left = OutboxEntry.objects.unsettled().filter(kind=OutboxEntry.Kind.ANNOUNCE)
    left.free(now).update(due_at=now)


def perform(entry: OutboxEntry) -> JudgedOutcome:
    """Send the signal that a crash has left unsent. Its entry is gone afterwards."""
    try:
        arguments = {name: _restored(name, value) for name, value in entry.payload.items()}
    except ObjectDoesNotExist as error:
        return GaveUp(Reason(Code.SIGNAL_ROW_DELETED, detail=brief(error)))
    # Earlier attempts of this entry would keep the database from forgetting it.
    entry.failed_attempts.all().delete()
    Announcement(entry, {"channel": entry.channel, **arguments}).send()
    return Succeeded()


def _restored(name: str, value: Any) -> Any:
    if name == "error":
        return told(value)
    return ROWS[name].objects.get(pk=value) if name in ROWS and value is not None else value
