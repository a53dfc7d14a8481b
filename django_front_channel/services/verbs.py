"""The catalogue of verbs: operations that change something in Front, at once or later.

A verb is declared by ``@verb`` on its service function. The function returns the arguments of the client's method for
an operation of Front. The client's method checks them before the verb sends or stores anything. The declaration yields
both forms (the call and ``enqueue``), the tables of the docs and the admin's actions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
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

from django_front_channel.core import clock, database
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import FrontAPIError, InvalidArgument
from django_front_channel.lifecycle.attachments import FETCH, FileLost, opened, with_stored_files
from django_front_channel.lifecycle.conversations import ASK, ask_later
from django_front_channel.lifecycle.effects import Effect, apply_effects
from django_front_channel.lifecycle.merges import MergeObserver
from django_front_channel.models import Channel, Conversation, OutboxEntry
from django_front_channel.outbox.enqueue import enqueue_request
from django_front_channel.outbox.entries import settle_unneeded
from django_front_channel.services.content import optional_text, stored_json
from django_front_channel.services.direct import observed_client, patience
from django_front_channel.services.files import by_reference
from django_front_channel.services.rows import KINDS, Kind, Row, check_row, refusal, reread
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
    """The arguments of the client's method, except the row's id. ``R`` is the type that the verb returns.

    If ``R`` is the model of the verb's row, the verb returns the row; for a merged conversation, it returns the one
    that remains. Otherwise the verb returns the result of the client's method.
    """


class Lane(NamedTuple):
    """A lane for the requests of a verb. The value of the verb's ``argument`` is the lane's id."""

    topic: str
    argument: str


def always(_row: Any) -> Code | None:
    """Return None: the verb can always be used."""
    return None


def never(_row: Any) -> bool:
    return False


class Declaration(TypedDict, total=False):
    """The options of a declaration.

    ``label``         its name in the admin, in two or three words; by default the first words of the docstring
    ``lane``          the lane of its requests; by default the lane of its row
    ``may_repeat``    whether the request may be repeated if its outcome is unknown. Say it for every POST: by default
                      a POST is not repeated, and other requests are
    ``is_dangerous``  whether the admin asks for confirmation; by default False
    ``permission``    the codename of the permission that a person needs; by default ``operate``
    ``is_for_desk``   whether the admin offers it; by default True
    ``available``     returns the code of the reason why both forms refuse a row now, or None
    ``is_done``       returns whether nothing is left to do for a row; both forms then make no request
    ``effect``        updates our rows after Front has carried out the request; by default nothing changes in them
    ``asks_after``    returns, from the client's arguments, whether only Front knows what the conversation shows now

    An outbox entry has only the operation, so an effect gets the requests of every verb with the same operation.
    """

    label: StrOrPromise
    lane: Lane | None
    may_repeat: bool
    is_dangerous: bool
    permission: str
    is_for_desk: bool
    available: Callable[[Any], Code | None]
    is_done: Callable[[Any], bool]
    effect: Effect
    asks_after: Callable[[dict[str, Any]], bool]


@dataclass(eq=False, kw_only=True)
class Verb(Generic[RowT, P, R]):
    """A verb. Call it to make the request now, or ``enqueue`` it for a worker, with the same arguments.

    Both raise ``InvalidArgument`` for wrong arguments, or a row that the verb does not accept now. A call also raises
    ``ChannelUnavailable`` or a ``FrontAPIError``.
    """

    function: Callable[Concatenate[RowT, P], Request[R]]
    operation: str
    label: StrOrPromise | None = None
    lane: Lane | None = None
    may_repeat: bool | None = None
    is_dangerous: bool = False
    permission: str = "operate"
    is_for_desk: bool = True
    available: Callable[[Any], Code | None] = always
    is_done: Callable[[Any], bool] = never
    effect: Effect | None = None
    asks_after: Callable[[dict[str, Any]], bool] = never

    def __post_init__(self) -> None:
        update_wrapper(self, self.function)
        self.name = f"{self.function.__module__}.{self.function.__qualname__}".removeprefix(OURS)
        given = inspect.signature(self.function)
        self.row = _row_of(self.function, next(iter(given.parameters.values())))
        returned = _returned(given)
        self.returns_row = returned in (self.row, self.row.__name__)
        # Documentation and tools should show the verb's result, not the Request that the function returns.
        self.__signature__ = given.replace(return_annotation=returned)
        self.__annotations__ = {**self.function.__annotations__, "return": returned}
        # Only None counts. Testing a lazy label for truth would translate it, and the apps may not be ready.
        if self.label is None:
            self.label = _first_words(self.function)

    def __repr__(self) -> str:
        return f"<Verb {self.name}>"

    @property
    def kind(self) -> Kind:
        return KINDS[self.row]

    @property
    def slug(self) -> str:
        """An identifier that is unique among the verbs about the same model."""
        group, _, own = self.name.rpartition(".")
        return own if "." not in group else self.name.replace(".", "_")

    @property
    def takes_arguments(self) -> bool:
        return len(self.__signature__.parameters) > 1

    @property
    def is_repeated(self) -> bool:
        """Whether the request may be repeated if its outcome is unknown. Reading it imports the client."""
        from django_front_channel.client.all_operations import OPERATIONS

        if self.may_repeat is not None:
            return self.may_repeat
        return OPERATIONS[self.operation].method != "POST"

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments after the row. Reading them imports the client."""
        return tuple(arguments_of(self.function))

    def __call__(self, row: RowT, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Make the request now, and return its result after Front has carried it out."""
        if self._is_done(row):
            return cast("R", row)
        request = self._request(row, *args, **kwargs)
        result, kept = _carry_out(self.kind.channel(row), self.operation, request)
        return cast("R", self._shown(row, kept) if self.returns_row else result)

    def enqueue(self, row: RowT, /, *args: P.args, **kwargs: P.kwargs) -> OutboxEntry:
        """Let a worker make the request after the current transaction is committed. Returns the outbox entry.

        The request waits until the channel is connected and every pause is over. When it succeeds, our rows are updated
        as after a direct call.
        """
        is_done = self._is_done(row)
        request = self._request(row, *args, **kwargs)
        topic, name = self._lane(row, kwargs)
        with database.atomic():
            entry = enqueue_request(
                self.kind.channel(row),
                self.operation,
                request,
                external_conversation_id=name,
                topic=topic,
                actor=_actor.get(),
            )
            if is_done:
                settle_unneeded(entry, self.available(row) or Code.NOTHING_WAITS, clock.now())
        return entry

    def _is_done(self, row: RowT) -> bool:
        """Return whether nothing is left to do for the row. Raises ``InvalidArgument`` for one that is refused now."""
        check_row(self.name, self.row, row)
        if self.available is always and self.is_done is never:
            return False
        reread(row, *self.kind.judged)
        if self.is_done(row):
            return True
        if code := self.available(row):
            raise refusal(row, code)
        return False

    def _request(self, row: RowT, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """Return the client's arguments in the form that entries store, checked by the function and by the client."""
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
        """Return the row with its current values, or the row that replaced it."""
        if kept is not None and kept.pk != row.pk:
            return kept
        for name in self.kind.shown if kept is not None else ():
            setattr(row, name, getattr(kept, name))
        if kept is None and self.kind.shown:
            row.refresh_from_db(fields=self.kind.shown)
        return row


CATALOGUE: dict[str, Verb[Any, Any, Any]] = {}
"""All verbs by name: ``conversations.archive``, or the dotted path of a verb that is declared outside the services."""
SERVICES: dict[str, list[str]] = {}
"""The names of the services that use each operation of Front, including verbs."""


def verb(
    operation: str, **declared: Unpack[Declaration]
) -> Callable[[Callable[Concatenate[RowT, P], Request[R]]], Verb[RowT, P, R]]:
    """Declare the decorated function as a verb for an operation of Front.

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
    """Declare that the decorated service, which is not a verb, uses this operation of Front."""

    def note(function: AnyFunction) -> AnyFunction:
        name = f"{function.__module__}.{function.__qualname__}".removeprefix(OURS)
        SERVICES.setdefault(operation, []).append(name)
        return function

    return note


def verbs_about(model: type[Any]) -> list[Verb[Any, Any, Any]]:
    """Return the verbs about rows of this model, in the order of their declaration."""
    return [each for each in CATALOGUE.values() if each.row is model]


def may_repeat(operation: str) -> bool:
    """Return whether requests of this operation may be repeated if their outcome is unknown."""
    return all(each.is_repeated for each in CATALOGUE.values() if each.operation == operation)


def note_done(
    channel: Channel, operation: str, arguments: dict[str, Any], result: Any, answered: str
) -> tuple[Conversation | None, bool]:
    """Update our rows after Front has carried out a request, as the verbs with this operation declare.

    ``arguments``  in the form that outbox entries store
    ``answered``   the id of the conversation that Front carried it out in, or empty

    Returns the conversation, or None, and whether Front must still be asked for its current state.
    """
    verbs = [each for each in CATALOGUE.values() if each.operation == operation]
    effects = dict.fromkeys(each.effect for each in verbs if each.effect is not None)
    conversation = apply_effects(effects, channel, arguments, result, answered)
    return conversation, any(each.asks_after(arguments) for each in verbs)


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Store ``actor`` with every entry that verbs enqueue in the block. At most 200 characters.

    Raises ``InvalidArgument``.
    """
    token = _actor.set(optional_text(actor, "actor", 200))
    try:
        yield
    finally:
        _actor.reset(token)


def _carry_out(
    channel: Channel, operation: str, arguments: dict[str, Any]
) -> tuple[Any, Conversation | None]:
    """Make the request now, and update our rows.

    ``arguments``  in the form that outbox entries store

    Returns the client's result, and the conversation that Front carried out the request in, or None.
    """
    observer = MergeObserver(channel)
    try:
        with closing(observed_client(channel, observer)) as client, opened(operation, arguments) as given:
            result = client.perform(operation, **given)
    except FileLost as error:
        raise InvalidArgument(str(error), code=error.reason.code, argument="attachments") from None
    with database.hidden_conflicts_told(), database.atomic():
        kept, is_untold = note_done(channel, operation, arguments, result, observer.answered)
    return result, _asked(kept) if kept is not None and is_untold else kept


def _asked(conversation: Conversation) -> Conversation:
    """Read the conversation from Front, or let a worker do it if that fails: the caller's own request has succeeded."""
    try:
        with patience(0):
            _, kept = _carry_out(conversation.channel, ASK, {"conversation_id": conversation.front_id})
    except FrontAPIError:
        ask_later(conversation)
        return conversation
    return kept or conversation


def _check(operation: str, given: dict[str, Any]) -> None:
    """Raise ``InvalidArgument`` or ``TypeError`` for arguments that the client's method would refuse."""
    from django_front_channel.client.all_operations import OPERATIONS

    try:
        # The file to fetch into is opened only when the request is made, so check with another one.
        arriving = {"to": BytesIO()} if operation == FETCH else {}
        OPERATIONS[operation].check(**with_stored_files(given) | arriving)
    except FileLost as error:
        raise InvalidArgument(str(error), code=error.reason.code, argument="attachments") from None


def _row_of(function: Callable[..., Any], first: inspect.Parameter) -> type[Row]:
    """Return the model that annotates the first parameter. Raises ``TypeError`` for any other annotation."""
    named = first.annotation
    found = function.__globals__.get(named) if isinstance(named, str) else named
    if found not in KINDS:
        models = ", ".join(model.__name__ for model in KINDS)
        raise TypeError(f"{function.__qualname__}(): annotate the first parameter with one of {models}.")
    return cast("type[Row]", found)


def _returned(given: inspect.Signature) -> Any:
    """Return the type in the brackets of ``Request[…]``."""
    annotation = given.return_annotation
    if isinstance(annotation, str):
        return annotation.partition("[")[2].removesuffix("]")
    return next(iter(get_args(annotation)), None)


def _first_words(function: Callable[..., Any]) -> str:
    """Return the first sentence of the docstring, up to its first comma, colon or piece of code."""
    text = (inspect.getdoc(function) or function.__name__.replace("_", " ")).splitlines()[0]
    for end in ("``", ". ", ", ", ": ", "; "):
        text = text.partition(end)[0]
    return text.strip().rstrip(".")
