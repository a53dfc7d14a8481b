"""Front's own OpenAPI files, where ``FRONT_OPENAPI_DIR`` has them, as a judge of requests and answers."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .conftest import Answer

DIRECTORY = os.environ.get("FRONT_OPENAPI_DIR", "")
needs_files = pytest.mark.skipif(not DIRECTORY, reason="FRONT_OPENAPI_DIR is not set")


@cache
def specification(path: str) -> Any:
    """The file that has this path, with its known mistakes repaired."""
    name = "channel-api.json" if path.startswith("/channels/") else "core-api.json"
    document = _nullable_references(json.loads((Path(DIRECTORY) / name).read_text()))
    schemas = document["components"]["schemas"]
    # The alternatives name their directions themselves, and the validator breaks at one that is no text.
    schemas.get("CreateCall", {}).pop("discriminator", None)
    if name == "core-api.json":
        # A message allows null hardly anywhere, while Front's examples and webhooks show it.
        properties = schemas["MessageResponse"]["properties"]
        for each, schema in properties.items():
            properties[each] = {"nullable": True, "anyOf": [schema, {"enum": [None], "nullable": True}]}
        # Nearly everything is an inbox or a message too, whose schemas demand nothing.
        for part in ("source", "target"):
            data = schemas["EventResponse"]["properties"][part]["properties"]["data"]
            data["anyOf"] = data.pop("oneOf")
    return document


def _nullable_references(node: Any) -> Any:
    # OpenAPI 3.0 ignores what stands beside a $ref, while Front means the "nullable" there.
    if isinstance(node, list):
        return [_nullable_references(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and node.get("nullable"):
        return {"nullable": True, "anyOf": [{"$ref": node["$ref"]}, {"enum": [None], "nullable": True}]}
    return {name: _nullable_references(each) for name, each in node.items()}


def operation(method: str, path: str) -> Any:
    return specification(path)["paths"][path][method.lower()]


def violations(method: str, path: str, answer: Answer) -> list[str]:
    """What is wrong with this answer: an undocumented status, or a body that does not fit the schema."""
    responses = operation(method, path)["responses"]
    if str(answer.status) not in responses:
        return [f"status {answer.status} is not documented"]
    response = responses[str(answer.status)]
    if "$ref" in response:
        response = specification(path)["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content", {})
    if "*/*" in content:
        return [] if answer.body and answer.headers["Content-Type"] else ["no file"]
    if "application/json" not in content:
        return [] if answer.body == b"" else ["a body where none is documented"]
    return _errors(path, content["application/json"]["schema"], answer.json)


def forbidden(method: str, path: str, body: Any) -> list[str]:
    """Why the schema of the request refuses this JSON body."""
    content = operation(method, path)["requestBody"]["content"]
    return _errors(path, content["application/json"]["schema"], body)


def _errors(path: str, schema: Any, document: Any) -> list[str]:
    from openapi_schema_validator import OAS30Validator

    validator = OAS30Validator({**schema, "components": specification(path)["components"]})
    return [error.message for error in validator.iter_errors(document)]
