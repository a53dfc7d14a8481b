"""The page about the sandbox tells every assumption as the code states it."""

from __future__ import annotations

from dataclasses import Field, fields

from django_front_channel.sandbox.assumptions import Assumptions, Value

from .pages import table


def row(assumption: Field[Value]) -> list[str]:
    """How the page tells an assumption."""
    stated = assumption.metadata
    default = str(assumption.default).lower() if isinstance(assumption.default, bool) else assumption.default
    told = [
        f"`{assumption.name}`",
        f"`{default}`",
        stated["statement"],
        stated["otherwise"],
        stated["source"],
    ]
    return [cell.replace("*", "\\*") for cell in told]


def test_every_assumption_is_told() -> None:
    assert table("topics/sandbox.md", "assumption") == [row(each) for each in fields(Assumptions)]
