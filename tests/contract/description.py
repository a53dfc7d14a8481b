"""Front's own description of its API: two OpenAPI files in ``FRONT_OPENAPI_DIR``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI

DIRECTORY = os.environ.get("FRONT_OPENAPI_DIR")
FILES = ("channel-api.json", "core-api.json")
# What the token of a channel may call of the Core API; of the Channel API, everything.
CORE_PREFIXES = ("/conversations/{conversation_id}", "/messages/{message_id}")
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Described:
    """One operation in a file of Front's."""

    id: str
    file: str
    method: str
    path: str


def load(file: str) -> dict[str, Any]:
    assert DIRECTORY is not None
    document: dict[str, Any] = json.loads((Path(DIRECTORY) / file).read_text())
    return document


def described() -> Iterator[Described]:
    """Yield every operation in scope."""
    for file in FILES:
        for path, methods in load(file)["paths"].items():
            if file == "channel-api.json" or path.startswith(CORE_PREFIXES):
                for method in set(METHODS) & set(methods):
                    yield Described(methods[method]["operationId"], file, method.upper(), path)


def validator(file: str) -> OpenAPI:
    # Front's files are not without faults of form, which are not ours to find.
    return OpenAPI(SchemaPath.from_dict(load(file)), config=Config(spec_validator_cls=None))
