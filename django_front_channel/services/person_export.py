"""Exports everything that is stored about a person as a ZIP file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from django_front_channel.lifecycle import erased_rows, person_rows
from django_front_channel.lifecycle.person_rows import Person, chunks
from django_front_channel.models import (
    Attachment,
    Conversation,
    ConversationThread,
    MessageParty,
    OutboxAttempt,
    OutboxEntry,
)

CHUNK = 500


def write_export(person: Person, to: IO[bytes]) -> int:
    """Write the ZIP file to ``to``, which is open in binary mode. Returns the number of rows.

    The file holds ``person.jsonl``, with one row of a table on each line, and the stored files under ``files/``.
    """
    rows, files = 0, []
    with ZipFile(to, "w", ZIP_DEFLATED) as archive:
        with archive.open("person.jsonl", "w") as lines:
            for row in _rows_of(person):
                line = {"table": row._meta.model_name, **_columns(row)}
                if isinstance(row, Attachment) and row.is_stored:
                    line["file"] = f"files/{row.pk}"
                    files.append(row)
                lines.write(json.dumps(line, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n")
                rows += 1
        for file in files:
            with archive.open(f"files/{file.pk}", "w") as copy, file.open() as stored:
                shutil.copyfileobj(stored, copy)
    return rows


def _columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _rows_of(person: Person) -> Iterator[Model]:
    """Yield every row of the person, each once."""
    threads = person_rows.threads_of(person, CHUNK)
    yield from person_rows.opt_outs_of(person)
    seen: set[tuple[type[Model], int]] = set()
    for found in (_of_threads(threads), _of_messages(person, threads), _loose(person, set(threads.values()))):
        for row in found:
            if (type(row), row.pk) not in seen:
                seen.add((type(row), row.pk))
                yield row


def _of_messages(person: Person, threads: Iterable[int]) -> Iterator[Model]:
    for messages in person_rows.all_messages_of(person, threads, CHUNK):
        for rows in person_rows.in_chunks(messages, CHUNK):
            yield from rows
            pks = [row.pk for row in rows]
            yield from MessageParty.objects.filter(message__in=pks, handle__in=person.handles)
            yield from Attachment.objects.filter(message__in=pks)
            for events in erased_rows.events_of(rows):
                yield from events
            for entries in erased_rows.entries_of(rows):
                yield from _with_attempts(entries)


def _of_threads(threads: Iterable[int]) -> Iterator[Model]:
    for pks in chunks(threads, CHUNK):
        yield from ConversationThread.objects.filter(pk__in=pks).order_by("pk")
        yield from Conversation.objects.filter(pk__in=erased_rows.conversations_of(pks))
        for entries in erased_rows.entries_in(pks):
            for rows in person_rows.in_chunks(entries, CHUNK):
                yield from _with_attempts(rows)


def _loose(person: Person, names: set[tuple[int, str]]) -> Iterator[Model]:
    for events in person_rows.loose_events(person, names, CHUNK):
        yield from events
    for entries in person_rows.loose_entries(person, names, CHUNK):
        yield from _with_attempts(entries)


def _with_attempts(entries: Iterable[OutboxEntry]) -> Iterator[Model]:
    rows = list(entries)
    yield from rows
    yield from OutboxAttempt.objects.filter(entry__in=[row.pk for row in rows])
