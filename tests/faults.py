"""``python -m tests.faults``: which tests show what becomes of which fault. Exits 1 when a fault has none.

The numbers are those of the project's catalogue of what goes wrong with webhooks and HTTP. A test that shows one is
marked with ``@pytest.mark.fault("F1")``.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
NOT_OURS = {
    "F43": "No address of a client is read or stored.",
    "F44": "No table refers to a user; the suite's own user model is a custom one.",
    "F46": "A host's router decides which database the tables are in, and so whose transaction they share.",
    "F50": "Front sends again what it had no answer to, and gets the stored one: F6.",
}
# Webhooks, bodies, hosts and duplicates; then the client on the wire.
KNOWN = [f"F{number}" for number in (*range(1, 66), *range(92, 111), 114)]


def shown() -> dict[str, list[str]]:
    """The marked tests by fault."""
    found = defaultdict(list)
    for module in sorted(TESTS.rglob("test_*.py")):
        for test, fault in _marks(ast.parse(module.read_text()), ""):
            found[fault].append(f"{module.relative_to(TESTS.parent)}::{test}")
    return found


def missing() -> list[str]:
    """The known faults that are ours and that no test shows."""
    found = shown()
    return [fault for fault in KNOWN if fault not in found and fault not in NOT_OURS]


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
    for fault in sorted({*found, *KNOWN}, key=lambda fault: int(fault[1:])):
        tests = dict.fromkeys(found.get(fault, [NOT_OURS.get(fault, "MISSING")]))
        sys.stdout.write(f"{fault:<6}" + "\n      ".join(tests) + "\n")
    sys.exit(f"No test shows {', '.join(missing())}" if missing() else 0)


if __name__ == "__main__":
    main()
