"""Front's operations as methods: one decorated method per operation.

A decorated method checks its arguments and returns the ``Request`` to make; the decorator has it made, and
gives the caller what ``reads`` makes of the answer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NamedTuple, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

from . import errors
from .answers import Answer
from .pages import Page, items_of, page_of

if TYPE_CHECKING:
    from .content import Content
    from .files import Destination

Result = TypeVar("Result")
Item = TypeVar("Item")
Parameters = ParamSpec("Parameters")
Group = TypeVar("Group", bound="ResourceGroup")

NOTHING: Mapping[str, str] = MappingProxyType({})
PACKAGE = __name__.rpartition(".")[0]


class Request(NamedTuple):
    """What one call says.

    ``ids``          for the places in the operation's path
    ``query``        parameters behind the path
    ``content``      the body
    ``destination``  where a successful answer is written, instead of being read as a document
    """

    ids: Mapping[str, str] = NOTHING
    query: Mapping[str, str] = NOTHING
    content: Content | None = None
    destination: Destination | None = None


class Operation(NamedTuple, Generic[Result]):
    """One operation of Front's OpenAPI files, and the method that makes it.

    ``status`` is the only status that means success, and ``reads`` turns such an answer into the result, or
    raises ``ValueError`` when it is not what Front documents.
    """

    id: str
    method: str
    path: str
    status: int
    reads: Callable[[Answer], Result]
    group: str
    name: str
    build: Callable[..., Request]

    def check(self, **arguments: object) -> None:
        """Raise ``InvalidArgument`` for arguments that the method would refuse. Nothing is sent."""
        self.build(_Unsent(), **arguments)

    def path_for(self, ids: Mapping[str, str]) -> str:
        return self.path.format(**{name: path_segment(value) for name, value in ids.items()})

    def resource_for(self, ids: Mapping[str, str]) -> tuple[str, str]:
        kind = self.path.split("/")[1].removesuffix("s")
        return kind, ids[f"{kind}_id"]

    def result(self, answer: Answer) -> Result:
        """Return the result that ``answer`` holds. Raises ``FrontAPIError``."""
        if answer.status != self.status:
            raise errors.refused(self.id, self.method, answer)
        try:
            return self.reads(answer)
        except ValueError as error:
            title = "The answer cannot be read"
            raise errors.lost(self.id, self.method, title, str(error), answer.status) from None


def path_segment(value: str) -> str:
    """Percent-encode ``value`` as exactly one segment of a path: ``a/b+é`` becomes ``a%2Fb%2B%C3%A9``."""
    return quote(value, safe="")


class Perform(Protocol):
    def __call__(self, operation: Operation[Result], request: Request, /) -> Result: ...


class ResourceGroup:
    """The operations on one kind of object, as methods."""

    def __init__(self, perform: Perform, channel_id: str) -> None:
        self._perform = perform
        self._channel_id = channel_id


class _Unsent(ResourceGroup):
    """Stands in for a client's group where arguments are only checked."""

    def __init__(self) -> None:
        self._channel_id = "cha_any"


OPERATIONS: dict[str, Operation[Any]] = {}

Build = Callable[Concatenate[Group, Parameters], Request]


def operation(
    operation_id: str, method: str, path: str, *, status: int, reads: Callable[[Answer], Result]
) -> Callable[[Build[Group, Parameters]], Callable[Concatenate[Group, Parameters], Result]]:
    """Register the decorated method as the operation ``operation_id`` of Front's OpenAPI files."""

    def decorate(build: Build[Group, Parameters]) -> Callable[Concatenate[Group, Parameters], Result]:
        made = _register(
            build, operation_id=operation_id, method=method, path=path, status=status, reads=reads
        )

        @functools.wraps(build)
        def call(self: Group, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            return self._perform(made, build(self, *args, **kwargs))

        return call

    return decorate


def collection(
    operation_id: str, path: str, *, reads: Callable[[Mapping[str, Any]], Item]
) -> Callable[[Build[Group, Parameters]], Callable[Concatenate[Group, Parameters], Iterator[Item]]]:
    """Register the decorated method as an operation that lists things.

    The method checks its arguments at once, and asks for a page when the caller has come to its first item.
    """

    def decorate(build: Build[Group, Parameters]) -> Callable[Concatenate[Group, Parameters], Iterator[Item]]:
        made = _register(
            build, operation_id=operation_id, method="GET", path=path, status=200, reads=page_of(reads)
        )

        @functools.wraps(build)
        def call(self: Group, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Iterator[Item]:
            request = build(self, *args, **kwargs)

            def page(token: str | None) -> Page[Item]:
                onward = {} if token is None else {"page_token": token}
                return self._perform(made, request._replace(query={**request.query, **onward}))

            return items_of(page)

        return call

    return decorate


def _register(
    build: Callable[..., Request],
    /,
    *,
    operation_id: str,
    method: str,
    path: str,
    status: int,
    reads: Callable[[Answer], Result],
) -> Operation[Result]:
    # A group is a module beside this one, or a package of several.
    group = build.__module__.removeprefix(f"{PACKAGE}.").partition(".")[0]
    made = Operation(operation_id, method, path, status, reads, group, build.__name__, build)
    OPERATIONS[operation_id] = made
    return made
