"""Turns signatures and docstrings into Markdown. It reads the source, so every Python writes the same text."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

NAMES = re.compile(r"(\w+)(?:\(([\w, ]*)\))?")
ROLE = re.compile(r":\w+:`(?:~[\w.]*\.)?(\w[\w.]*)`")
COLUMNS = re.compile(r"^(``.+``) {2,}(?=\S)", re.MULTILINE)
INDENTED = re.compile(r"^(?: {4}.*\n)+", re.MULTILINE)
REQUEST = re.compile(r"Request(?:\[(.*)\])?")
BORDER = "├"
EVERYTHING = "*"
WIDTH = 100
RECORDS = {"NamedTuple", "TypedDict"}

Definition = ast.FunctionDef | ast.ClassDef


def module_sections(spec: str, *, below: str) -> Iterator[str]:
    """Yield the Markdown of a module, or of the names after its colon.

    ``spec``   ``package.module``, or ``package.module: *`` for its public names without its docstring, or
               ``package.module: function, Class, Class(member), Class()``; without parentheses a class has all its
               members
    ``below``  the section that holds the result; a class of the same name gets no heading
    """
    path, _, given = (part.strip() for part in spec.partition(":"))
    depth = "###" if below else "##"
    if not given:
        yield markdown(ast.get_docstring(_tree(path)) or "")
    for name, chosen in _chosen(path, given):
        node = _definition(path, name)
        if isinstance(node, ast.ClassDef):
            yield from _class(node, chosen, "" if name == below else depth)
        else:
            yield from _function(node, f"{depth} `{path.rpartition('.')[2]}.{name}`")


def markdown(text: str) -> str:
    """Turn a docstring into Markdown. Argument lists in columns become bullets, and drawings become code blocks."""
    bullets = COLUMNS.sub(r"* \1: ", inspect.cleandoc(text))
    text = ROLE.sub(r"`\1`", bullets).replace("``", "`")
    if BORDER in text:
        return INDENTED.sub(lambda drawing: f"{fence(inspect.cleandoc(drawing[0]))}\n", text)
    return re.sub(r"^ {4,}", "  ", text, flags=re.MULTILINE)


def fence(text: str) -> str:
    return f"```text\n{text}\n```"


def attributes(owner: type) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring, on one line, of each documented attribute of a class."""
    yield from _attributes(_definition(owner.__module__, owner.__name__))


def _attributes(node: Definition) -> Iterator[tuple[str, str]]:
    for field, below in zip(node.body, node.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]),
                ast.Expr(ast.Constant(str(text))),
            ):
                yield name, markdown(" ".join(text.split()))


def _chosen(path: str, given: str) -> Iterator[tuple[str, list[str] | None]]:
    for found in NAMES.finditer(given):
        yield found[1], None if found[2] is None else re.findall(r"\w+", found[2])
    if not given:
        yield from ((node.name, None) for node in _documented(_tree(path)))
    if given == EVERYTHING:
        yield from ((name, None) for name in _public_names(path))


def _public_names(path: str) -> Iterator[str]:
    """Yield the documented functions of a module and those that it exports from another one, then the classes."""
    module = import_module(path)
    own = [node.name for node in _documented(_tree(path))]
    names = [*own, *(name for name in getattr(module, "__all__", ()) if name not in own)]
    classes = [name for name in names if inspect.isclass(getattr(module, name))]
    # A type alias is neither a class nor callable.
    yield from (name for name in names if name not in classes and callable(getattr(module, name)))
    yield from classes


def _tree(path: str) -> ast.Module:
    return ast.parse(Path(str(import_module(path).__file__)).read_text(encoding="utf-8"))


def _definition(path: str, name: str) -> Definition:
    """Return the definition from the module that defines it, even if another module exports it."""
    home = getattr(import_module(path), name).__module__
    return [node for node in _tree(home).body if isinstance(node, Definition) and node.name == name][-1]


def _documented(node: ast.Module | Definition) -> Iterator[Definition]:
    for each in node.body:
        if isinstance(each, Definition) and not each.name.startswith("_") and ast.get_docstring(each):
            yield each


def _class(node: ast.ClassDef, chosen: list[str] | None, depth: str) -> Iterator[str]:
    if depth:
        yield f"{depth} `{node.name}`"
    if (made := _constructor(node)) is not None:
        yield fence(_signature(node.name, made))
    yield markdown(ast.get_docstring(node) or "")
    fields = [f"* `{name}`: {text}" for name, text in _attributes(node) if chosen is None or name in chosen]
    if fields:
        yield "\n".join(fields)
    for member in _documented(node):
        if chosen is None or member.name in chosen:
            yield from _function(member, f"{depth or '##'}# `{node.name}.{member.name}`")


def _constructor(node: ast.ClassDef) -> list[str] | None:
    """Return the arguments of the constructor, or None if readers never call it."""
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return _arguments(each)
    fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    made_of_fields = "dataclass" in map(_name, node.decorator_list) or RECORDS & {*map(_name, node.bases)}
    return [_field(each) for each in fields] if made_of_fields else None


def _field(node: ast.AnnAssign) -> str:
    field = f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}"
    if node.value is None or isinstance(node.value, ast.Call):
        return field
    return f"{field} = {ast.unparse(node.value)}"


def _name(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def _function(node: Definition, heading: str) -> Iterator[str]:
    yield heading
    if isinstance(node, ast.FunctionDef):
        decorators = {*map(_name, node.decorator_list)}
        returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        returned = REQUEST.sub(lambda found: found[1] or "", returned).removesuffix(" -> ")
        if "property" in decorators or "cached_property" in decorators:
            yield fence(f"{node.name}{returned.replace(' ->', ':')}")
        else:
            yield fence(_signature(node.name, _arguments(node), returned))
    yield markdown(ast.get_docstring(node) or "")


def _signature(name: str, arguments: list[str], returned: str = "") -> str:
    line = f"{name}({', '.join(arguments)}){returned}"
    if len(line) > WIDTH:
        line = "\n".join([f"{name}(", *(f"    {each}," for each in arguments), f"){returned}"])
    return line.replace("'", '"')


def _arguments(node: ast.FunctionDef) -> list[str]:
    """Return each argument as it is in the source, without ``self`` and ``cls``."""
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    absent: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    written = list(map(_argument, plain, [*absent, *given.defaults]))
    if given.posonlyargs:
        written.insert(len(given.posonlyargs), "/")
    if given.vararg or given.kwonlyargs:
        written.append(f"*{_argument(given.vararg) if given.vararg else ''}")
    written += map(_argument, given.kwonlyargs, given.kw_defaults)
    if given.kwarg:
        written.append(f"**{_argument(given.kwarg)}")
    return [each for each in written if each not in {"self", "cls"}]


def _argument(node: ast.arg, default: ast.expr | None = None) -> str:
    equals = "=" if node.annotation is None else " = "
    return ast.unparse(node) + (f"{equals}{ast.unparse(default)}" if default else "")
