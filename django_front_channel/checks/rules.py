"""Settings, and keys of settings, that stand for themselves: each has a rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.core.checks import CheckMessage

from django_front_channel.checks.problems import problem
from django_front_channel.checks.values import Valid


@dataclass(frozen=True)
class Rule:
    """Which values ``name`` may have, the problem when it has another, and a value to put there instead."""

    number: str
    name: str
    is_valid: Valid
    example: Any


def broken_settings(rules: Iterable[Rule], given: Mapping[str, Any]) -> list[CheckMessage]:
    """A problem for each rule that its setting breaks. A setting that is not given has its default."""
    return [
        problem(rule.number, f"Write {rule.name} = {rule.example!r}.")
        for rule in rules
        if rule.name in given and not rule.is_valid(given[rule.name])
    ]


def broken_keys(rules: Iterable[Rule], given: Mapping[str, Any], place: str) -> list[CheckMessage]:
    """As ``broken_settings``, for the keys of the dict at ``place``."""
    return [
        problem(rule.number, f"Write {rule.name!r}: {rule.example!r}.", place=place)
        for rule in rules
        if rule.name in given and not rule.is_valid(given[rule.name])
    ]


def unknown_names(
    number: str, names: Iterable[Any], known: Collection[str], place: str = "", prefix: str = ""
) -> list[CheckMessage]:
    """A problem for each name that is not known, with the one that was probably meant.

    ``known`` and what is compared lack the ``prefix``, which would make all names look alike.
    """
    return [
        problem(number, _spelling(str(name).removeprefix(prefix), known, prefix), place=f"{place}{name}")
        for name in names
        if str(name).removeprefix(prefix) not in known
    ]


def _spelling(name: str, known: Collection[str], prefix: str) -> str:
    for close in get_close_matches(name.upper(), known, n=1):
        return f"Write {prefix}{close}."
    return f"Remove it, or write one of {', '.join(prefix + other for other in known)}."
