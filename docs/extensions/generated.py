"""Directives that show, as Markdown, what the package says of itself: in its source, and in its catalogues.

They are ``front-settings``, ``front-checks``, ``front-operations``, ``front-verbs``, ``front-reasons``,
``front-log-events`` and ``front-argument-codes``.
"""

import inspect
import logging
import re
from collections.abc import Iterable, Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from verb_tables import operation_rows, verb_rows

from django_front_channel.checks import PROBLEMS
from django_front_channel.conf import Conf
from django_front_channel.core.log_events import LOGGERS, LogEvent
from django_front_channel.core.reasons import Affair, Code
from django_front_channel.exceptions import ArgumentCode

NAME = re.compile(r"``(FRONT_CHANNEL_\w+)``: ")
AFFAIRS = {
    Affair.OPERATOR: "the operator's",
    Affair.TEAMMATE: "the teammate's",
    Affair.NOBODY: "nobody's",
}
CLASSES_OF_DICTS = {"FRONT_CHANNEL_OUTBOX": "Outbox", "FRONT_CHANNEL_RETENTION": "Retention"}


class SettingsReference(SphinxDirective):
    """A section for each setting, in the order of ``conf``."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n\n".join(_settings()), allow_section_headings=True)


class ChecksReference(SphinxDirective):
    """A table of the checks' ids."""

    def run(self) -> list[nodes.Node]:
        rows = [(f"`{check_id}`", meaning) for check_id, meaning in PROBLEMS.items()]
        return self.parse_text_to_nodes(table(("id", "meaning"), rows))


class OperationsReference(SphinxDirective):
    """A table of Front's operations, and what makes use of each."""

    def run(self) -> list[nodes.Node]:
        headings = ("operation", "client method", "service", "route")
        return self.parse_text_to_nodes(table(headings, operation_rows()))


class VerbsReference(SphinxDirective):
    """A table of the verbs."""

    def run(self) -> list[nodes.Node]:
        headings = ("verb", "row", "arguments", "order", "when the outcome is unknown")
        return self.parse_text_to_nodes(table(headings, verb_rows()))


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(headings), *rows]
    lines.insert(1, ("---",) * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class ReasonsReference(SphinxDirective):
    """A section for each code of a reason."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n\n".join(map(reason_section, Code)), allow_section_headings=True)


class LogEventsReference(SphinxDirective):
    """A table of the log's events: name, level and sentence with its fields in braces, by logger."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(
            "\n\n".join(map(log_events_section, LOGGERS)), allow_section_headings=True
        )


class ArgumentCodesReference(SphinxDirective):
    """A table of what can be wrong with an argument."""

    def run(self) -> list[nodes.Node]:
        documented = ModuleAnalyzer.for_module("django_front_channel.exceptions").find_attr_docs()
        rows = [
            f"| `{ArgumentCode[name]}` | {' '.join(lines).strip()} |"
            for (owner, name), lines in documented.items()
            if owner == "ArgumentCode"
        ]
        return self.parse_text_to_nodes("\n".join(["| code | meaning |", "| --- | --- |", *rows]))


def log_events_section(logger: str) -> str:
    """What the page of log events says about a logger."""
    rows = [
        f"| `{event}` | {logging.getLevelName(event.level)} | {event.sentence.replace('|', '/')} |"
        for event in LogEvent
        if event.logger == logger
    ]
    head = ["| event | level | line, with its fields |", "| --- | --- | --- |"]
    return "\n".join([f"## `{logger}`", "", *head, *rows])


def reason_section(code: Code) -> str:
    """What the page of reasons says about a code."""
    parameters = ", ".join(f"`{name}`" for name in code.parameters) or "none"
    return "\n\n".join(
        (
            f"## `{code}`",
            f"{code.sentence}",
            f"What to do\n: {code.advice}",
            f"Whose affair\n: {AFFAIRS[code.affair]}",
            f"Parameters\n: {parameters}",
        )
    )


def _settings() -> Iterator[str]:
    for prop in vars(Conf).values():
        text = inspect.getdoc(prop) or ""
        if isinstance(prop, property) and (named := NAME.match(text)):
            meaning = text[named.end() :]
            yield f"## {named[1]}"
            yield meaning[0].upper() + meaning[1:]
            if named[1] in CLASSES_OF_DICTS:
                yield from _keys(CLASSES_OF_DICTS[named[1]])


def _keys(class_name: str) -> Iterator[str]:
    """The keys of a setting that is a dict, from the docstrings under the fields of its class."""
    documented = ModuleAnalyzer.for_module("django_front_channel.conf").find_attr_docs()
    for (owner, field), lines in documented.items():
        if owner == class_name:
            yield f"`{field.upper()}`\n: {' '.join(lines).strip()}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("front-settings", SettingsReference)
    app.add_directive("front-checks", ChecksReference)
    app.add_directive("front-operations", OperationsReference)
    app.add_directive("front-verbs", VerbsReference)
    app.add_directive("front-reasons", ReasonsReference)
    app.add_directive("front-log-events", LogEventsReference)
    app.add_directive("front-argument-codes", ArgumentCodesReference)
    return {"parallel_read_safe": True}
