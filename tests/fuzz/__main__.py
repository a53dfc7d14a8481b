"""``python -m tests.fuzz`` tries many requests on the webhooks, guided by the code that they reach.

Stops at the first that finds a mistake, and keeps it as ``crash-…``; give such a file to try it again.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import sys
import tempfile
from pathlib import Path

import atheris

CORPUS = Path(__file__).with_name("corpus")
LONGEST = 8192


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1, 2**32))
    parser.add_argument("--found", help="a folder for the inputs that reach new code")
    parser.add_argument("inputs", nargs="*", help="only these, one time each")
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory() as found:
        folders = [options.found or found, str(CORPUS)]
        fuzz([f"-runs={options.runs}", f"-seed={options.seed}", *(options.inputs or folders)])


def fuzz(arguments: list[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.fuzz.settings"
    with atheris.instrument_imports(include=["django_front_channel"]):
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        from tests.fuzz.entrance import Entrance
        from tests.fuzz.mutation import spoil

    call_command("migrate", verbosity=0)
    entrance = Entrance()
    kept = sqlite3.connect(":memory:")
    connection.connection.backup(kept)

    def check(data: bytes) -> None:
        if entrance.check(data):
            kept.backup(connection.connection)

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        spoilt = spoil(data, random.Random(seed), lambda piece: atheris.Mutate(piece, longest))
        return spoilt[:longest]

    options = [f"-max_len={LONGEST}", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, *arguments], check, custom_mutator=mutate)
    with entrance.watched():
        atheris.Fuzz()


if __name__ == "__main__":
    main()
