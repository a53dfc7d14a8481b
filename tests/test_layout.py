"""The shape of the code, where no linter has a rule for it (docs/contributing/layout.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "django_front_channel"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "misc", "util", "utils"}


def functions(module: Path) -> Iterator[tuple[str, int]]:
    """Each function as its place and its length in lines, from ``def`` on, docstring left out."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            docstring = node.body[0].end_lineno if ast.get_docstring(node) else None
            start = docstring or node.lineno - 1
            yield f"{module.relative_to(PACKAGE)}:{node.lineno} {node.name}", node.end_lineno - start


LENGTHS = dict(function for module in MODULES for function in functions(module))


def test_no_function_is_longer_than_40_lines() -> None:
    assert {place: length for place, length in LENGTHS.items() if length > 40} == {}


def test_half_of_the_functions_have_10_lines_or_fewer() -> None:
    assert median(LENGTHS.values()) <= 10


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_short_and_has_a_telling_name(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 500
    assert not NAMES_THAT_SAY_NOTHING & set(module.stem.split("_"))


def test_tests_start_processes_in_one_way() -> None:
    """What a process says that was started in another one nobody would look through."""
    ways = r"\b(subprocess|multiprocessing|ProcessPoolExecutor|pty|os\.(fork|exec|spawn|posix_spawn|system|popen)\w*)\b"
    modules = {path.relative_to(TESTS).as_posix(): path.read_text() for path in TESTS.rglob("*.py")}
    del modules["test_layout.py"]
    starting = {name for name, source in modules.items() if re.search(ways, source)}

    assert starting == {"processes.py"}
