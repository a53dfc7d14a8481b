"""The catalogue of verbs: what can be done in Front, at once or later.

A verb is declared once, by ``@verb`` on its service function. The function checks what only it knows about, and
returns the arguments of the client's method for the operation of Front. The method checks them again, so nothing
that Front would refuse is sent or stored. Everything else follows from the declaration: both forms of the verb, the
tables of the docs, and the actions of the admin.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, update_wrapper
from io import BytesIO
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    NamedTuple,
    ParamSpec,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    get_args,
)

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.attachments import FETCH, FileLost, with_stored_files
from django_front_channel.models import OutboxEntry
from django_front_channel.outbox.enqueue import enqueue_request
from django_front_channel.services.content import optional_text, stored_json
from django_front_channel.services.direct import carry_out
from django_front_channel.services.files import by_reference
from django_front_channel.services.rows import KINDS, Kind, Row, check_row
from django_front_channel.services.verb_arguments import Argument, arguments_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RowT = TypeVar("RowT", bound=Row)
P = ParamSpec("P")
R = TypeVar("R")
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])

OURS = "django_front_channel.services."
_actor: ContextVar[str] = ContextVar("actor", default="")


class Request(dict[str, Any], Generic[R]):
    """The arguments of the client's method, but for the row's id. ``R`` is what the verb returns.

    When ``R`` is the model of the verb's row, the verb returns the row: of a conversation that was merged, the one
    that is left. Otherwise it returns what the client's method returns.
    """


class Lane(NamedTuple):
    """An order of requests of its own. ``argument`` names the verb's argument whose value is the lane's id."""

    topic: str
    argument: str


def always(_row: Any) -> str | None:
    """Return None: we know of nothing that keeps the verb from being done now."""
    return None


def never(_row: Any) -> bool:
    return False


class Declaration(TypedDict, total=False):
    """What a declaration says besides the operation.

    ``label``         what the admin calls it, in two or three words; by default the first words of the docstring
    ``lane``          where its requests wait; by default in the lane of its row
    ``may_repeat``    whether the request may be made again when its outcome is unknown; by default it may
    ``is_dangerous``  whether a person is asked first
    ``permission``    the codename of the permission that a person needs
    ``is_for_desk``   whether the admin offers it; by default it does
    ``available``     returns why the verb cannot be done now with a row, as a code, or None
    ``is_done``       returns whether there is nothing left to do; the verb then makes no request
    """

    label: StrOrPromise
    lane: Lane | None
    may_repeat: bool
    is_dangerous: bool
    permission: str
    is_for_desk: bool
    available: Callable[[Any], str | None]
    is_done: Callable[[Any], bool]


@dataclass(eq=False, kw_only=True)
class Verb(Generic[RowT, P, R]):
    """A verb. Call it to do it now, or ``enqueue`` it. Both take the same arguments.

    Both raise ``InvalidArgument`` for another row or other arguments. The call raises ``ChannelUnavailable`` or a
    ``FrontAPIError``.
    """

    function: Callable[Concatenate[RowT, P], Request[R]]
    operation: str
    label: StrOrPromise | None = None
    lane: Lane | None = None
    may_repeat: bool = True
    is_dangerous: bool = False
    permission: str = "operate"
    is_for_desk: bool = True
    available: Callable[[Any], str | None] = always
    is_done: Callable[[Any], bool] = never

    def __post_init__(self) -> None:
        update_wrapper(self, self.function)
        self.name = f"{self.function.__module__}.{self.function.__qualname__}".removeprefix(OURS)
        given = inspect.signature(self.function)
        self.row = _row_of(self.function, next(iter(given.parameters.values())))
        returned = _returned(given)
        self.returns_row = returned in (self.row, self.row.__name__)
        # What the documentation and hosts' tools read: the verb's own result, and not the request.
        self.__signature__ = given.replace(return_annotation=returned)
        self.__annotations__ = {**self.function.__annotations__, "return": returned}
        if (
            self.label is None
        ):  # to look into it would translate it, which nothing may do before the apps are ready
            self.label = _first_words(self.function)

    def __repr__(self) -> str:
        return f"<Verb {self.name}>"

    @property
    def kind(self) -> Kind:
        return KINDS[self.row]

    @property
    def slug(self) -> str:
        """Its name among the verbs about the same row, as an identifier."""
        group, _, own = self.name.rpartition(".")
        return own if "." not in group else self.name.replace(".", "_")

    @property
    def takes_arguments(self) -> bool:
        return len(self.__signature__.parameters) > 1

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """What it takes besides the row. Reads the annotations, and so loads the client."""
        return tuple(arguments_of(self.function))

    def __call__(self, row: RowT, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it now. Returns when Front has done it."""
        check_row(self.name, self.row, row)
        if self.is_done(row):
            return cast("R", row)
        request = self._request(row, *args, **kwargs)
        result, kept = carry_out(self.kind.channel(row), self.operation, request)
        return cast("R", self._shown(row, kept) if self.returns_row else result)

    def enqueue(self, row: RowT, /, *args: P.args, **kwargs: P.kwargs) -> OutboxEntry:
        """Let a worker do it after the current transaction is committed. Returns the entry.

        The request waits for a channel that is not connected, and for the end of every pause. When it succeeds, our
        rows are kept in step as by the call.
        """
        check_row(self.name, self.row, row)
        request = self._request(row, *args, **kwargs)
        topic, name = self._lane(row, kwargs)
        return enqueue_request(
            self.kind.channel(row),
            self.operation,
            request,
            external_conversation_id=name,
            topic=topic,
            actor=_actor.get(),
        )

    def _request(self, row: RowT, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """The client's arguments as an entry has them, after all that the function and the client check."""
        try:
            inspect.signature(self.function).bind(row, *args, **kwargs)
            given = by_reference({**self.kind.ids(row), **self.function(row, *args, **kwargs)})
            _check(self.operation, given)
        except TypeError as error:
            raise InvalidArgument(
                f"{self.name}(): {error}", code="wrong_type", argument="arguments"
            ) from None
        return {name: stored_json(value, name) for name, value in given.items()}

    def _lane(self, row: RowT, given: Mapping[str, Any]) -> tuple[str, str]:
        if self.lane is None:
            return self.kind.lane(row)
        return self.lane.topic, str(given[self.lane.argument])

    def _shown(self, row: Row, kept: Row | None) -> Row:
        """The row as it is now, or the one that replaced it."""
        if kept is not None and kept.pk != row.pk:
            return kept
        for name in self.kind.shown if kept is not None else ():
            setattr(row, name, getattr(kept, name))
        if kept is None and self.kind.shown:
            row.refresh_from_db(fields=self.kind.shown)
        return row


CATALOGUE: dict[str, Verb[Any, Any, Any]] = {}
"""Every verb, by its name: ``conversations.archive``, or the dotted path of a verb that is declared elsewhere."""
SERVICES: dict[str, list[str]] = {}
"""The names of the services that make use of an operation of Front, verbs included, by the operation."""


def verb(
    operation: str, **declared: Unpack[Declaration]
) -> Callable[[Callable[Concatenate[RowT, P], Request[R]]], Verb[RowT, P, R]]:
    """Declare the decorated function as a verb, for an operation of Front.

    Its first parameter is the row, annotated with the model. The others are keyword-only.
    """

    def declare(function: Callable[Concatenate[RowT, P], Request[R]]) -> Verb[RowT, P, R]:
        made = Verb(function=function, operation=operation, **declared)
        if made.name in CATALOGUE:
            raise TypeError(f"The verb {made.name} is declared twice.")
        CATALOGUE[made.name] = made
        SERVICES.setdefault(operation, []).append(made.name)
        return made

    return declare


def makes_use_of(operation: str) -> Callable[[AnyFunction], AnyFunction]:
    """Declare which operation of Front a service uses that is not a verb."""

    def note(function: AnyFunction) -> AnyFunction:
        name = f"{function.__module__}.{function.__qualname__}".removeprefix(OURS)
        SERVICES.setdefault(operation, []).append(name)
        return function

    return note


def verbs_about(model: type[Any]) -> list[Verb[Any, Any, Any]]:
    """The verbs about rows of this model, in the order of their declaration."""
    return [each for each in CATALOGUE.values() if each.row is model]


def may_repeat(operation: str) -> bool:
    """Whether a request may be made again when its outcome is unknown."""
    return all(each.may_repeat for each in CATALOGUE.values() if each.operation == operation)


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Name who asks for what is enqueued inside, in at most 200 characters. Raises ``InvalidArgument``."""
    token = _actor.set(optional_text(actor, "actor", 200))
    try:
        yield
    finally:
        _actor.reset(token)


def _check(operation: str, given: dict[str, Any]) -> None:
    """Raise ``InvalidArgument`` or ``TypeError`` for arguments that the client's method would refuse."""
    from django_front_channel.client.operation_catalog import OPERATIONS

    try:
        # A file that comes from Front is opened when it is fetched.
        arriving = {"to": BytesIO()} if operation == FETCH else {}
        OPERATIONS[operation].check(**with_stored_files(given) | arriving)
    except FileLost as error:
        raise InvalidArgument(str(error), code=error.reason.code, argument="attachments") from None


def _row_of(function: Callable[..., Any], first: inspect.Parameter) -> type[Row]:
    """The model that the first parameter is annotated with."""
    named = first.annotation
    found = function.__globals__.get(named) if isinstance(named, str) else named
    if found not in KINDS:
        models = ", ".join(model.__name__ for model in KINDS)
        raise TypeError(f"{function.__qualname__}(): annotate the first parameter with one of {models}.")
    return cast("type[Row]", found)


def _returned(given: inspect.Signature) -> Any:
    """What stands in the brackets of ``Request[…]``."""
    annotation = given.return_annotation
    if isinstance(annotation, str):
        return annotation.partition("[")[2].removesuffix("]")
    return next(iter(get_args(annotation)), None)


def _first_words(function: Callable[..., Any]) -> str:
    """The first sentence of the docstring, up to its first comma, colon or piece of code."""
    text = (inspect.getdoc(function) or function.__name__.replace("_", " ")).splitlines()[0]
    for end in ("``", ". ", ", ", ": ", "; "):
        text = text.partition(end)[0]
    return text.strip().rstrip(".")
