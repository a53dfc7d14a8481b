"""Export and erase what is stored about a person, and note who wants no messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO

from django_front_channel.core import clock, database
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle import erasure, ledger, opt_outs
from django_front_channel.lifecycle.erasure import Erased
from django_front_channel.lifecycle.person_rows import Person, spellings
from django_front_channel.models import Channel, OptOut
from django_front_channel.models.message import HANDLE_LENGTH
from django_front_channel.outbox.announcements import send_on_commit
from django_front_channel.services.content import optional_text, spelled
from django_front_channel.services.person_export import write_export
from django_front_channel.services.rows import check_row

__all__ = [
    "Erased",
    "Person",
    "count",
    "erase",
    "export",
    "find",
    "has_opted_out",
    "opt_in",
    "opt_out",
    "replay",
    "write_ledger",
]

BATCH = 500
MOST_IN_BATCH = 1000


def find(*channels: Channel, handle: str) -> Person:
    """Return the ``Person`` with this handle on these channels, without a query.

    ``channels``  one or more; for all channels of an app, pass ``*Channel.objects.filter(app="default")``
    ``handle``    in any format that your handler's ``normalize_handle()`` understands

    If one person has several handles, join the results with ``|``. Raises ``InvalidArgument``.
    """
    if not channels:
        raise InvalidArgument("find() expects at least one channel.", code="missing", argument="channel")
    for channel in channels:
        check_row("people.find", Channel, channel)
    given = _handle(handle)
    return Person(frozenset((channel.pk, name) for channel in channels for name in spellings(channel, given)))


def count(person: Person) -> Erased:
    """Return the numbers of rows and files that ``erase()`` would erase."""
    _check(person, "count")
    return erasure.count(person, BATCH)


def export(person: Person, *, to: IO[bytes]) -> int:
    """Write everything that is stored about the person to a ZIP file. Returns the number of rows.

    ``to``  a file that is open in binary mode

    The ZIP file holds ``person.jsonl``, with one row of a table on each line, and the stored files under ``files/``.
    Raises ``InvalidArgument``, and the storage's error if a file cannot be read.
    """
    _check(person, "export")
    return write_export(person, to)


def erase(
    person: Person,
    *,
    actor: str = "",
    batch: int = BATCH,
    progress: Callable[[Erased], object] = lambda erased: None,
) -> Erased:
    """Erase everything that the person wrote, and everything that names them. This cannot be undone.

    Queued messages are not sent any more. Messages that Front or your code sends again are still recognised as
    duplicates. Messages to a group lose their content for everybody.

    ``actor``     who asked for it, at most 200 characters; the ledger keeps it
    ``batch``     the number of rows in one transaction, at most 1,000
    ``progress``  called after each batch with the numbers so far

    Returns the numbers of erased rows and files. If it fails in the middle, call it again. Raises ``OSError`` if a
    storage cannot delete a file, ``InvalidArgument``, and Django's ``RuntimeError`` inside a transaction.
    """
    _check(person, "erase")
    if not 1 <= batch <= MOST_IN_BATCH:
        raise InvalidArgument(
            f"batch must be a number of rows, 1 to {MOST_IN_BATCH}.", code="out_of_range", argument="batch"
        )
    by = optional_text(actor, "actor", 200)
    return erasure.erase(person, actor=by, now=clock.now(), batch=batch, progress=progress)


def write_ledger(to: IO[str]) -> int:
    """Write the ledger of erasures to a text file, one JSON object on each line. Returns the number of lines.

    Keep the file apart from your backups.
    """
    number = 0
    for line in ledger.lines():
        to.write(json.dumps(line) + "\n")
        number += 1
    return number


def replay(lines: Iterable[Mapping[str, object]], *, actor: str = "") -> Iterator[Erased]:
    """Erase the people in these lines of the ledger again, after you have restored a backup.

    Only rows that were stored before the erasure are erased. The ``SECRET_KEY`` that wrote the lines must still be set,
    or be among ``SECRET_KEY_FALLBACKS``.

    Yields the numbers of erased rows and files for each person. Raises as ``erase``, and ``InvalidArgument`` if a line
    is not from a ledger.
    """
    try:
        found = list(ledger.people_of(lines))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidArgument(
            f"A line is not from a ledger: {type(error).__name__}.", code="malformed", argument="lines"
        ) from None
    for person in found:
        yield erase(person, actor=actor)


def opt_out(channel: Channel, *, handle: str, actor: str = "", source: str = "") -> OptOut:
    """Note that this person wants no messages from the channel. Call it when a customer writes STOP.

    From now on, teammates' messages to the handle are refused. Messages that wait are reported to Front as failed. A
    message whose delivery has begun is not tried again.

    ``handle``  in any format that your handler's ``normalize_handle()`` understands
    ``actor``   who noted it, at most 200 characters
    ``source``  how you know, such as the word STOP, at most 200 characters

    Returns the new or the existing ``OptOut``. Raises ``InvalidArgument``.
    """
    check_row("people.opt_out", Channel, channel)
    by, how = optional_text(actor, "actor", 200), optional_text(source, "source", 200)
    name = spelled(channel, _handle(handle), "handle")
    with database.atomic():
        noted = opt_outs.note_opt_out(channel, name, actor=by, source=how)
        send_on_commit(opt_outs.stop_deliveries(channel, name, clock.now()))
    return noted


def opt_in(channel: Channel, *, handle: str) -> bool:
    """Forget that this person wanted no messages. Returns False if that was not noted. Raises ``InvalidArgument``."""
    check_row("people.opt_in", Channel, channel)
    return opt_outs.forget_opt_out(channel, spelled(channel, _handle(handle), "handle"))


def has_opted_out(channel: Channel, *, handle: str) -> bool:
    """Return whether this person wants no messages from the channel. Raises ``InvalidArgument``."""
    check_row("people.has_opted_out", Channel, channel)
    return opt_outs.has_opted_out(channel, [spelled(channel, _handle(handle), "handle")])


def _handle(given: object) -> str:
    if not isinstance(given, str):
        raise InvalidArgument(
            f"handle must be a str, not {type(given).__name__}.", code="wrong_type", argument="handle"
        )
    if not given.strip() or len(given) > HANDLE_LENGTH:
        raise InvalidArgument(
            f"handle must have 1 to {HANDLE_LENGTH} characters.",
            code="too_long" if given.strip() else "empty",
            argument="handle",
        )
    return optional_text(given, "handle")


def _check(person: object, verb: str) -> None:
    if not isinstance(person, Person):
        raise InvalidArgument(
            f"people.{verb}() expects a Person from people.find(), got {type(person).__name__}.",
            code="wrong_type",
            argument="person",
        )
