"""``python -m tests.faults`` lists the tests that show the outcome of each fault.

``faults.toml`` says in one sentence what must happen. A test that shows it is marked with
``@pytest.mark.fault("F1")``. Exits 1 when a fault that has had a test has none.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

TESTS = Path(__file__).parent
NOT_OURS = {
    "F43": "No address of a client is read or stored.",
    "F44": "No table refers to a user; the suite's own user model is a custom one.",
    "F46": "A host's router decides which database the tables are in, and so whose transaction they share.",
    "F50": "Front sends again what it had no answer to, and gets the stored one: F6.",
    "F138": "There is no OAuth endpoint. A host that has one has a library for it.",
    "F142": "No table of cells is exported: exports are JSON.",
}
# Known, and not shown by any test yet.
LATER = {
    "F67",
    "F68",
    "F69",
    "F75",
    "F77",
    "F79",
    "F80",
    "F81",
    "F83",
    "F84",
    "F86",
    "F87",
    "F88",
    "F90",
    "F115",
    "F118",
    "F119",
    "F126",
    "F144",
    "F145",
    "F149",
}


def catalogue() -> dict[str, str]:
    """What must happen, by fault."""
    sections = tomllib.loads((TESTS / "faults.toml").read_text()).values()
    return dict(chain.from_iterable(section.items() for section in sections))


def shown() -> dict[str, list[str]]:
    """The marked tests by fault."""
    found = defaultdict(list)
    for module in sorted(TESTS.rglob("test_*.py")):
        for test, fault in _marks(ast.parse(module.read_text()), ""):
            found[fault].append(f"{module.relative_to(TESTS.parent)}::{test}")
    return found


def without_test() -> list[str]:
    """The faults that are ours and that no test shows yet."""
    found = shown()
    return [fault for fault in catalogue() if fault not in found and fault not in NOT_OURS]


def _marks(node: ast.AST, test: str) -> Iterator[tuple[str, str]]:
    """Each mark below the node, with the name of the test that has it."""
    if isinstance(node, ast.FunctionDef):
        test = node.name
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
        yield test, ast.literal_eval(node.args[0])
    for child in ast.iter_child_nodes(node):
        yield from _marks(child, test)


def main() -> None:
    found = shown()
    for fault, sentence in catalogue().items():
        tests = dict.fromkeys(found.get(fault, [NOT_OURS.get(fault, "no test yet")]))
        sys.stdout.write("\n  ".join([f"{fault}: {sentence}", *tests]) + "\n")
    unshown = without_test()
    sys.stdout.write(f"\nWithout a test yet: {', '.join(unshown) or 'none'}\n")
    unexpected = set(unshown) - LATER
    sys.exit(f"These have lost their test: {', '.join(sorted(unexpected))}" if unexpected else 0)


if __name__ == "__main__":
    main()
