"""The client's requests conform to Front's own description."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError
from requests.adapters import BaseAdapter

from django_front_channel.client import FrontClient
from django_front_channel.client.all_operations import OPERATIONS
from tests.client.every import SAMPLES, perform
from tests.client.test_request_bodies import parts_of

from . import description

pytestmark = pytest.mark.skipif(description.DIRECTORY is None, reason="FRONT_OPENAPI_DIR is not set")

API_URL = "https://api2.frontapp.com"


class NothingIsSent(Exception):
    """Ends a call before its answer."""


class Recorder(BaseAdapter):
    """Keeps the request, its body as the bytes that would leave."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body: Any = request.body
        if not isinstance(body, bytes | None):
            request.body = b"".join(body)
        self.request = request
        raise NothingIsSent

    def close(self) -> None:
        """Nothing is open."""


def sent(operation_id: str, arguments: dict[str, Any]) -> requests.PreparedRequest:
    recorder = Recorder()
    client = FrontClient("a1b2c3d4e5f60718", "s" * 32, "cha_1", api_url=API_URL, adapter=recorder)
    with pytest.raises(NothingIsSent):
        perform(client, operation_id, arguments)
    return recorder.request


@cache
def validator(file: str) -> OpenAPI:
    return description.validator(file)


def validate(file: str, request: requests.PreparedRequest) -> None:
    validator(file).validate_request(RequestsOpenAPIRequest(request))


@cache
def in_scope() -> dict[str, description.Described]:
    return {each.id: each for each in description.described()}


def test_every_operation_that_front_describes_has_a_method():
    made = {each.id: (each.method, each.path) for each in OPERATIONS.values()}
    assert made == {each.id: (each.method, each.path) for each in in_scope().values()}
    assert len(made) == 35


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_the_request_with_every_optional_field_is_valid(operation_id):
    validate(in_scope()[operation_id].file, sent(operation_id, SAMPLES[operation_id].arguments))


VARIANTS = {
    "an outbound call": ("create-call", {"direction": "outbound"}),
    "links by id": ("add-conversation-link", {"link_external_urls": None, "link_ids": ["top_1"]}),
    "a status of ticketing": ("update-conversation", {"status": None, "status_id": "sts_1"}),
}


@pytest.mark.parametrize(("operation_id", "other"), VARIANTS.values(), ids=VARIANTS)
def test_what_excludes_each_other_is_valid_too(operation_id, other):
    request = sent(operation_id, SAMPLES[operation_id].arguments | other)
    validate(in_scope()[operation_id].file, request)


def described_fields(operation_id: str) -> Iterator[str]:
    """What Front takes besides the path: the fields of the body as ``sender.name`` or ``to[].name``, and of the
    query as ``?limit``."""
    each = in_scope()[operation_id]
    root = description.load(each.file)
    described = root["paths"][each.path][each.method.lower()]
    for parameter in described.get("parameters", []):
        if resolved(root, parameter)["in"] == "query":
            yield "?" + resolved(root, parameter)["name"]
    for content in described.get("requestBody", {"content": {}})["content"].values():
        yield from fields(root, content["schema"])


def resolved(root: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    return schema


def fields(root: dict[str, Any], schema: dict[str, Any], name: str = "") -> Iterator[str]:
    schema = resolved(root, schema)
    for part in [*schema.get("allOf", []), *schema.get("oneOf", [])]:
        yield from fields(root, part, name)
    if "items" in schema:
        yield from fields(root, schema["items"], f"{name}[]")
    for key, inner in schema.get("properties", {}).items():
        yield from fields(root, inner, f"{name}.{key}" if name else key)
    if name and not schema.get("properties"):
        yield name


def said_fields(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict) and name != "custom_fields":
        for key, inner in value.items():
            yield from said_fields(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for inner in value:
            yield from said_fields(inner, f"{name}[]")
        yield name
    else:
        yield name


def without_parents(names: Iterable[str]) -> set[str]:
    """A list of things is described by its things."""
    found = set(names)
    return {name for name in found if not any(other.startswith((f"{name}[", f"{name}.")) for other in found)}


# The one side of a call, one of two kinds of link, a page to go on from: they exclude what is sent.
EXCLUDED = {
    "create-call": {"to.handle", "to.name"},
    "add-conversation-link": {"link_ids[]"},
    "update-conversation": {"status_id"},
    "list-conversation-events": {"?page_token"},
    "list-conversation-messages": {"?page_token"},
}


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_no_field_that_front_describes_is_missing(operation_id):
    request = sent(operation_id, SAMPLES[operation_id].arguments)
    said = {f"?{name}" for name in parse_qs(urlsplit(str(request.url)).query)}
    if request.headers.get("Content-Type") == "application/json":
        said |= set(said_fields(json.loads(request.body or b"")))
    elif request.body:
        said |= {"attachments", "recording_type"}
    wanted = without_parents(described_fields(operation_id)) - EXCLUDED.get(operation_id, set())
    if SAMPLES[operation_id].attachments:
        wanted -= {"attachments[]"}
    assert without_parents(said) == wanted


@pytest.mark.parametrize("operation_id", [each for each in sorted(SAMPLES) if SAMPLES[each].attachments])
def test_with_files_the_request_says_the_same(operation_id):
    """Front's description has JSON only; with files, says its text, the same goes as multipart."""
    sample = SAMPLES[operation_id]
    said = json.loads(sent(operation_id, sample.arguments).body or b"")
    request = sent(operation_id, sample.with_attachments())
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    assert isinstance(request.body, bytes)
    assert int(request.headers["Content-Length"]) == len(request.body)
    parts = parts_of(b"POST / HTTP/1.1\r\n" + head + request.body)
    fields = {name: content.decode() for name, filename, _, content in parts if filename is None}
    assert fields == dict(flat(said))
    assert [name for name, filename, *_ in parts if filename] == ["attachments[0]", "attachments[1]"]
    assert "attachments[]" in set(described_fields(operation_id))


def flat(value: Any, name: str = ""):
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from flat(item, f"{name}[{key}]" if name else str(key))
    else:
        yield name, json.dumps(value) if isinstance(value, bool) else str(value)


def changed(request: requests.PreparedRequest, **changes: Any) -> requests.PreparedRequest:
    copy = request.copy()
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


INBOUND = "sync-inbound-message"
WRONG = {
    "a path": {"url": f"{API_URL}/channels/cha_1/incoming"},
    "a method": {"method": "PUT"},
    "a missing field": {"body": b'{"sender":{"handle":"ana"},"body":"Hi"}'},
    "a field of another type": {
        "body": b'{"sender":{"handle":7},"body":"Hi","metadata":'
        b'{"external_id":"m-1","external_conversation_id":"c-1"}}'
    },
    "too long an id": {
        "body": json.dumps(
            {
                "sender": {"handle": "ana"},
                "body": "Hi",
                "metadata": {"external_id": "x" * 201, "external_conversation_id": "c-1"},
            }
        ).encode()
    },
    "a content type": {"headers": {"Content-Type": "text/plain", "Authorization": "Bearer x"}},
    "no token": {"headers": {"Content-Type": "application/json"}},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_the_validator_refuses_what_is_wrong(changes):
    request = sent(INBOUND, SAMPLES[INBOUND].arguments)
    headers = changes.get("headers")
    if headers is not None:
        changes = {**changes, "headers": requests.structures.CaseInsensitiveDict(headers)}
    with pytest.raises(OpenAPIError):
        validate("channel-api.json", changed(request, **changes))


def test_the_validator_refuses_a_wrong_parameter():
    request = sent("list-conversation-events", SAMPLES["list-conversation-events"].arguments)
    assert request.url is not None
    with pytest.raises(OpenAPIError):
        validate("core-api.json", changed(request, url=request.url.replace("limit=100", "limit=101")))


def test_a_missing_method_would_be_noticed(monkeypatch):
    monkeypatch.delitem(OPERATIONS, "add-comment")
    with pytest.raises(AssertionError):
        test_every_operation_that_front_describes_has_a_method()
