"""The text of the documentation's pages, for comparison with the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
CODE = re.compile(r"`([^`]+)`")

Row = list[str]


def text_of(page: str, section: str = "") -> str:
    """The text of a page, or of one of its sections of the second level."""
    text = (DOCS / page).read_text()
    if not section:
        return text
    sections = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    assert section in sections, f"{page} has no section {section!r}"
    return sections[section]


def table(page: str, heading: str, section: str = "") -> list[Row]:
    """The rows of the first table whose first column has this heading."""
    lines = iter(text_of(page, section).splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            return list(_rows(lines))
    raise AssertionError(f"{page} has no table with the column {heading!r} in {section or 'it'}")


def names(cell: str) -> list[str]:
    """What is set as code in a cell."""
    return CODE.findall(cell)


def _rows(lines: Iterator[str]) -> Iterator[Row]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]
