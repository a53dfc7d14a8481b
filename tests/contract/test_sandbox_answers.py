"""All operations of a channel's token, with what Front's own OpenAPI files say of the sandbox's answers."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.conftest import Answer, conversation_id, import_message, inbound
from tests.sandbox.openapi import needs_files, specification, violations
from tests.sandbox.operations import CONVERSATION, MESSAGE, OPERATIONS, Operation, World

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)


def check_error(answer: Answer, status: int) -> None:
    assert answer.status == status, answer.body
    error = answer.json["_error"]
    assert set(answer.json) == {"_error"}
    assert set(error) <= {"status", "title", "message", "details"}
    assert error["status"] == status
    assert error["title"]
    assert error["message"]
    assert answer.headers["Content-Type"] == "application/json"


@needs_files
def test_there_are_35_operations() -> None:
    ours = {(each.method, each.path) for each in OPERATIONS}
    theirs = {
        (method.upper(), path)
        for start in ("/channels/", "/conversations/{conversation_id}", "/messages/{message_id}")
        for path, methods in specification(start)["paths"].items()
        if path.startswith(start)
        for method in methods
    }
    assert ours == theirs
    assert len(OPERATIONS) == 35


@needs_files
def test_every_success_is_as_documented() -> None:
    world = World()
    for operation in OPERATIONS:
        answer = world.send(operation)
        assert answer.status == operation.status, (operation.name, answer.body)
        assert violations(operation.method, operation.path, answer) == [], operation.name
        assert "X-RateLimit-Remaining" in answer.headers


@needs_files
@pytest.mark.parametrize(
    "path",
    [CONVERSATION, *(CONVERSATION + "/" + name for name in ("messages", "events", "drafts", "comments"))],
)
def test_full_collections_are_as_documented(path: str) -> None:
    world = World()
    for operation in OPERATIONS:
        if operation.path.startswith((CONVERSATION, MESSAGE)) and operation.method != "DELETE":
            world.send(operation)
    answer = world.send(Operation("GET", path, 200))
    assert violations("GET", path, answer) == []
    if path != CONVERSATION:
        assert answer.json["_results"]


@needs_files
def test_a_wrong_answer_is_found() -> None:
    message = import_message(World().call, inbound("x"))
    message["recipients"][0]["role"] = "sender"
    assert violations("GET", MESSAGE, Answer(200, {}, json.dumps(message).encode())) != []
    assert violations("GET", MESSAGE, Answer(204, {}, b"")) != []


@each_operation
def test_without_a_token_nobody_is_let_in(operation: Operation) -> None:
    check_error(World().send(operation, HTTP_AUTHORIZATION=""), 401)


@each_operation
def test_another_channel_finds_nothing(operation: Operation) -> None:
    world = World()
    before = world.call.sandbox.snapshot()
    foreign = f"Bearer {world.call.token(sub='cha_2')}"
    check_error(
        world.send(operation, HTTP_AUTHORIZATION=foreign), 401 if "{channel_id}" in operation.path else 404
    )
    assert world.call.sandbox.snapshot() == before


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.path.startswith(CONVERSATION) and each != OPERATIONS[-1]],
    ids=lambda each: each.name,
)
def test_a_merged_conversation_redirects(operation: Operation) -> None:
    world = World()
    kept = conversation_id(import_message(world.call, inbound("a", "thr-9")))
    world.call.sandbox.merge(conversation_ids=[kept, world.ids["conversation_id"]], survivor=kept)
    answer = world.send(operation)
    rest = operation.path.removeprefix(CONVERSATION)
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://acme.api.frontapp.com/conversations/{kept}{rest}"


@each_operation
def test_the_limit_of_the_company_is_for_all(operation: Operation) -> None:
    world = World()
    world.clock.now += 60
    world.call.sandbox.configure(rate_limit=1)
    assert world.call("GET", "/messages/none").status == 404
    answer = world.send(operation)
    check_error(answer, 429)
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["X-RateLimit-Remaining"] == "0"
