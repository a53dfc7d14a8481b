from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel
from django_front_channel.services import people
from django_front_channel.services.people import Erased, Person


class Command(BaseCommand):
    help = "Export or erase all that is kept about a person, and keep the ledger of erasures."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="write a ZIP file with all rows and files of a person")
        erase = actions.add_parser("erase", help="erase a person; this cannot be undone")
        for action in (export, erase):
            action.add_argument(
                "handles", nargs="+", metavar="handle", help="one or more handles of the person"
            )
            action.add_argument(
                "--channel",
                type=int,
                action="append",
                dest="channels",
                help="a channel's primary key; may be repeated",
            )
            action.add_argument(
                "--app", help="all channels of this app (by default, the channels of every app)"
            )
        export.add_argument("--to", required=True, help="the ZIP file to write; - for the standard output")
        erase.add_argument("--dry-run", action="store_true", help="only count")
        erase.add_argument("--actor", default="", help="who asked for it, for the ledger")
        ledger = actions.add_parser("ledger", help="write the ledger of erasures, one JSON object per line")
        ledger.add_argument(
            "--to", default="-", help="the file to write; - for the standard output, the default"
        )
        replay = actions.add_parser(
            "replay", help="repeat the erasures of a ledger, after a backup was restored"
        )
        replay.add_argument(
            "file", help="a file that the action ledger has written; - for the standard input"
        )
        replay.add_argument("--actor", default="", help="who asked for it, for the ledger")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except InvalidArgument as error:
            raise CommandError(str(error)) from None

    def _export(self, *, to: str, **options: Any) -> None:
        person = _person(**options)
        with nullcontext(sys.stdout.buffer) if to == "-" else Path(to).open("xb") as file:
            rows = people.export(person, to=file)
        self.stderr.write(f"{rows} rows exported")

    def _erase(self, *, dry_run: bool, actor: str, **options: Any) -> None:
        person = _person(**options)
        if dry_run:
            self._report(people.count(person), "would be erased")
        else:
            self._report(people.erase(person, actor=actor, progress=self._progress), "erased")

    def _ledger(self, *, to: str, **options: Any) -> None:
        with nullcontext(sys.stdout) if to == "-" else Path(to).open("w") as file:
            people.write_ledger(file)

    def _replay(self, *, file: str, actor: str, **options: Any) -> None:
        number = 0
        for erased in people.replay(_lines(file), actor=actor):
            number += 1
            self._report(erased, "erased again")
        self.stdout.write(f"{number} people were found")

    def _progress(self, erased: Erased) -> None:
        self.stderr.write(f"{erased.messages} messages so far")

    def _report(self, erased: Erased, done: str) -> None:
        self.stdout.write(
            f"{erased.messages} messages, {erased.threads} threads, {erased.events} webhook events, "
            f"{erased.entries} outbox entries, {erased.opt_outs} opt-outs and {erased.files} files {done}"
        )
        if erased.files_of_the_host:
            self.stdout.write(
                f"{erased.files_of_the_host} files were given by reference. Delete them yourself."
            )


def _person(handles: list[str], channels: list[int] | None, app: str | None, **options: Any) -> Person:
    known = Channel.objects.order_by("pk")
    known = known.filter(app=app) if app else known
    known = known.filter(pk__in=channels) if channels else known
    if not known:
        raise CommandError("There is no such channel.")
    first, *others = (people.find(*known, handle=handle) for handle in handles)
    for other in others:
        first |= other
    return first


def _lines(file: str) -> Iterator[dict[str, Any]]:
    with nullcontext(sys.stdin) if file == "-" else Path(file).open() as lines:
        for line in lines:
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError:
                    raise CommandError(
                        "The file is not a ledger: every line must be a JSON object."
                    ) from None
