"""What came back from Front, before anyone has judged it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Answer:
    """One whole HTTP answer.

    ``headers`` have names in lower case. ``content`` is None when it was not worth reading: longer than the
    limit, or compressed although we asked for it not to be. ``url`` is the address that was asked. ``written``
    is the number of bytes that went to the destination of a download instead.
    """

    # No dataclass: its repr would show what customers wrote.
    def __init__(
        self, status: int, headers: Mapping[str, str], content: bytes | None, url: str, written: int = 0
    ) -> None:
        self.status = status
        self.headers = headers
        self.content = content
        self.url = url
        self.written = written

    def document(self) -> dict[str, Any]:
        """Return the JSON object of the body. Raises ``ValueError`` when there is none."""
        try:
            document = json.loads((self.content or b"").decode(), parse_constant=_refuse)
        except RecursionError:
            raise ValueError("The body is nested too deeply.") from None
        if not isinstance(document, dict):
            raise ValueError("The body is not a JSON object.")
        return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON.")
