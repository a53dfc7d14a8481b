"""The memory that a worker needs for a file of 24 MB in each direction."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.core.management import call_command

from bench.markdown import table
from tests.processes import Process, kept_in

ROOT = Path(__file__).parents[1]


def section() -> str:
    # In a process of its own, because Django cannot be set up again.
    command = [sys.executable, "-m", "bench.attachments"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - fixed
    small, large = json.loads(done.stdout)
    rows = [
        ("0.1 MB", f"{small * 1024 / 1e6:.2f}"),
        ("24 MB", f"{large * 1024 / 1e6:.2f}"),
        ("growth", f"{(large - small) * 1024 / 1e6:.2f}"),
    ]
    return (
        "## Attachments\n\nThe peak memory (VmHWM) of a worker process after it sent a file to Front (a sandbox in "
        "another process) and fetched a file of the same size. The goal is a growth of less than 8 MB.\n\n"
        + table(("file", "MB"), rows)
    )


def measure() -> list[int]:
    with TemporaryDirectory() as folder, TemporaryDirectory() as kept, kept_in(Path(kept)):
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.attachments.settings",
            "FRONT_CHANNEL_TEST_DB": "sqlite",
            "FRONT_CHANNEL_TEST_DB_NAME": f"{folder}/bench.sqlite3",
            "FRONT_CHANNEL_TEST_MEDIA": f"{folder}/media",
            "PYTHONPATH": str(ROOT),
        }
        with Process([sys.executable, str(ROOT / "tests/attachments/far_front.py")]) as front:
            os.environ["FRONT_CHANNEL_TEST_API_URL"] = json.loads(front.line())
            django.setup()
            call_command("migrate", verbosity=0)
            from tests.attachments import scales

            return scales.peaks(front, dict(os.environ), Path(folder))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
