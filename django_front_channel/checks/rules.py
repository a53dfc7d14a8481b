"""Rules for settings, and for keys of settings, that do not depend on other settings."""

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
    """A rule for one name: ``is_valid`` decides, ``number`` is the problem otherwise, ``example`` is a valid value."""

    number: str
    name: str
    is_valid: Valid
    example: Any


def broken_settings(rules: Iterable[Rule], given: Mapping[str, Any]) -> list[CheckMessage]:
    """Return a problem for each setting that breaks its rule. Missing settings have defaults, so they are valid."""
    return [
        problem(rule.number, f"Write {rule.name} = {rule.example!r}.")
        for rule in rules
        if rule.name in given and not rule.is_valid(given[rule.name])
    ]


def broken_keys(rules: Iterable[Rule], given: Mapping[str, Any], place: str) -> list[CheckMessage]:
    """Return a problem for each key of the dict at ``place`` that breaks its rule. Missing keys are valid."""
    return [
        problem(rule.number, f"Write {rule.name!r}: {rule.example!r}.", place=place)
        for rule in rules
        if rule.name in given and not rule.is_valid(given[rule.name])
    ]


def unknown_names(
    number: str, names: Iterable[Any], known: Collection[str], place: str = "", prefix: str = ""
) -> list[CheckMessage]:
    """Return a problem for each unknown name, with the known name that was probably meant.

    ``known`` has names without ``prefix``. Names are compared without it, because it would make them all look alike.
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
