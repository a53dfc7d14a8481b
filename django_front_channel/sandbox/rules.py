"""What a JSON value must be, said in small rules that are put together in :mod:`.bodies`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

# Takes a value and where it stands, such as ``body.to[0]``; gives a line for everything that is wrong.
Rule = Callable[[Any, str], Iterator[str]]

MISSING: Final = object()
LARGE: Final = 1e15


class Empty(str):
    """The line for a string that is empty: whether it may be is an assumption."""

    __slots__ = ()


def text(*, empty: bool = True, limit: int | None = None) -> Rule:
    """A string of at most ``limit`` characters."""

    def check(value: Any, where: str) -> Iterator[str]:
        if value == "" and not empty:
            yield Empty(f"{where}: must be a non-empty string")
        elif not isinstance(value, str):
            yield f"{where}: must be a {'' if empty else 'non-empty '}string"
        elif limit is not None and len(value) > limit:
            yield f"{where}: must have at most {limit} characters"

    return check


def one_of(*words: str) -> Rule:
    """One of these strings."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str) or value not in words:
            yield (
                f"{where}: must be one of {', '.join(words)}" if words[1:] else f"{where}: must be {words[0]}"
            )

    return check


def integer(unit: str) -> Rule:
    """A whole number."""

    def check(value: Any, where: str) -> Iterator[str]:
        if type(value) is not int:
            yield f"{where}: must be an integer, in {unit}"

    return check


def number(unit: str) -> Rule:
    """A number, smaller than LARGE, so that one can calculate with it."""

    def check(value: Any, where: str) -> Iterator[str]:
        if type(value) not in (int, float) or not abs(value) < LARGE:
            yield f"{where}: must be a number, in {unit}"

    return check


def flag(value: Any, where: str) -> Iterator[str]:
    """True or false."""
    if type(value) is not bool:
        yield f"{where}: must be true or false"


def array(rule: Rule, *, of: str, least: int = 0, most: int | None = None) -> Rule:
    """An array whose items, named ``of`` in the error, fit ``rule``."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list) or len(value) < least:
            yield f"{where}: must be an array{f' with at least one {of}' if least else ''}"
        elif most is not None and len(value) > most:
            yield f"{where}: must have at most {most} {of}s"
        else:
            for index, item in enumerate(value):
                yield from rule(item, f"{where}[{index}]")

    return check


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """An object with these properties. Unknown ones are accepted."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: must be an object"
            return
        for name, rule in required.items():
            yield from rule(value.get(name, MISSING), f"{where}.{name}")
        for name, rule in (optional or {}).items():
            if name in value:
                yield from rule(value[name], f"{where}.{name}")

    return check


def chosen_by(name: str, rules: Mapping[str, Rule]) -> Rule:
    """An object whose property ``name`` says which of the rules holds."""
    choice = record({name: one_of(*rules)})

    def check(value: Any, where: str) -> Iterator[str]:
        wrong = list(choice(value, where))
        yield from wrong or rules[value[name]](value, where)

    return check


def nullable(rule: Rule) -> Rule:
    """``null``, or what the rule says."""

    def check(value: Any, where: str) -> Iterator[str]:
        if value is not None:
            yield from rule(value, where)

    return check


def no_files(value: Any, where: str) -> Iterator[str]:
    """Files in JSON: at most an empty array."""
    if value != []:
        yield f"{where}: must be sent as multipart/form-data"


def never(sentence: str) -> Rule:
    """A property that may not be given here."""

    def check(_: Any, where: str) -> Iterator[str]:
        yield f"{where}: {sentence}"

    return check
