"""Lists of resources, whole or in pages. Source: https://dev.frontapp.com/docs/pagination"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from django_front_channel.sandbox.http_messages import Json, Response, invalid_body, json_response

from .call import ApiCall

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


class HasId(Protocol):
    """A record with an id."""

    @property
    def id(self) -> str: ...


Resource = TypeVar("Resource", bound=HasId)


def whole(call: ApiCall, results: list[Json]) -> Response:
    """All results at once."""
    return _collection(call, results, None)


def page(call: ApiCall, records: Sequence[Resource], render: Callable[[Resource], Json]) -> Response:
    """One page, as the query's ``limit`` and ``page_token`` want it. Raises :class:`ApiError` 400.

    A token names the last record of the page before, so that new records move nothing.
    """
    limit = _limit(call)
    start = _start(call, records)
    shown = records[start : start + limit]
    token = shown[-1].id if len(records) > start + limit else None
    return _collection(call, [render(record) for record in shown], token)


def _collection(call: ApiCall, results: list[Json], token: str | None) -> Response:
    address = call.front.documents.link(*call.request.segments)
    query = {**call.request.query, "page_token": token}
    following = f"{address}?{urlencode(query)}" if token else None
    pagination = {"next": following}
    return json_response(200, {"_pagination": pagination, "_links": {"self": address}, "_results": results})


def _limit(call: ApiCall) -> int:
    text = call.request.query.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 0 < int(text) <= MAX_LIMIT):
        raise invalid_body([f"query.limit: must be an integer from 1 to {MAX_LIMIT}"])
    return int(text)


def _start(call: ApiCall, records: Sequence[HasId]) -> int:
    token = call.request.query.get("page_token")
    if token is None:
        return 0
    places = [number for number, record in enumerate(records, start=1) if record.id == token]
    if not places:
        raise invalid_body(["query.page_token: unknown"])
    return places[0]
