"""Every use of a regular expression in the package, found in its source."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

PACKAGE = Path(__file__).parent.parent / "django_front_channel"
METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")


class Use(NamedTuple):
    """A call such as ``NAME.fullmatch(text)`` or ``re.split("a", text)``."""

    place: str
    pattern: re.Pattern[str]
    method: str

    def apply(self, text: str) -> object:
        """Use it as the package does, with all that it may do while it finds."""
        if self.method in ("sub", "subn"):
            return self.pattern.sub("", text)
        found = getattr(self.pattern, self.method)(text)
        return list(found) if self.method == "finditer" else found


def uses() -> Iterator[Use]:
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        if any(isinstance(node, ast.Name) and node.id == "re" for node in ast.walk(tree)):
            yield from _uses_in(path, tree)


def unused() -> set[str]:
    """The patterns of which no use is found, such as one that another module imports."""
    found = {use.pattern.pattern for use in uses()}
    return {pattern.pattern for pattern in _compiled() if pattern.pattern not in found}


def _uses_in(path: Path, tree: ast.Module) -> Iterator[Use]:
    module = _module(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            pattern = _pattern(node, module)
            if pattern is not None:
                yield Use(f"{path.relative_to(PACKAGE)}:{node.lineno}", pattern, node.func.attr)


def _pattern(call: ast.Call, module: ModuleType) -> re.Pattern[str] | None:
    assert isinstance(call.func, ast.Attribute)
    owner = call.func.value
    if not isinstance(owner, ast.Name):
        return None
    if owner.id == "re":
        return re.compile(_value(call.args[0], module))
    known = getattr(module, owner.id, None)
    return known if isinstance(known, re.Pattern) else None


def _value(node: ast.expr, module: ModuleType) -> str:
    value = getattr(module, node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)
    assert isinstance(value, str)
    return value


def _compiled() -> Iterator[re.Pattern[str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "re.compile(" in path.read_text():
            yield from (value for value in vars(_module(path)).values() if isinstance(value, re.Pattern))


def _module(path: Path) -> ModuleType:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return importlib.import_module(".".join(part for part in parts if part != "__init__"))
