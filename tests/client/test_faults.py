"""Every fault of the wire that is known has a test here that shows it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

KNOWN = {"F38", *(f"F{number}" for number in range(92, 111)), "F114"}


def shown(module: Path) -> Iterator[str]:
    """The faults that the tests of a module are marked with."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
            yield str(ast.literal_eval(node.args[0]))


def test_no_known_fault_is_without_a_test() -> None:
    assert {fault for module in Path(__file__).parent.glob("test_*.py") for fault in shown(module)} == KNOWN
