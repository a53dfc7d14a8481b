"""The rows of the tables that list operations and verbs, from the catalogues. The tests read them without Sphinx."""

from collections.abc import Iterator
from typing import Any

from django_front_channel.client.operation_catalog import OPERATIONS
from django_front_channel.services.verbs import CATALOGUE, SERVICES, Verb


def operation_rows() -> Iterator[tuple[str, ...]]:
    for each in OPERATIONS.values():
        services = ", ".join(f"`{name}`" for name in SERVICES.get(each.id, ()))
        yield f"`{each.id}`", f"`{each.group}.{each.name}`", services, f"`{each.method} {each.path}`"


def verb_rows() -> Iterator[tuple[str, ...]]:
    for name, verb in sorted(CATALOGUE.items()):
        given = ", ".join(f"`{each.name}` ({each.kind})" for each in verb.arguments)
        repeated = "repeated" if verb.may_repeat else "given up"
        yield f"`{name}`", f"`{verb.row.__name__}`", given, _order_of(verb), repeated


def _order_of(verb: Verb[Any, Any, Any]) -> str:
    if verb.lane is not None:
        return f"its own, by `{verb.lane.argument}`"
    return {"Attachment": "that of the message's files", "Channel": "the channel's"}.get(
        verb.row.__name__, "the thread's"
    )
