"""The sandbox refuses whatever Front's OpenAPI files forbid, and no body breaks it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.openapi import forbidden, needs_files
from tests.sandbox.operations import OPERATIONS, Operation, World

WITH_JSON = [each for each in OPERATIONS if isinstance(each.body, dict)]
WRONG: tuple[Any, ...] = (None, True, 7, 1.5, "x", "", "x" * 201, [], [7], ["x"], ["x"] * 51, {}, {"x": 1})

# Front's descriptions allow null here, although the schemas do not say so.
NULLS = {("assignee_id",), ("scheduled_at",), ("signature_id",)}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a body."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(body: Any, path: tuple[Any, ...], value: Any = ...) -> Any:
    """A copy with another value at this place, or with none."""
    body = copy.deepcopy(body)
    *parents, last = path
    inner = body
    for key in parents:
        inner = inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return body


def check(world: World, operation: Operation, body: Any) -> None:
    wrong = forbidden(operation.method, operation.path, body)
    answer = world.send(operation, body)
    assert answer.status < 500
    if wrong:
        assert answer.status == 400, (body, wrong)
        assert answer.json["_error"]["details"], body


@needs_files
@pytest.mark.parametrize("operation", WITH_JSON, ids=lambda each: each.name)
def test_what_the_schema_forbids_is_refused(operation: Operation) -> None:
    world = World()
    tried = refused = 0
    for path in places(operation.body):
        for value in (..., *WRONG):
            if value is None and path in NULLS:
                continue
            body = changed(operation.body, path, value)
            tried += 1
            refused += bool(forbidden(operation.method, operation.path, body))
            check(world, operation, body)
    assert tried == 0 or refused > 0


@needs_files
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_value_anywhere(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([each for each in WITH_JSON if each.body]))
    path = data.draw(st.sampled_from(list(places(operation.body))))
    value = data.draw(values)
    if value is not None or path not in NULLS:
        check(WORLD, operation, changed(operation.body, path, value))


@settings(max_examples=300, deadline=None)
@given(
    operation=st.sampled_from(OPERATIONS[:-1]),  # without the one that ends the conversation
    content=st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
    content_type=st.sampled_from(
        ["application/json", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain", ""]
    ),
)
def test_any_bytes(operation: Operation, content: bytes, content_type: str) -> None:
    assert WORLD.send(operation, content, CONTENT_TYPE=content_type).status < 500


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from(
                ["body", "metadata[external_id]", "a[b", "to[0][handle]", "to[x]", "attachments", "to[]", ""]
            )
            | st.text(max_size=8),
            st.sampled_from(["", '; filename="f"', '; filename="f"\r\nContent-Type: a/b\r\n c']),
            st.binary(max_size=20),
        ),
        max_size=5,
    ),
    operation=st.sampled_from([each for each in OPERATIONS if each.method == "POST"]),
)
def test_any_form(parts: list[tuple[str, str, bytes]], operation: Operation) -> None:
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"{rest}\r\n\r\n'.encode() + content + b"\r\n"
        for name, rest, content in parts
    )
    answer = WORLD.send(operation, body + b"--b--\r\n", CONTENT_TYPE="multipart/form-data; boundary=b")
    assert answer.status < 500


@pytest.mark.parametrize(
    "body",
    [
        b'{"custom_fields": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
        b'{"custom_fields": {"a": 1e999}}',
        b'{"custom_fields": {"a": ' + b"9" * 5000 + b"}}",
        b'{"status": "archived"',
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_written_again_is_refused(body: bytes) -> None:
    world = World()
    update = next(each for each in OPERATIONS if each.name == "PATCH /conversations/{conversation_id}")
    assert world.send(update, body).status == 400


WORLD = World()
