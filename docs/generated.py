"""Generates parts of the reference from the package's source and catalogues.

A part is between two comments of a page: ``<!-- generated: settings -->`` … ``<!-- end of generated -->``. The first
comment names a table below, or a module: all of it, its public names (``package.module: *``), or some of its names.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django_front_channel import conf, exceptions
from django_front_channel.checks import PROBLEMS
from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.core.log_events import LOGGERS, LogEvent
from django_front_channel.core.reasons import Affair, Code
from django_front_channel.lifecycle.erased_rows import EMPTIED, PSEUDONYMS, REMOVED
from django_front_channel.sandbox import Sandbox, control
from django_front_channel.services.verbs import CATALOGUE, SERVICES, Verb
from django_front_channel.signals import SIGNALS
from django_front_channel.worker.refusals import TABLE

from .docstrings import attributes, markdown, module_sections

DOCS = Path(__file__).parent
PART = re.compile(r"(<!-- generated: ([^>]+?) -->\n).*?(<!-- end of generated -->)", re.DOTALL)
NAMED = re.compile(r"``(FRONT_CHANNEL_\w+)``: ")
WHO_ACTS = {
    Affair.OPERATOR: "the operator",
    Affair.TEAMMATE: "the teammate",
    Affair.NOBODY: "nobody",
}
DICTS = {"FRONT_CHANNEL_OUTBOX": conf.Outbox, "FRONT_CHANNEL_RETENTION": conf.Retention}


def stale_pages() -> Iterator[tuple[Path, str]]:
    """Yield each stale page, with its up-to-date text."""
    for page in sorted(DOCS.glob("*/*.md")):
        text = page.read_text(encoding="utf-8")
        if (current := up_to_date(text)) != text:
            yield page, current


def up_to_date(text: str) -> str:
    """Return the text of a page with its generated parts made again."""
    return PART.sub(lambda part: f"{part[1]}\n{_content(part[2], text[: part.start()])}\n\n{part[3]}", text)


def _content(name: str, before: str) -> str:
    if name in PARTS:
        return "\n\n".join(PARTS[name]())
    sections = re.findall(r"^## (.+)$", before, re.MULTILINE)
    return "\n\n".join(module_sections(name, below=sections[-1] if sections else ""))


def settings_sections() -> Iterator[str]:
    for prop in vars(conf.Conf).values():
        text = inspect.getdoc(prop) or ""
        if isinstance(prop, property) and (named := NAMED.match(text)):
            meaning = text[named.end() :]
            yield f"## {named[1]}"
            yield markdown(meaning[0].upper() + meaning[1:])
            if named[1] in DICTS:
                yield from _keys(DICTS[named[1]])


def _keys(owner: type) -> Iterator[str]:
    rows = ((f"`{name.upper()}`", text) for name, text in attributes(owner))
    yield table(("key", "meaning"), rows)


def check_table() -> Iterator[str]:
    yield table(("id", "meaning"), ((f"`{check_id}`", meaning) for check_id, meaning in PROBLEMS.items()))


def operation_rows() -> Iterator[tuple[str, ...]]:
    for each in OPERATIONS.values():
        services = ", ".join(f"`{name}`" for name in sorted(SERVICES.get(each.id, ())))
        yield f"`{each.id}`", f"`{each.group}.{each.name}`", services, f"`{each.method} {each.path}`"


def operation_table() -> Iterator[str]:
    yield table(("operation", "client method", "service", "route"), operation_rows())


def verb_rows() -> Iterator[tuple[str, ...]]:
    for name, verb in sorted(CATALOGUE.items()):
        given = ", ".join(f"`{each.name}` ({each.kind})" for each in verb.arguments)
        repeated = "repeated" if verb.is_repeated else "given up"
        yield f"`{name}`", f"`{verb.row.__name__}`", given, _order_of(verb), repeated


def _order_of(verb: Verb[Any, Any, Any]) -> str:
    if verb.lane is not None:
        return f"its own, by `{verb.lane.argument}`"
    orders = {"Attachment": "that of the message's files", "Channel": "the channel's"}
    return orders.get(verb.row.__name__, "the thread's")


def verb_table() -> Iterator[str]:
    yield table(("verb", "row", "arguments", "order", "when the outcome is unknown"), verb_rows())


def argument_code_table() -> Iterator[str]:
    codes = attributes(exceptions.ArgumentCode)
    rows = ((f"`{exceptions.ArgumentCode[name]}`", text) for name, text in codes)
    yield table(("code", "meaning"), rows)


def failure_rows() -> Iterator[tuple[str, ...]]:
    for row in TABLE:
        yield (row.answer, *row.meaning.told)


def failure_table() -> Iterator[str]:
    yield table(("what came back", "the attempt", "its lane", "its channel"), failure_rows())


def reason_sections() -> Iterator[str]:
    for code in Code:
        parameters = ", ".join(f"`{name}`" for name in code.parameters) or "none"
        yield f"## `{code}`"
        yield str(code.sentence)
        yield f"* What to do: {code.advice}\n* Who acts: {WHO_ACTS[code.affair]}\n* Parameters: {parameters}"


def signal_rows() -> Iterator[tuple[str, ...]]:
    for name, signal in SIGNALS.items():
        arguments = ", ".join(f"`{each}`" for each in signal.arguments)
        yield f"`{name}`", f"`{signal.sender}`", arguments, markdown(signal.meaning)


def signal_table() -> Iterator[str]:
    yield table(("signal", "sender", "arguments", "when"), signal_rows())


def erasure_rows() -> Iterator[tuple[str, str, str]]:
    """Yield each table, its columns that are emptied, and its columns that become pseudonyms."""
    for model in sorted({*EMPTIED, *PSEUDONYMS, *REMOVED}, key=lambda model: model.__name__):
        if model in REMOVED:
            yield f"`{model.__name__}`", "its rows are deleted", ""
        else:
            columns = (EMPTIED.get(model, ()), PSEUDONYMS.get(model, ()))
            emptied, named = (", ".join(f"`{name}`" for name in names) for names in columns)
            yield f"`{model.__name__}`", emptied, named


def erasure_table() -> Iterator[str]:
    yield table(("table", "emptied", "pseudonyms"), erasure_rows())


def control_rows() -> Iterator[tuple[str, str, str]]:
    for name, read in control.READS.items():
        yield f"`GET /{control.PREFIX}/{name}`", "", _in_a_cell(read)
    for name in control.VERBS:
        verb = getattr(Sandbox, name)
        arguments = ", ".join(f"`{each}`" for each in inspect.signature(verb).parameters if each != "self")
        yield f"`POST /{control.PREFIX}/{name}`", arguments, _in_a_cell(verb, paragraphs=1)


def control_table() -> Iterator[str]:
    yield table(("request", "arguments", "what it does"), control_rows())


def _in_a_cell(documented: object, paragraphs: int | None = None) -> str:
    text = markdown(inspect.getdoc(documented) or "")
    return " ".join(" ".join(text.split("\n\n")[:paragraphs]).split())


def log_event_sections() -> Iterator[str]:
    for logger in LOGGERS:
        rows = (
            (f"`{event}`", logging.getLevelName(event.level), event.sentence.replace("|", "/"))
            for event in LogEvent
            if event.logger == logger
        )
        yield f"## `{logger}`"
        yield table(("event", "level", "line, with its fields"), rows)


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(headings), *rows]
    lines.insert(1, ("---",) * len(tuple(lines[0])))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


PARTS = {
    "settings": settings_sections,
    "checks": check_table,
    "operations": operation_table,
    "verbs": verb_table,
    "argument codes": argument_code_table,
    "failures": failure_table,
    "reasons": reason_sections,
    "log events": log_event_sections,
    "erasure": erasure_table,
    "control": control_table,
    "signals": signal_table,
}
