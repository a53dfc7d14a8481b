"""Who a person is, and which rows are theirs.

A person is known by handles on channels. Their messages are found by handle, and as a party of a message to a group.
A thread is theirs when nobody else takes part in it. Rows that no message leads to, such as refused webhooks, say
inside whom they are about.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

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

# A shorter handle is found inside all sorts of words.
SHORTEST_INSIDE = 4


@dataclass(frozen=True)
class Person:
    """Somebody outside the team, by handles on channels. ``|`` joins two people who are one."""

    addresses: frozenset[tuple[int, str]] = field(repr=False)
    """Primary keys of channels, each with a handle there."""
    before: datetime | None = None
    """Only what was stored before this moment counts."""

    def __or__(self, other: Person) -> Person:
        return Person(self.addresses | other.addresses, self.before)

    @property
    def channels(self) -> list[int]:
        return sorted({channel for channel, _ in self.addresses})

    @property
    def handles(self) -> list[str]:
        return sorted({handle for _, handle in self.addresses})

    def by(self, column: str) -> Q:
        """Rows that have one of the handles in this column, on its channel."""
        found = Q(pk__in=())
        for handle in self.handles:
            channels = [channel for channel, known in self.addresses if known == handle]
            found |= Q(**{column: handle, "channel__in": channels})
        return found

    def since(self, column: str) -> Q:
        """Rows that are old enough to count, by this column."""
        return Q(**{f"{column}__lt": self.before}) if self.before else Q()


def spellings(channel: Channel, handle: str) -> set[str]:
    """The handle as it was given, and as the host's handler spells it."""
    try:
        return {handle, str(normalized(handler_for(channel.app), channel, handle))}
    except Exception:  # the app may be gone from the settings, and the host's own code may fail
        return {handle}


def messages_of(person: Person) -> list[QuerySet[Message]]:
    """Their messages that are not erased: by handle, and as a party. Two sets, each with an index of its own."""
    left = Message.objects.filter(person.since("created_at"), erased_at=None)
    parties = MessageParty.objects.filter(person.by("handle"))
    return [left.filter(person.by("customer_handle")), left.filter(pk__in=parties.values("message"))]


def in_threads(threads: Collection[int]) -> QuerySet[Message]:
    """The messages of these threads that name nobody and are not erased."""
    return Message.objects.filter(thread__in=threads, customer_handle="", erased_at=None)


def all_messages_of(person: Person, threads: Iterable[int], chunk: int) -> Iterator[QuerySet[Message]]:
    """Their messages, and those of their own threads that name nobody."""
    yield from messages_of(person)
    yield from map(in_threads, chunks(sorted(threads), chunk))


def threads_of(person: Person, chunk: int) -> list[ConversationThread]:
    """The threads in which nobody else takes part."""
    found: list[ConversationThread] = []
    for some in chunks(sorted(_all_threads_of(person)), chunk):
        own = ConversationThread.objects.filter(pk__in=set(some) - _shared(person, some))
        found += own.order_by("pk")
    return found


def _all_threads_of(person: Person) -> set[int]:
    pks: set[int | None] = set()
    for messages in messages_of(person):
        pks.update(messages.order_by().values_list("thread", flat=True).distinct())
    named = ConversationThread.objects.filter(person.by("external_conversation_id"), erased_at=None)
    pks.update(named.filter(person.since("created_at")).values_list("pk", flat=True))
    return {pk for pk in pks if pk is not None}


def _shared(person: Person, threads: Collection[int]) -> set[int]:
    """Those of the threads in which somebody else takes part too, or where the person has come back since."""
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
    """Webhook events that no message leads to, and that say inside that they are about the person."""
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
    """Entries that no message leads to, and that say inside that they are about the person."""
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
    # What is settled is only history, so that a mistaken guess does no harm.
    return entry.settled_at is not None and _quotes(entry.detail, person)


def _quotes(words: str, person: Person) -> bool:
    return any(handle in words for handle in person.handles if len(handle) >= SHORTEST_INSIDE)


def _names(found: set[str], channel: int, person: Person, threads: Collection[tuple[int, str]]) -> bool:
    return any((channel, name) in person.addresses or (channel, name) in threads for name in found)


def handles_in_body(body: str) -> list[str]:
    """The handles of the recipients that the body of a webhook names."""
    return _recipients(_parsed(body))


def _parsed(body: str) -> Any:
    try:
        # As a text, a number may have any length.
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
    """All texts inside a JSON value, but for keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def in_chunks(rows: QuerySet[Any], size: int) -> Iterator[list[Any]]:
    """The rows by primary key, so many at a time, each once, even when they change meanwhile."""
    last = 0
    while some := list(rows.filter(pk__gt=last).order_by("pk")[:size]):
        yield some
        last = some[-1].pk


def chunks(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    all_of_them = list(values)
    for first in range(0, len(all_of_them), size):
        yield all_of_them[first : first + size]
