"""Front's operations as methods: one decorated method for each operation.

A decorated method checks its arguments and returns a ``Request``. The decorator sends that request, passes the response
to ``reads``, and returns the result to the caller.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NamedTuple, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

from . import api_errors, hosts
from .responses import Response, mapping, mappings

if TYPE_CHECKING:
    from .file_streams import Destination
    from .request_bodies import Content

Result = TypeVar("Result")
Item = TypeVar("Item")
Parameters = ParamSpec("Parameters")
Group = TypeVar("Group", bound="ResourceGroup")

NOTHING: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """The content of one request.

    * ``ids``: the values of the parameters in the operation's path.
    * ``query``: the query parameters.
    * ``content``: the body.
    * ``destination``: a file to write a successful response to, instead of reading it as JSON.
    """

    ids: Mapping[str, str] = NOTHING
    query: Mapping[str, str] = NOTHING
    content: Content | None = None
    destination: Destination | None = None


class Operation(NamedTuple, Generic[Result]):
    """One operation of Front's OpenAPI files, and the method that performs it.

    * ``status``: the only status that means success.
    * ``reads``: turns a successful response into the result. Raises ``ValueError`` when the response differs from
      Front's documentation.
    * ``group``, ``name``: the client's resource group and its method.
    * ``build``: makes the ``Request`` from the method's arguments.
    """

    id: str
    method: str
    path: str
    status: int
    reads: Callable[[Response], Result]
    group: str
    name: str
    build: Callable[..., Request]

    def check(self, **arguments: object) -> None:
        """Raise ``InvalidArgument`` for arguments that the method would refuse. Nothing is sent."""
        self.build(_Unsent(), **arguments)

    def path_for(self, ids: Mapping[str, str]) -> str:
        """Return the path with the percent-encoded ``ids`` as its parameters."""
        return self.path.format(**{name: path_segment(value) for name, value in ids.items()})

    def resource_for(self, ids: Mapping[str, str]) -> tuple[str, str]:
        """Return the resource to which Front's limit per resource applies, such as ``("channel", "cha_1")``."""
        kind = self.path.split("/")[1].removesuffix("s")
        return kind, ids[f"{kind}_id"]

    def result(self, response: Response) -> Result:
        """Return the result that ``response`` holds. Raises ``FrontAPIError``."""
        if response.status != self.status:
            raise api_errors.refusal(self.id, self.method, response)
        try:
            return self.reads(response)
        except ValueError as error:
            title, status = "The response cannot be read", response.status
            raise api_errors.lost_response(self.id, self.method, title, str(error), status) from None


class Perform(Protocol):
    """Performs an operation and returns its result. Raises ``FrontAPIError``."""

    def __call__(self, operation: Operation[Result], request: Request, /) -> Result: ...


class ResourceGroup:
    """The operations on one kind of object, as methods."""

    def __init__(self, perform: Perform, channel_id: str) -> None:
        self._perform = perform
        self._channel_id = channel_id


class _Unsent(ResourceGroup):
    """A group without a client, for checking arguments only."""

    def __init__(self) -> None:
        self._channel_id = "cha_any"


# A group registers its operations here when it is imported; all_operations imports all groups.
OPERATIONS: dict[str, Operation[Any]] = {}

Build = Callable[Concatenate[Group, Parameters], Request]


def operation(
    operation_id: str, method: str, path: str, *, status: int, reads: Callable[[Response], Result]
) -> Callable[[Build[Group, Parameters]], Callable[Concatenate[Group, Parameters], Result]]:
    """Register the decorated method as the operation ``operation_id`` of Front's OpenAPI files."""

    def decorate(build: Build[Group, Parameters]) -> Callable[Concatenate[Group, Parameters], Result]:
        registered = _register(build, operation_id, method=method, path=path, status=status, reads=reads)

        @functools.wraps(build)
        def perform(self: Group, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            return self._perform(registered, build(self, *args, **kwargs))

        return perform

    return decorate


def collection(
    operation_id: str, path: str, *, reads: Callable[[Mapping[str, Any]], Item]
) -> Callable[[Build[Group, Parameters]], Callable[Concatenate[Group, Parameters], Iterator[Item]]]:
    """Register the decorated method as an operation that yields a collection, page by page.

    The method checks its arguments at once. It requests a page when the caller reaches the first item of that page.
    Front: https://dev.frontapp.com/docs/pagination
    """

    def decorate(build: Build[Group, Parameters]) -> Callable[Concatenate[Group, Parameters], Iterator[Item]]:
        registered = _register(
            build, operation_id, method="GET", path=path, status=200, reads=_page_of(reads)
        )

        @functools.wraps(build)
        def perform(self: Group, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Iterator[Item]:
            request = build(self, *args, **kwargs)

            def ask(token: str | None) -> Page[Item]:
                onward = {} if token is None else {"page_token": token}
                return self._perform(registered, request._replace(query={**request.query, **onward}))

            return _items_of(ask)

        return perform

    return decorate


def document(read: Callable[[Mapping[str, Any]], Result]) -> Callable[[Response], Result]:
    """Return a function that reads a response by passing its JSON object to ``read``."""
    return lambda response: read(response.document())


def nothing(response: Response) -> None:
    """Return None, because the response says only that the operation succeeded."""


def path_segment(value: str) -> str:
    """Percent-encode ``value`` as exactly one segment of a path: ``a/b+é`` becomes ``a%2Fb%2B%C3%A9``."""
    return quote(value, safe="")


class Page(NamedTuple, Generic[Item]):
    """One page of a collection. The ``next_token`` is the token of the next page, or None on the last page."""

    items: tuple[Item, ...]
    next_token: str | None


def _page_of(read: Callable[[Mapping[str, Any]], Item]) -> Callable[[Response], Page[Item]]:
    """Return a function that reads a page by passing each of its items to ``read``."""

    def read_page(response: Response) -> Page[Item]:
        raw = response.document()
        if not isinstance(raw.get("_results"), list):
            raise ValueError("The response holds no _results.")
        following = mapping(raw.get("_pagination")).get("next")
        return Page(
            items=tuple(read(item) for item in mappings(raw["_results"])),
            next_token=hosts.page_token(following, response.url) if following else None,
        )

    return read_page


def _items_of(ask: Callable[[str | None], Page[Item]]) -> Iterator[Item]:
    """Yield the items of all pages. The function ``ask`` returns the page of a token, and the first page for None."""
    # Only a page without a token is the last one: an earlier page may be short. A repeated token would loop for ever.
    token: str | None = None
    seen = {token}
    while True:
        page = ask(token)
        yield from page.items
        token = page.next_token
        if token in seen:
            return
        seen.add(token)


def _register(
    build: Callable[..., Request],
    operation_id: str,
    *,
    method: str,
    path: str,
    status: int,
    reads: Callable[[Response], Result],
) -> Operation[Result]:
    # A group is named after its module, which is in this module's folder.
    group = build.__module__.rpartition(".")[2]
    registered = Operation(operation_id, method, path, status, reads, group, build.__name__, build)
    OPERATIONS[operation_id] = registered
    return registered
