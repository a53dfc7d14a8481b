from __future__ import annotations

import json

import pytest

from django_front_channel.client import FrontConversation
from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.client.hosts import conversation_moved_to
from django_front_channel.exceptions import FrontRedirectError

from .conftest import INBOUND, RawFront, response
from .every import SAMPLES, perform, success
from .test_jwts import bearer

API = "https://api2.frontapp.com"
FOUND = response("200 OK", '{"id":"cnv_2"}')


def moved(location: str, status: str = "301 Moved Permanently") -> bytes:
    return response(status, "", f"Location: {location}")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize(
    "location",
    [
        "https://acme.api.frontapp.com/conversations/cnv_2",
        "https://api2.frontapp.com/conversations/cnv_2?x=y",
        "/conversations/cnv_2",
    ],
)
def test_a_merged_conversation_is_asked_for_again_at_the_same_place(raw_front, raw_client, status, location):
    raw_front.responses = [moved(location, status), FOUND]
    assert raw_client.conversations.get("cnv_1").id == "cnv_2"
    assert raw_front.request_lines() == [
        "GET /conversations/cnv_1 HTTP/1.1",
        "GET /conversations/cnv_2 HTTP/1.1",
    ]
    first, second = raw_front.requests
    assert bearer(first) != bearer(second)


def test_a_redirected_post_stays_the_same_post(raw_front, raw_client):
    location = "https://acme.api.frontapp.com/conversations/cnv_2/comments"
    raw_front.responses = [moved(location), response("201 Made", '{"id":"com_1"}')]
    raw_client.conversations.add_comment("cnv_1", body="Hi")
    assert raw_front.request_lines() == [
        "POST /conversations/cnv_1/comments HTTP/1.1",
        "POST /conversations/cnv_2/comments HTTP/1.1",
    ]
    assert all(request.endswith(b'\r\n\r\n{"body":"Hi"}') for request in raw_front.requests)


@pytest.fixture
def stranger():
    server = RawFront()
    yield server
    server.stop()


@pytest.mark.fault("F114")
def test_a_foreign_host_gets_no_request(raw_front, raw_client, stranger):
    location = stranger.url.replace("127.0.0.1", "localhost") + "/conversations/cnv_2"
    raw_front.responses = [moved(location)]
    with pytest.raises(FrontRedirectError, match="foreign host"):
        raw_client.conversations.get("cnv_1")
    assert (len(raw_front.requests), stranger.connections) == (1, 0)


def test_even_an_allowed_location_is_only_read_for_its_id(raw_front, raw_client, stranger):
    raw_front.responses = [moved(stranger.url + "/conversations/cnv_2"), FOUND]
    assert raw_client.conversations.get("cnv_1").id == "cnv_2"
    assert stranger.connections == 0


@pytest.mark.parametrize("hops", [1, 5])
def test_up_to_five_hops_are_followed(raw_front, raw_client, hops):
    raw_front.responses = [moved(f"/conversations/cnv_{hop}") for hop in range(hops)] + [FOUND]
    assert isinstance(raw_client.conversations.get("cnv_a"), FrontConversation)
    assert len(raw_front.requests) == hops + 1


@pytest.mark.fault("F114")
def test_a_loop_ends(raw_front, raw_client):
    raw_front.responses = [moved("/conversations/cnv_1")] * 20
    with pytest.raises(FrontRedirectError, match="More than 5"):
        raw_client.conversations.get("cnv_1")
    assert len(raw_front.requests) == 6


@pytest.mark.fault("F100")
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_the_channel_api_is_never_followed(raw_front, raw_client, status):
    raw_front.responses = [moved(raw_front.url + "/conversations/cnv_2", status)]
    with pytest.raises(FrontRedirectError):
        raw_client.messages.sync_inbound(**INBOUND)
    assert len(raw_front.requests) == 1


def test_a_redirect_without_location_is_an_error(raw_front, raw_client):
    raw_front.responses = [response("301 Moved")]
    with pytest.raises(FrontRedirectError):
        raw_client.conversations.get("cnv_1")


@pytest.mark.fault("F114")
@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/conversations/cnv_2",
        "https://api2.frontapp.com@evil.example/conversations/cnv_2",
        "https://api2.frontapp.com.evil.example/conversations/cnv_2",
        "https://api.frontapp.com.evil.example/conversations/cnv_2",
        "https://evilapi.frontapp.com/conversations/cnv_2",
        "//evil.example/conversations/cnv_2",
        "javascript:alert(1)",
        "http://[/conversations/cnv_2",
        "/messages/msg_1",
        "/conversations/",
        "/conversations/..",
        "/conversations/%2e%2e",
        "/conversations/a%0d%0ab",
        "/conversations/" + "x" * 201,
        "",
    ],
)
def test_no_other_location_is_believed(location):
    with pytest.raises(ValueError, match=r"."):
        conversation_moved_to(location, API)


def test_a_base_path_is_no_part_of_the_location():
    assert conversation_moved_to("/front/conversations/cnv_2", "http://localhost/front") == "cnv_2"


MOVABLE = [made for made in OPERATIONS.values() if made.path.startswith("/conversations/")]


def body(request: bytes) -> bytes:
    return request.partition(b"\r\n\r\n")[2]


@pytest.mark.fault("F100")
@pytest.mark.parametrize("made", MOVABLE, ids=lambda made: made.id)
def test_every_operation_on_a_conversation_follows_it_with_the_same_method_and_body(
    raw_front, raw_client, made
):
    sample = SAMPLES[made.id]
    document = "" if sample.document is None else json.dumps(sample.document)
    raw_front.responses = [
        moved("https://acme.api.frontapp.com/conversations/cnv_2"),
        response(success(made.id), document),
    ]
    arguments = sample.with_attachments() if sample.attachments else sample.arguments
    perform(raw_client, made.id, arguments)
    first, second = raw_front.requests
    assert first.startswith(f"{made.method} /conversations/cnv_1".encode())
    assert second.startswith(f"{made.method} /conversations/cnv_2".encode())
    assert body(first) == body(second)
    assert bearer(first) != bearer(second)


def test_all_20_operations_on_conversations_can_move():
    assert len(MOVABLE) == 20
