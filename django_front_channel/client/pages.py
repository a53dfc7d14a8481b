"""Front's collections, read one page at a time and only as far as the caller goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from . import hosts, reading
from .answers import Answer

Item = TypeVar("Item")


class Page(NamedTuple, Generic[Item]):
    """One page of a collection. ``next_token`` asks for the next one; None on the last."""

    items: tuple[Item, ...]
    next_token: str | None


def page_of(read: Callable[[Mapping[str, Any]], Item]) -> Callable[[Answer], Page[Item]]:
    """Make a reader of pages from ``read``, a reader of single objects."""

    def read_page(answer: Answer) -> Page[Item]:
        raw = answer.document()
        if not isinstance(raw.get("_results"), list):
            raise ValueError("The answer holds no _results.")
        following = reading.mapping(raw.get("_pagination")).get("next")
        return Page(
            items=tuple(read(item) for item in reading.mappings(raw["_results"])),
            next_token=hosts.page_token(following, answer.url) if following else None,
        )

    return read_page


def items_of(ask: Callable[[str | None], Page[Item]]) -> Iterator[Item]:
    """Yield the items of all pages. ``ask`` returns the page of a token; None stands for the first page."""
    # A short page is not the end, only one without a next page is; a token that comes again would be a loop.
    token: str | None = None
    seen = {token}
    while True:
        page = ask(token)
        yield from page.items
        token = page.next_token
        if token in seen:
            return
        seen.add(token)
