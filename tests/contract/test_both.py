"""Each of the 35 operations through the client to the sandbox over a real socket, judged by Front's own files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.exceptions import (
    FrontAPIError,
    FrontAuthenticationError,
    FrontBadRequestError,
    FrontNotFoundError,
    FrontRateLimitError,
)
from tests.client.every import PICTURE, SAMPLES, perform, upload
from tests.sandbox.openapi import needs_files, operation, violations

from . import description
from .exercises import EXERCISES
from .test_sandbox_answers import check_error
from .world import LABEL, Exchange, World, world

OPERATION_IDS = sorted(OPERATIONS)
OF_CONVERSATIONS = [each for each in OPERATION_IDS if OPERATIONS[each].path.startswith("/conversations/{")]
WITH_FILES = [each for each in OPERATION_IDS if SAMPLES[each].attachments]
each_operation = pytest.mark.parametrize("operation_id", OPERATION_IDS)


@pytest.fixture(name="world")
def world_fixture() -> Iterator[World]:
    with world() as found:
        yield found


@cache
def validator(file: str) -> OpenAPI:
    return description.validator(file)


def check(operation_id: str, exchange: Exchange) -> None:
    """Validate a request and its answer. Front's files describe a body with attachments as JSON, which has no
    files: of such a request the parts are compared elsewhere, and here the rest is validated."""
    made, request = OPERATIONS[operation_id], exchange.request
    wrong = violations(made.method, made.path, exchange.answer)
    assert wrong == [], exchange.answer.body
    content_type = request.headers.get("Content-Type", "")
    described = operation(made.method, made.path).get("requestBody", {}).get("content", {})
    if content_type.startswith("multipart/") and "multipart/form-data" not in described:
        return
    file = "channel-api.json" if made.path.startswith("/channels/") else "core-api.json"
    validator(file).validate_request(
        MockRequest(
            "https://api2.frontapp.com",
            request.method,
            exchange.path,
            args=dict(request.query),
            headers=dict(request.headers),
            data=request.body or None,
            content_type=content_type,
        )
    )


def exercise(world: World, operation_id: str, **more: Any) -> object:
    chosen = EXERCISES[operation_id]
    chosen.before(world)
    world.sandbox.exchanges.clear()
    return perform(world.client, operation_id, world.arguments(operation_id) | chosen.changes | more)


def test_each_operation_is_exercised() -> None:
    assert set(EXERCISES) == set(OPERATIONS)
    assert len(EXERCISES) == 35


@each_operation
def test_what_an_operation_returns_and_leaves(world: World, operation_id: str) -> None:
    result = exercise(world, operation_id)
    [exchange] = world.sandbox.exchanges
    made = OPERATIONS[operation_id]
    assert (exchange.request.method, exchange.answer.status) == (made.method, made.status)
    assert EXERCISES[operation_id].left(world, result) == EXERCISES[operation_id].expected


@needs_files
@each_operation
def test_request_and_answer_are_as_described(world: World, operation_id: str) -> None:
    exercise(world, operation_id)
    [exchange] = world.sandbox.exchanges
    check(operation_id, exchange)


@needs_files
def test_a_wrong_exchange_is_found(world: World) -> None:
    exercise(world, "add-comment")
    [exchange] = world.sandbox.exchanges
    with pytest.raises(OpenAPIError):
        check("add-comment", exchange._replace(request=replace(exchange.request, body=b'{"body":7}')))
    with pytest.raises(AssertionError):
        check("add-comment", exchange._replace(answer=replace(exchange.answer, body=b'{"id":7}')))


def test_an_operation_without_an_exercise_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(EXERCISES, "add-comment")
    with pytest.raises(AssertionError):
        test_each_operation_is_exercised()


def merge(world: World) -> str:
    """Let the conversation become part of another one. Returns the id of that."""
    kept = world.sync("m-7", thread="c-7")
    world.sandbox.merge(conversation_ids=[kept, world.ids["conversation_id"]], survivor=kept)
    return kept


# Front describes no redirect for the deletion of a conversation.
MERGEABLE = sorted(set(OF_CONVERSATIONS) - {"delete-conversation"})


@pytest.mark.parametrize("operation_id", MERGEABLE)
def test_a_merged_conversation_is_followed(world: World, operation_id: str) -> None:
    kept, made = merge(world), OPERATIONS[operation_id]
    exercise(world, operation_id)
    first, second = world.sandbox.exchanges
    assert [first.answer.status, second.answer.status] == [301, made.status]
    assert [first.request.method, second.request.method] == [made.method, made.method]
    assert second.request.target == first.request.target.replace(world.ids["conversation_id"], kept)
    assert second.request.body == first.request.body
    assert second.request.headers["Authorization"] != first.request.headers["Authorization"]


@needs_files
@pytest.mark.parametrize("operation_id", MERGEABLE)
def test_redirects_are_as_described(world: World, operation_id: str) -> None:
    merge(world)
    exercise(world, operation_id)
    for exchange in world.sandbox.exchanges:
        check(operation_id, exchange)


def test_a_merged_conversation_cannot_be_deleted_by_its_old_id(world: World) -> None:
    merge(world)
    with pytest.raises(FrontNotFoundError):
        world.client.conversations.delete(world.ids["conversation_id"])


PAGED = ("list-conversation-messages", "list-conversation-events")


def pages(world: World, operation_id: str) -> tuple[Any, Any]:
    """All items in pages of two, and all in one page."""
    for number in range(3):
        world.sync(f"m-{number + 3}")
    whole = exercise(world, operation_id, limit=100)
    return exercise(world, operation_id, limit=2), whole


@pytest.mark.parametrize("operation_id", PAGED)
def test_pages_make_the_whole(world: World, operation_id: str) -> None:
    paged, whole = pages(world, operation_id)
    assert paged == whole
    assert len(world.sandbox.exchanges) == (len(whole) + 1) // 2 > 1
    assert all(each.request.query["limit"] == "2" for each in world.sandbox.exchanges)


@needs_files
@pytest.mark.parametrize("operation_id", PAGED)
def test_pages_are_as_described(world: World, operation_id: str) -> None:
    pages(world, operation_id)
    for exchange in world.sandbox.exchanges:
        check(operation_id, exchange)


FILES = [("a.png", "image/png", PICTURE), ("b.txt", "text/plain", b"two")]


def kept_files(world: World, operation_id: str) -> list[tuple[str, str, bytes]]:
    """The files of what was written last, as Front has them."""
    state = world.sandbox.state
    comments = state.conversations[world.ids["conversation_id"]].comments
    written = comments[-1] if operation_id == "add-comment" else list(state.messages.values())[-1]
    return [(each.filename, each.content_type, each.content) for each in written.attachments]


@pytest.mark.parametrize("operation_id", WITH_FILES)
def test_files_arrive_and_nothing_else_changes(world: World, operation_id: str) -> None:
    files = SAMPLES[operation_id].with_attachments()["attachments"]
    result = exercise(world, operation_id, attachments=files)
    assert EXERCISES[operation_id].left(world, result) == EXERCISES[operation_id].expected
    assert kept_files(world, operation_id) == FILES


@needs_files
@pytest.mark.parametrize("operation_id", WITH_FILES)
def test_answers_to_files_are_as_described(world: World, operation_id: str) -> None:
    exercise(world, operation_id, attachments=[upload()])
    [exchange] = world.sandbox.exchanges
    check(operation_id, exchange)


def test_files_of_a_customer_come_back_as_they_went(world: World) -> None:
    large = bytes(range(256)) * 8192
    world.sync("m-8", attachments=[upload(), upload("ü \u2603.bin", "application/x-large", large)])
    message = next(world.client.conversations.messages(world.ids["conversation_id"]))
    found = []
    for each in message.attachments:
        file = io.BytesIO()
        done = world.client.messages.download(message.id, each.id, to=file)
        assert (done.content_type, done.size) == (each.content_type, each.size)
        found.append((each.filename, file.getvalue()))
    assert found == [("a.png", PICTURE), ("ü \u2603.bin", large)]


def test_a_file_is_fetched_from_the_storage_without_the_token(world: World) -> None:
    world.sandbox.configure(download_redirect=True)
    file = io.BytesIO()
    world.client.messages.download(world.ids["message_id"], world.ids["attachment_id"], to=file)
    front, storage = world.sandbox.exchanges
    assert file.getvalue() == LABEL
    assert (front.answer.status, storage.answer.status) == (302, 200)
    assert ("Authorization" in front.request.headers, "Authorization" in storage.request.headers) == (
        True,
        False,
    )


# Of each group, what Front refuses: the arguments that differ from those of the exercise, and the error.
REFUSED: list[tuple[str, dict[str, Any], type[FrontAPIError], int]] = [
    ("sync-application-message-template", {}, FrontBadRequestError, 400),
    ("update-application-message-template", {}, FrontBadRequestError, 400),
    ("update-call", {"call_status": "hold"}, FrontBadRequestError, 400),
    ("update-external-message-status", {"external_id": "m-0"}, FrontBadRequestError, 400),
    ("update-conversation", {"assignee_id": "tea_9"}, FrontBadRequestError, 400),
    ("update-conversation", {"description": "of a task"}, FrontBadRequestError, 400),
    ("add-conversation-tag", {"tag_ids": ["tag_9"]}, FrontBadRequestError, 400),
    ("delete-conversation", {"conversation_id": "cnv_9"}, FrontNotFoundError, 404),
    ("get-conversation-by-id", {"conversation_id": "cnv_9"}, FrontNotFoundError, 404),
    ("get-message", {"message_id": "alt:uid:none"}, FrontNotFoundError, 404),
    ("download-attachment-for-a-message", {"attachment_id": "fil_9"}, FrontNotFoundError, 404),
]


@pytest.mark.parametrize(("operation_id", "wrong", "error", "status"), REFUSED)
def test_what_is_refused(
    world: World, operation_id: str, wrong: dict[str, Any], error: type[FrontAPIError], status: int
) -> None:
    world.sandbox.configure(templates=False)
    with pytest.raises(error) as caught:
        exercise(world, operation_id, **wrong)
    [exchange] = world.sandbox.exchanges
    check_error(exchange.answer, status)
    said = exchange.answer.json["_error"]
    assert (caught.value.operation, caught.value.status_code, said["status"]) == (
        operation_id,
        status,
        status,
    )
    assert (caught.value.title, said["message"] in caught.value.detail) == (said["title"], True)
    assert (caught.value.retryable, caught.value.ambiguous) == (False, False)


@needs_files
def test_refusals_have_a_status_that_front_describes() -> None:
    """Where its files name errors of an operation at all; a body of them they never describe."""
    for operation_id, _, _, status in REFUSED:
        made = OPERATIONS[operation_id]
        errors = {each for each in operation(made.method, made.path)["responses"] if each >= "400"}
        assert str(status) in errors or not errors, operation_id


@each_operation
def test_a_channel_that_was_deleted_is_refused_twice(world: World, operation_id: str) -> None:
    arguments = world.arguments(operation_id)
    world.sandbox.delete_channel(channel_id="cha_1")
    with pytest.raises(FrontAuthenticationError):
        perform(world.client, operation_id, arguments)
    first, second = world.sandbox.exchanges
    assert first.request.headers["Authorization"] != second.request.headers["Authorization"]
    check_error(second.answer, 401)


@each_operation
def test_the_limit_of_the_company_stops_an_operation(world: World, operation_id: str) -> None:
    world.sandbox.fail_next(status=429, headers={"Retry-After": "7"})
    with pytest.raises(FrontRateLimitError) as caught:
        exercise(world, operation_id)
    assert (caught.value.retry_after, caught.value.retryable) == (7.0, True)
