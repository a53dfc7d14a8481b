"""The arguments of a verb, read from its annotations. Forms, serializers and tables of the docs are made from them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from django_front_channel.services.files import StoredFile


class ArgumentKind(StrEnum):
    TEXT = "text"
    ID = "id"
    TEXTS = "list of texts"
    IDS = "list of ids"
    MOMENT = "datetime"
    CHOICE = "choice"
    FLAG = "yes or no"
    FILE = "file"
    FILES = "list of files"
    JSON = "JSON"


class Argument(NamedTuple):
    """One argument of a verb. For the kind ``CHOICE``, the allowed values are ``choices``."""

    name: str
    kind: ArgumentKind
    is_required: bool
    choices: tuple[str, ...] = ()


def arguments_of(function: Callable[..., Any]) -> Iterator[Argument]:
    """Yield the arguments of a verb's function, except its row.

    This imports the client, because annotations may use its types.
    """
    hints = _hints(function)
    _row, *parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        hint = hints[parameter.name]
        if parameter.kind is parameter.VAR_KEYWORD:
            (options,) = get_args(hint)
            for name, own in _hints(options).items():
                yield _argument(name, own, is_required=name in options.__required_keys__)
        else:
            yield _argument(parameter.name, hint, is_required=parameter.default is parameter.empty)


def _hints(annotated: Any) -> dict[str, Any]:
    """Return the annotated types. Services import the client only for type checkers, so its types are added here."""
    from django_front_channel import client

    return get_type_hints(annotated, localns={name: getattr(client, name) for name in client.__all__})


def _argument(name: str, hint: Any, *, is_required: bool) -> Argument:
    if get_origin(hint) in (Union, UnionType):
        given = [each for each in get_args(hint) if each is not NoneType]
        hint = given[0] if len(given) == 1 else Any
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    return Argument(name, _kind(name, hint), is_required, choices)


def _kind(name: str, hint: Any) -> ArgumentKind:
    if get_origin(hint) is Literal:
        return ArgumentKind.CHOICE
    if get_origin(hint) is Sequence:
        (item,) = get_args(hint)
        if item is str:
            return ArgumentKind.IDS if name.endswith("_ids") else ArgumentKind.TEXTS
        return ArgumentKind.FILES if item is StoredFile else ArgumentKind.JSON
    if hint is str:
        return ArgumentKind.ID if name.endswith("_id") else ArgumentKind.TEXT
    plain = {bool: ArgumentKind.FLAG, datetime: ArgumentKind.MOMENT, StoredFile: ArgumentKind.FILE}
    return plain.get(hint, ArgumentKind.JSON)
