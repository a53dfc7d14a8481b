"""The ledger of erasures, with pseudonyms and times. It shows whom to erase again after a backup is restored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from django_front_channel.core import clock
from django_front_channel.core.pseudonyms import any_name, pseudonym, pseudonyms
from django_front_channel.lifecycle.person_rows import Person, handles_in_body, in_chunks, spellings
from django_front_channel.models import (
    Channel,
    ConversationThread,
    Erasure,
    Message,
    MessageParty,
    OptOut,
    WebhookEvent,
)

CHUNK = 1000


def begin(person: Person, *, actor: str, now: datetime) -> bool:
    """Note that the erasure of the person begins. Returns True if an earlier erasure was not finished."""
    broken_off = _lines_of(person).filter(finished_at=None).exists()
    for channel, handle in sorted(person.addresses):
        Erasure.objects.update_or_create(
            channel_id=channel,
            pseudonym=pseudonym(channel, handle),
            defaults={"actor": actor, "erased_at": person.before or now, "finished_at": None},
        )
    return broken_off


def end(person: Person, now: datetime) -> None:
    """Note that the erasure of the person is finished."""
    _lines_of(person).update(finished_at=now)


def lines() -> Iterator[dict[str, Any]]:
    """Yield the ledger, one JSON object for each handle."""
    for row in Erasure.objects.order_by("pk").iterator(CHUNK):
        moment = clock.aware_of(row.erased_at).isoformat()
        yield {"channel": row.channel_id, "pseudonym": row.pseudonym, "erased_at": moment}


def people_of(ledger: Iterable[Mapping[str, object]]) -> Iterator[Person]:
    """Yield the people of a ledger whose handles are in the tables again."""
    sought: dict[int, dict[str, Mapping[str, object]]] = defaultdict(dict)
    for line in ledger:
        sought[int(str(line["channel"]))][str(line["pseudonym"])] = line
    for channel in Channel.objects.filter(pk__in=sought).order_by("pk"):
        found = {}
        for handle in _handles(channel):
            for name in pseudonyms(channel.pk, handle):
                if name in sought[channel.pk]:
                    found[handle] = sought[channel.pk][name]
        for handle, line in sorted(found.items()):
            moment = datetime.fromisoformat(str(line["erased_at"]))
            yield Person(frozenset({(channel.pk, handle)}), before=clock.as_stored(moment, "erased_at"))


def _handles(channel: Channel) -> Iterator[str]:
    """Yield every handle that is stored for the channel. A handle may come several times."""
    known: tuple[tuple[Any, str], ...] = (
        (Message, "customer_handle"),
        (MessageParty, "handle"),
        (OptOut, "handle"),
        (ConversationThread, "external_conversation_id"),
    )
    for model, column in known:
        rows = model.objects.filter(channel=channel).exclude(**{column: ""})
        yield from rows.order_by().values_list(column, flat=True).distinct().iterator(CHUNK)
    events = WebhookEvent.objects.filter(channel=channel).exclude(state=WebhookEvent.State.PROCESSED)
    for some in in_chunks(events.exclude(body=""), CHUNK):
        for event in some:
            for handle in (event.customer_handle, *handles_in_body(event.body)):
                yield from spellings(channel, handle)


def _lines_of(person: Person) -> QuerySet[Erasure]:
    names = {name for channel, handle in person.addresses for name in any_name(channel, handle)}
    return Erasure.objects.filter(channel__in=person.channels, pseudonym__in=names)
