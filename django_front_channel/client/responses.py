"""Front's responses as they were received. No status is judged here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Response:
    """One complete HTTP response.

    * ``status``: the HTTP status.
    * ``headers``: by name in lower case.
    * ``content``: the body. None if it is longer than the limit, or compressed although the request asked for no
      compression.
    * ``url``: the URL of the request.
    * ``written``: the number of bytes that a download has written to its destination.
    """

    # Not a dataclass: its repr would show what customers wrote.
    def __init__(
        self, status: int, headers: Mapping[str, str], content: bytes | None, url: str, written: int = 0
    ) -> None:
        self.status = status
        self.headers = headers
        self.content = content
        self.url = url
        self.written = written

    def document(self) -> dict[str, Any]:
        """Return the JSON object in the body. Raises ``ValueError`` when the body is anything else."""
        try:
            document = json.loads((self.content or b"").decode(), parse_constant=_refuse)
        except RecursionError:
            raise ValueError("The body is nested too deeply.") from None
        if not isinstance(document, dict):
            raise ValueError("The body is not a JSON object.")
        return document


def mapping(value: object) -> Mapping[str, Any]:
    """Return ``value`` if it is a JSON object, otherwise an empty object."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects in ``value`` if it is a list, otherwise an empty list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON.")
