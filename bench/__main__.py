"""``python -m bench`` runs the named benches, or all but the long ones, and writes ``bench/RESULTS.md``.

A bench that is not run keeps its section.
"""

from __future__ import annotations

import importlib
import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

BENCHES = (
    "client",
    "ingest",
    "rotation",
    "imports",
    "startup",
    "sandbox",
    "attachments",
    "hostile_bodies",
    "admin",
    "stories",
)
LONG = ("fuzz", "openapi")
RESULTS = Path(__file__).with_name("RESULTS.md")
MARK = "<!-- {name} -->\n"


def main() -> None:
    chosen = sys.argv[1:] or list(BENCHES)
    unknown = set(chosen) - {*BENCHES, *LONG}
    if unknown:
        sys.exit(
            f"There is no bench {', '.join(sorted(unknown))}. Name some of: {', '.join((*BENCHES, *LONG))}."
        )
    kept = _sections(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in chosen:
        kept[name] = importlib.import_module(f"bench.{name}").section()
        sys.stdout.write(f"{kept[name]}\n")
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    sections = "\n".join(MARK.format(name=name) + kept[name] for name in (*BENCHES, *LONG) if name in kept)
    RESULTS.write_text(
        f"# Results\n\nWritten by `make bench` on {datetime.now(tz=UTC).date()} with {python}.\n\n{sections}"
    )


def _sections(text: str) -> dict[str, str]:
    _, *pieces = re.split(r"<!-- (\w+) -->\n", text)
    return {name: section.strip() + "\n" for name, section in zip(pieces[::2], pieces[1::2], strict=True)}


if __name__ == "__main__":
    main()
