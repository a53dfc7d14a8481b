"""Finds the rows of a person.

A person is a set of handles on channels. Their messages are found by handle, or by a ``MessageParty`` of a group
message. A thread is theirs if nobody else takes part in it. For rows without a message, such as refused webhooks, the
content shows whether they are about the person.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from django_front_channel.handlers import handler_for, normalized
from django_front_channel.models import (
    Channel,
    ConversationThread,
    Message,
    MessageParty,
    OptOut,
    OutboxEntry,
    WebhookEvent,
)

# A shorter handle may be part of an ordinary word.
SHORTEST_INSIDE = 4


@dataclass(frozen=True)
class Person:
    """A person outside the team, known by handles on channels. If two are one person, join them with ``|``."""

    addresses: frozenset[tuple[int, str]] = field(repr=False)
    """Primary keys of channels, each with a handle there."""
    before: datetime | None = None
    """Only rows that were stored before this moment count; None for all."""

    def __or__(self, other: Person) -> Person:
        return Person(self.addresses | other.addresses, self.before)

    @property
    def channels(self) -> list[int]:
        return sorted({channel for channel, _ in self.addresses})

    @property
    def handles(self) -> list[str]:
        return sorted({handle for _, handle in self.addresses})

    def by(self, column: str) -> Q:
        """Return a filter for rows with one of the handles in this column, on the handle's channel."""
        found = Q(pk__in=())
        for handle in self.handles:
            channels = [channel for channel, known in self.addresses if known == handle]
            found |= Q(**{column: handle, "channel__in": channels})
        return found

    def since(self, column: str) -> Q:
        """Return a filter for rows in which this column is earlier than ``before``."""
        return Q(**{f"{column}__lt": self.before}) if self.before else Q()


def spellings(channel: Channel, handle: str) -> set[str]:
    """Return the given handle, and the handle as the host's handler spells it."""
    try:
        return {handle, str(normalized(handler_for(channel.app), channel, handle))}
    except Exception:  # the app may be gone from the settings, and the host's own code may fail
        return {handle}


def messages_of(person: Person) -> list[QuerySet[Message]]:
    """Return querysets of the person's messages that are not erased, one for each index that finds them."""
    left = Message.objects.filter(person.since("created_at"), erased_at=None)
    parties = MessageParty.objects.filter(person.by("handle"))
    return [left.filter(person.by("customer_handle")), left.filter(pk__in=parties.values("message"))]


def in_threads(threads: Collection[int]) -> QuerySet[Message]:
    """Return the messages in these threads that have no customer handle and are not erased."""
    # Compare the length, so that no database searches all messages with an empty handle, such as every erased one.
    messages = Message.objects.alias(handle_length=Length("customer_handle"))
    return messages.filter(thread__in=threads, handle_length=0, erased_at=None)


def all_messages_of(person: Person, threads: Iterable[int], chunk: int) -> Iterator[QuerySet[Message]]:
    """Yield querysets of the person's messages, and of messages without a customer handle in these threads."""
    yield from messages_of(person)
    yield from map(in_threads, chunks(sorted(threads), chunk))


def threads_of(person: Person, chunk: int) -> dict[int, tuple[int, str]]:
    """Return the person's threads, in which nobody else takes part.

    Returns the channel and the external id of each thread, by primary key.
    """
    found: dict[int, tuple[int, str]] = {}
    for some in chunks(sorted(_all_threads_of(person)), chunk):
        found |= named(ConversationThread.objects.filter(pk__in=set(some) - _shared(person, some)))
    return found


def named(threads: QuerySet[ConversationThread]) -> dict[int, tuple[int, str]]:
    """Return the channel and the external id of each thread, by primary key."""
    rows = threads.order_by("pk").values_list("pk", "channel", "external_conversation_id")
    return {pk: (channel, name) for pk, channel, name in rows}


def _all_threads_of(person: Person) -> set[int]:
    pks: set[int | None] = set()
    for messages in messages_of(person):
        pks.update(messages.order_by().values_list("thread", flat=True).distinct())
    named = ConversationThread.objects.filter(person.by("external_conversation_id"), erased_at=None)
    pks.update(named.filter(person.since("created_at")).values_list("pk", flat=True))
    return {pk for pk in pks if pk is not None}


def _shared(person: Person, threads: Collection[int]) -> set[int]:
    """Return the threads in which somebody else takes part, or the person has written since ``before``."""
    messages = Message.objects.filter(thread__in=threads, erased_at=None)
    others = messages.exclude(customer_handle__in=[*person.handles, ""])
    parties = MessageParty.objects.filter(message__in=messages).exclude(handle__in=person.handles)
    late = messages.filter(created_at__gte=person.before) if person.before else messages.none()
    return {
        *others.order_by().values_list("thread", flat=True).distinct(),
        *parties.order_by().values_list("message__thread", flat=True).distinct(),
        *late.order_by().values_list("thread", flat=True).distinct(),
    }


def opt_outs_of(person: Person) -> QuerySet[OptOut]:
    return OptOut.objects.filter(person.by("handle"))


def loose_events(
    person: Person, threads: Collection[tuple[int, str]], chunk: int
) -> Iterator[list[WebhookEvent]]:
    """Yield the webhook events without a message whose content is about the person, chunk by chunk."""
    finished = WebhookEvent.State.PROCESSED
    events = WebhookEvent.objects.filter(
        ~Q(state=finished) | Q(front_id=""),
        person.since("received_at"),
        channel__in=person.channels,
        erased_at=None,
    )
    for some in in_chunks(events.select_related("channel"), chunk):
        yield [event for event in some if _is_about(event, person, threads)]


def loose_entries(
    person: Person, threads: Collection[tuple[int, str]], chunk: int
) -> Iterator[list[OutboxEntry]]:
    """Yield the outbox entries without a message whose content is about the person, chunk by chunk."""
    entries = OutboxEntry.objects.filter(
        ~Q(detail="") | ~Q(payload={}), person.since("created_at"), message=None, channel__in=person.channels
    )
    for some in in_chunks(entries, chunk):
        yield [entry for entry in some if _concerns(entry, person, threads)]


def _is_about(event: WebhookEvent, person: Person, threads: Collection[tuple[int, str]]) -> bool:
    assert event.channel is not None
    said = _parsed(event.body)
    names = {event.customer_handle, event.external_conversation_id, *texts_in(said), *texts_in(event.answer)}
    for handle in (event.customer_handle, *_recipients(said)):
        names |= spellings(event.channel, handle)
    return _names(names, event.channel.pk, person, threads)


def _concerns(entry: OutboxEntry, person: Person, threads: Collection[tuple[int, str]]) -> bool:
    if _names({*texts_in(entry.payload), entry.external_conversation_id}, entry.channel_id, person, threads):
        return True
    # Settled entries are only history, so deleting one by mistake does no harm.
    return entry.settled_at is not None and _quotes(entry.detail, person)


def _quotes(words: str, person: Person) -> bool:
    return any(handle in words for handle in person.handles if len(handle) >= SHORTEST_INSIDE)


def _names(found: set[str], channel: int, person: Person, threads: Collection[tuple[int, str]]) -> bool:
    return any((channel, name) in person.addresses or (channel, name) in threads for name in found)


def handles_in_body(body: str) -> list[str]:
    """Return the handles of the recipients in the body of a webhook."""
    return _recipients(_parsed(body))


def _parsed(body: str) -> Any:
    try:
        # Integers stay text, because int() refuses very long ones.
        return json.loads(body or "{}", parse_int=str)
    except ValueError:
        return {}


def _recipients(said: Any) -> list[str]:
    payload = said.get("payload") if isinstance(said, dict) else None
    recipients = payload.get("recipients") if isinstance(payload, dict) else None
    items = recipients if isinstance(recipients, list) else []
    handles = [item.get("handle") for item in items if isinstance(item, dict)]
    return [handle for handle in handles if isinstance(handle, str)]


def texts_in(value: Any) -> Iterator[str]:
    """Yield all texts inside a JSON value, except keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def in_chunks(rows: QuerySet[Any], size: int) -> Iterator[list[Any]]:
    """Yield the rows in lists of ``size``, by primary key. Each comes once, even if rows change meanwhile."""
    last = 0
    while some := list(rows.filter(pk__gt=last).order_by("pk")[:size]):
        yield some
        last = some[-1].pk


def chunks(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    all_of_them = list(values)
    for first in range(0, len(all_of_them), size):
        yield all_of_them[first : first + size]
