"""Ways to spoil a request: its bytes, or one place of its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.fuzz.attempts import CHOICES, HEAD, PROOFS

PROOF = CHOICES.index(PROOFS)
GONE = object()
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    2**63 - 1,
    "",
    "\0",
    "\ud83d",
    "..",
    "x" * 5000,
    "http://[",
    "https://a.example/conversations/../x",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"a": None},
)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside the document."""
    children = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in children:
        yield (*path, key)
        yield from places(value, (*path, key))


def put(document: Any, path: tuple[Any, ...], junk: Any) -> None:
    """Replace what is at the path, unless an earlier change has removed the way there."""
    try:
        for key in path[:-1]:
            document = document[key]
        if junk is GONE:
            del document[path[-1]]
        else:
            document[path[-1]] = deepcopy(junk)
    except (KeyError, IndexError, TypeError):
        return


def spoil(data: bytes, random: Random, spoil_bytes: Callable[[bytes], bytes]) -> bytes:
    """Another input: with one choice of its head changed, or one place of its JSON, or any bytes.

    Every second loses its proof: those are soon refused, and leave the time for others.
    """
    way = random.randrange(6)
    if way == 0:
        spoilt = _choose(data, random.randrange(HEAD), random)
    elif way == 1:
        spoilt = data[:HEAD] + _spoil_json(data[HEAD:], random, spoil_bytes)
    else:
        spoilt = data[:HEAD] + spoil_bytes(data[HEAD:])
    return _choose(spoilt, PROOF, random) if random.randrange(2) else spoilt


def _choose(data: bytes, place: int, random: Random) -> bytes:
    """Another choice than the first at this place of the head."""
    return data[:place] + bytes([ord("1") + random.randrange(5)]) + data[place + 1 :]


def _spoil_json(body: bytes, random: Random, spoil_bytes: Callable[[bytes], bytes]) -> bytes:
    try:
        document = json.loads(body)
        paths = list(places(document))
        if not paths:
            return spoil_bytes(body)
        put(document, random.choice(paths), random.choice((GONE, *JUNK, document)))
        return json.dumps(document, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return spoil_bytes(body)


def spoil_bytes(data: bytes, random: Random) -> bytes:
    """Some bytes removed, doubled or replaced."""
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.randrange(1, 9))
    piece = random.choice((b"", data[start:end] * 2, random.randbytes(random.randrange(1, 5))))
    return data[:start] + piece + data[end:]
