"""The time of ``django.setup()`` with the app installed, compared with a project without it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median

from bench.markdown import table

ROUNDS = 31
MINIMAL = ("django.contrib.auth", "django.contrib.contenttypes")
ADMIN = (*MINIMAL, "django.contrib.admin", "django.contrib.messages", "django.contrib.sessions")
CODE = """
import time
begun = time.process_time()
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS={apps!r},
    SECRET_KEY="x",
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
)
django.setup()
print(time.process_time() - begun)
"""


def section() -> str:
    rows = [measured("minimal", MINIMAL), measured("with Django's admin", ADMIN)]
    return (
        "## Start-up\n\nImporting Django and `django.setup()` in a fresh interpreter with compiled bytecode; the admin "
        "loads the pages of its apps too. Rounds alternate; numbers are medians, the ratio the median over rounds. "
        "The goal is 1.10 or less.\n\n" + table(("project", "CPU ms", "with the app CPU ms", "ratio"), rows)
    )


def measured(name: str, apps: tuple[str, ...]) -> tuple[str, ...]:
    sides = (apps, (*apps, "django_front_channel"))
    rounds: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as bytecode:
        for number in range(ROUNDS + 1):
            for side in (0, 1) if number % 2 else (1, 0):
                done = seconds(sides[side], bytecode)
                if number:  # the first round compiles
                    rounds[side].append(done)
    bare, ours = (median(side) * 1000 for side in rounds)
    ratio = median(mine / base for base, mine in zip(*rounds, strict=True))
    return name, f"{bare:.0f}", f"{ours:.0f}", f"{ratio:.2f}"


def seconds(apps: tuple[str, ...], bytecode: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    child = [sys.executable, "-c", CODE.format(apps=list(apps))]
    done = subprocess.run(child, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - fixed
    return float(done.stdout)
