"""What is kept about a person: show it, erase it, and remember who wants no messages."""

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

BATCH = 100


def find(*channels: Channel, handle: str) -> Person:
    """Name the person who has this handle on these channels. ``|`` joins two people who are one.

    ``channels``  one or more; for all of an app, pass ``*Channel.objects.filter(app="default")``
    ``handle``    in any format that your handler's ``normalize_handle()`` understands

    Returns a ``Person``, without a look at the database. Raises ``InvalidArgument``.
    """
    if not channels:
        raise InvalidArgument("find() expects at least one channel.", code="missing", argument="channel")
    for channel in channels:
        check_row("people.find", Channel, channel)
    given = _handle(handle)
    return Person(frozenset((channel.pk, name) for channel in channels for name in spellings(channel, given)))


def count(person: Person) -> Erased:
    """Count what ``erase()`` would erase."""
    _check(person, "count")
    return erasure.count(person, BATCH)


def export(person: Person, *, to: IO[bytes]) -> int:
    """Write all that is kept about the person into a ZIP file.

    ``to`` is open in binary mode. The file holds ``person.jsonl``, one row of a table a line with all its columns, and
    the stored files under ``files/``. Returns the number of rows. Raises what a storage raises.
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
    """Erase all that the person said, and all that names them. This cannot be undone.

    What waits for Front or for the customer is not sent any more. A repetition of Front's, or of yours, is still known
    as one. Messages to a group are emptied for everybody.

    ``actor``     who asked for it, in at most 200 characters; noted in the ledger
    ``batch``     rows in one transaction
    ``progress``  called after each batch with what was erased so far

    Returns how much was erased. When it breaks off, call it again. Raises ``OSError`` where a storage cannot delete a
    file, ``InvalidArgument``, and Django's ``RuntimeError`` inside a transaction.
    """
    _check(person, "erase")
    if batch < 1:
        raise InvalidArgument(
            "batch must be a number of rows, 1 or more.", code="out_of_range", argument="batch"
        )
    by = optional_text(actor, "actor", 200)
    return erasure.erase(person, actor=by, now=clock.now(), batch=batch, progress=progress)


def write_ledger(to: IO[str]) -> int:
    """Write the ledger of erasures to a text file, one JSON object a line. Keep it apart from your backups.

    Returns the number of lines.
    """
    number = 0
    for line in ledger.lines():
        to.write(json.dumps(line) + "\n")
        number += 1
    return number


def replay(lines: Iterable[Mapping[str, object]], *, actor: str = "") -> Iterator[Erased]:
    """Erase again, after a backup was restored, whom these lines of the ledger name.

    Only what was stored before the erasure goes. Yields what was erased, person by person. The lines need the
    ``SECRET_KEY`` that they were written with, or it among ``SECRET_KEY_FALLBACKS``. Raises as ``erase``, and
    ``InvalidArgument`` for what is no line of a ledger.
    """
    try:
        found = list(ledger.people_of(lines))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidArgument(
            f"This is no line of a ledger: {type(error).__name__}.", code="malformed", argument="lines"
        ) from None
    for person in found:
        yield erase(person, actor=actor)


def opt_out(channel: Channel, *, handle: str, actor: str = "", source: str = "") -> OptOut:
    """Remember that this person wants no messages of the channel.

    Teammates' messages to the handle are refused from now on. Those that wait are reported as failed, and one whose
    delivery has begun is not tried again. Call this when a customer writes STOP.

    ``handle``  in any format that your handler's ``normalize_handle()`` understands
    ``actor``   who noted it, in at most 200 characters
    ``source``  how you know, such as the word STOP, in at most 200 characters

    Returns the ``OptOut``; when it was noted before, that one. Raises ``InvalidArgument``.
    """
    check_row("people.opt_out", Channel, channel)
    by, how = optional_text(actor, "actor", 200), optional_text(source, "source", 200)
    name = spelled(channel, _handle(handle), "handle")
    with database.atomic():
        noted = opt_outs.note_opt_out(channel, name, actor=by, source=how)
        send_on_commit(opt_outs.stop_deliveries(channel, name, clock.now()))
    return noted


def opt_in(channel: Channel, *, handle: str) -> bool:
    """Forget that this person wanted no messages. False when nothing was noted. Raises ``InvalidArgument``."""
    check_row("people.opt_in", Channel, channel)
    return opt_outs.forget_opt_out(channel, spelled(channel, _handle(handle), "handle"))


def has_opted_out(channel: Channel, *, handle: str) -> bool:
    """Whether this person wants no messages of the channel. Raises ``InvalidArgument``."""
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
            f"people.{verb}() expects a Person, as find() returns it, got {type(person).__name__}.",
            code="wrong_type",
            argument="person",
        )
