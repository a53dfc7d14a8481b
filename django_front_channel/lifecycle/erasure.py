"""Erases a person: everything that they wrote, and everything that names them.

Primary keys, Front's ids, states, and pseudonyms of ids and handles stay, because foreign keys need them, and so that
duplicates are still recognised. The work is done in bounded batches, each in its own transaction. If it fails in the
middle, it can be started again, and continues with the rows that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.files.storage import storages
from django.db.models import Exists, OuterRef, Q

from django_front_channel.core import database
from django_front_channel.core.pseudonyms import PREFIX, is_pseudonym, pseudonym
from django_front_channel.core.stored_files import folder_of
from django_front_channel.lifecycle import erased_rows, ledger, person_rows
from django_front_channel.lifecycle.attachments import storage_errors
from django_front_channel.lifecycle.person_rows import Person, chunks, in_chunks
from django_front_channel.models import (
    Attachment,
    ConversationThread,
    Message,
    OptOut,
    OutboxEntry,
    WebhookEvent,
)

LARGE = ("text", "html", "subject", "snippet", "sender", "to", "host_data", "parameters", "detail")
"""The columns of a message that are emptied without being read."""


@dataclass
class Erased:
    """The numbers of rows and files that were erased, or would be."""

    messages: int = 0
    threads: int = 0
    events: int = 0
    entries: int = 0
    files: int = 0
    files_of_the_host: int = 0
    """Files that the host passed as a ``StoredFile``. They are not deleted here."""
    opt_outs: int = 0


Progress = Callable[[Erased], object]


def erase(person: Person, *, actor: str, now: datetime, batch: int, progress: Progress) -> Erased:
    """Erase the person. Calls ``progress`` after each batch. Raises ``OSError`` if a storage fails."""
    is_resumed = ledger.begin(person, actor=actor, now=now)
    threads = person_rows.threads_of(person, batch)
    if is_resumed:
        threads |= _left_behind(person)
    names = set(threads.values())
    work = _Erasing(person, now, batch, progress)
    for events in person_rows.loose_events(person, names, batch):
        work.events(events)
    for entries in person_rows.loose_entries(person, names, batch):
        work.entries([entry.pk for entry in entries])
    for some in chunks(sorted(threads), batch):
        work.threads(some)
    for messages in person_rows.all_messages_of(person, threads, batch):
        for rows in in_chunks(messages.select_related("thread").defer(*LARGE), batch):
            work.messages(rows)
    work.end()
    return work.erased


def count(person: Person, batch: int) -> Erased:
    """Return the numbers of rows and files that ``erase()`` would erase."""
    threads = person_rows.threads_of(person, batch)
    names = set(threads.values())
    sets = person_rows.all_messages_of(person, threads, batch)
    messages = {pk for found in sets for pk in found.values_list("pk", flat=True)}
    events = {row.pk for some in person_rows.loose_events(person, names, batch) for row in some}
    entries = {row.pk for some in person_rows.loose_entries(person, names, batch) for row in some}
    entries |= set(OutboxEntry.objects.filter(event__in=events).values_list("pk", flat=True))
    counted = Erased(
        messages=len(messages), threads=len(threads), opt_outs=person_rows.opt_outs_of(person).count()
    )
    for some in chunks(sorted(threads), batch):
        entries |= {pk for found in erased_rows.entries_in(some) for pk in found.values_list("pk", flat=True)}
    for some in chunks(sorted(messages), batch):
        rows = list(Message.objects.filter(pk__in=some).defer(*LARGE))
        events |= {pk for found in erased_rows.events_of(rows) for pk in found.values_list("pk", flat=True)}
        entries |= {pk for found in erased_rows.entries_of(rows) for pk in found.values_list("pk", flat=True)}
        files = [file for file in _files_of(rows) if file.is_stored]
        counted.files += sum(map(is_ours, files))
        counted.files_of_the_host += len(files) - sum(map(is_ours, files))
    counted.events, counted.entries = len(events), len(entries)
    return counted


def is_ours(file: Attachment) -> bool:
    """Return whether the file is in our own folder, so that it was not passed as a ``StoredFile``."""
    return file.name.startswith(folder_of(file.message.channel.webhook_key) + "/")


def _files_of(rows: Iterable[Message]) -> Iterable[Attachment]:
    files = Attachment.objects.filter(message__in=[row.pk for row in rows])
    return files.select_related("message__channel")


def _left_behind(person: Person) -> dict[int, tuple[int, str]]:
    """Return the threads that an interrupted erasure has begun but not finished."""
    begun = ConversationThread.objects.filter(channel__in=person.channels, erased_at__isnull=False)
    messages = Message.objects.filter(thread=OuterRef("pk"), erased_at=None)
    return person_rows.named(begun.filter(Exists(messages) | ~Q(external_conversation_id__startswith=PREFIX)))


@dataclass
class _Erasing:
    """An erasure in progress, with the numbers so far."""

    person: Person
    now: datetime
    batch: int
    progress: Progress

    def __post_init__(self) -> None:
        self.erased = Erased()
        self.shared: set[int] = set()
        """Threads of several people whose other messages have been searched."""

    def events(self, rows: list[WebhookEvent]) -> None:
        """Blank these events, which belong to no message."""
        waiting = OutboxEntry.objects.filter(event__in=[row.pk for row in rows])
        with database.durable():
            self.erased.entries += erased_rows.remove_entries(waiting) if rows else 0
            self.erased.events += erased_rows.blank_events(rows, self.now)
        self.progress(self.erased)

    def entries(self, pks: list[int]) -> None:
        """Delete these entries, which belong to no message."""
        with database.durable():
            found = OutboxEntry.objects.filter(pk__in=pks)
            self.erased.entries += erased_rows.remove_entries(found) if pks else 0
        self.progress(self.erased)

    def threads(self, pks: list[int]) -> None:
        """Rename these threads to pseudonyms, and blank their conversations."""
        for found in erased_rows.entries_in(pks):
            for some in chunks(found.values_list("pk", flat=True), self.batch):
                self.entries(some)
        with database.durable():
            threads = ConversationThread.objects.filter(pk__in=pks)
            erased_rows.remove_lanes(threads)
            unnamed = [row for row in threads if not is_pseudonym(row.external_conversation_id)]
            erased_rows.rename_threads(unnamed, self.now)
            erased_rows.blank_conversations(pks)
        erased_rows.blank_neighbours(pks, self.person.handles, self.batch)
        self.erased.threads += len(pks)
        self.progress(self.erased)

    def messages(self, rows: list[Message]) -> None:
        """Blank these messages, and delete their files, events and outbox entries."""
        # The neighbours and the files first: if this fails in the middle, the rows still lead to what is left.
        self._share({row.thread.pk for row in rows if row.thread and row.thread.erased_at is None})
        self._delete_files(rows)
        with database.durable():
            self.erased.entries += erased_rows.remove_entries(*erased_rows.entries_of(rows))
            for events in erased_rows.events_of(rows):
                self.erased.events += erased_rows.blank_events(list(events.defer("body")), self.now)
            erased_rows.blank_messages(rows, self.now)
        self.erased.messages += len(rows)
        self.progress(self.erased)

    def end(self) -> None:
        with database.durable():
            for row in person_rows.opt_outs_of(self.person):
                _rename_opt_out(row)
                self.erased.opt_outs += 1
            ledger.end(self.person, self.now)
        self.progress(self.erased)

    def _share(self, threads: set[int]) -> None:
        """Look through threads with others, each once, however many of the person's messages are in it."""
        found = threads - self.shared
        if found:
            with database.durable():
                erased_rows.blank_conversations(found)
            erased_rows.blank_neighbours(found, self.person.handles, self.batch)
            self.shared |= found

    def _delete_files(self, rows: list[Message]) -> None:
        for file in _files_of(rows):
            if is_ours(file):
                with storage_errors():
                    storages[file.storage].delete(file.name)
                self.erased.files += 1
            elif file.is_stored:
                self.erased.files_of_the_host += 1


def _rename_opt_out(row: OptOut) -> None:
    """Keep an opt-out under a pseudonym, so that the person still gets no messages."""
    name = pseudonym(row.channel_id, row.handle)
    if OptOut.objects.filter(channel=row.channel_id, handle=name).exists():
        row.delete()
    else:
        OptOut.objects.filter(pk=row.pk).update(handle=name, actor="", source="")
