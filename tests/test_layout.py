"""The shape of the code, where no linter has a rule for it (docs/contributing/layout.md)."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "django_front_channel"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
NAME_OF = {path: ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in MODULES}
DOTTED = {path: name.removesuffix(".__init__") for path, name in NAME_OF.items()}
# Front's resources and Django's own names may be said in several rooms, as may Python's.
SHARED_NAMES = {
    *("__init__", "__main__", "admin", "apps", "checks", "models", "signals", "urls", "views"),
    *("attachments", "calls", "channels", "conversations", "events", "messages", "outbox", "templates"),
}
NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "misc", "util", "utils"}


def functions(module: Path) -> Iterator[tuple[str, int]]:
    """Each function as its place and its length in lines, from ``def`` on, docstring left out."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            docstring = node.body[0].end_lineno if ast.get_docstring(node) else None
            start = docstring or node.lineno - 1
            yield f"{module.relative_to(PACKAGE)}:{node.lineno} {node.name}", node.end_lineno - start


def imports(module: Path) -> Iterator[str]:
    """The modules of the package that this one names, inside functions and for type checkers, too."""
    known = set(DOTTED.values())
    package = NAME_OF[module].split(".")[:-1]
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & known
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                named = {f"{origin}.{alias.name}", origin} & known
                yield from {max(named, key=len)} if named else ()


LENGTHS = dict(function for module in MODULES for function in functions(module))


def test_no_function_is_longer_than_40_lines() -> None:
    assert {place: length for place, length in LENGTHS.items() if length > 40} == {}


def test_half_of_the_functions_have_10_lines_or_fewer() -> None:
    assert median(LENGTHS.values()) <= 10


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_no_longer_than_500_lines_and_has_a_telling_name(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 500
    assert not NAMES_THAT_SAY_NOTHING & set(module.stem.split("_"))


def test_tests_start_processes_in_one_way() -> None:
    """What a process says that was started in another one nobody would look through."""
    ways = r"\b(subprocess|multiprocessing|ProcessPoolExecutor|pty|os\.(fork|exec|spawn|posix_spawn|system|popen)\w*)\b"
    modules = {path.relative_to(TESTS).as_posix(): path.read_text() for path in TESTS.rglob("*.py")}
    del modules["test_layout.py"]
    starting = {name for name, source in modules.items() if re.search(ways, source)}

    assert starting == {"processes.py"}


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {DOTTED[module]: set(imports(module)) - {DOTTED[module]} for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_name_of_a_module_is_said_once_in_the_package() -> None:
    names = Counter(path.parent.name if path.stem == "__init__" else path.stem for path in MODULES)
    assert {name for name, count in names.items() if count > 1} - SHARED_NAMES == set()
