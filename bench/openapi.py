"""The sandbox's answers to requests that schemathesis makes from Front's OpenAPI files.

``FRONT_OPENAPI_DIR`` is the folder of the files; the extra ``bench`` has schemathesis.
"""

from __future__ import annotations

import io
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.generation import GenerationMode

from bench.client import APP_SECRET, APP_UID, CHANNEL_ID
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.front_api import ROUTES
from django_front_channel.sandbox.message_flow import accept_sync

FILES = ("channel-api.json", "core-api.json")
EXAMPLES = 300
# The share of ids in a path that belong to an existing object.
KNOWN = 0.6


def section() -> str:
    """Send the requests, and return a section about the answers. Raises if the sandbox fails."""
    number = int(os.environ.get("SEED") or random.randrange(1, 2**31))  # noqa: S311
    asking = Asking(random.Random(number))  # noqa: S311
    for operation in operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            ask(asking, operation.as_strategy(generation_mode=mode), number)
    answers = ", ".join(f"{count:,} times {status}" for status, count in sorted(asking.answers.items()))
    return (
        "## Requests from Front's OpenAPI files\n\n"
        "Made up by schemathesis, half of them as the files allow and half as they forbid, and answered by the "
        "sandbox. An exception or a status of 5xx would have ended the run.\n\n"
        f"{asking.answers.total():,} requests, seed {number}: {answers}.\n"
    )


def operations() -> list[Any]:
    """Return the operations that a channel's token may use."""
    folder, ours = Path(os.environ["FRONT_OPENAPI_DIR"]), {(route.method, route.path) for route in ROUTES}
    schemas: list[Any] = [schemathesis.openapi.from_path(folder / name) for name in FILES]
    found = [each.ok() for schema in schemas for each in schema.get_all_operations()]
    return [each for each in found if (each.method.upper(), each.path) in ours]


def ask(asking: Asking, cases: Any, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def send(case: Any) -> None:
        asking.send(case)

    send()


class Asking:
    """A sandbox with one channel and at least one conversation, and the count of its answers."""

    def __init__(self, chance: random.Random) -> None:
        self.answers: Counter[int] = Counter()
        self._chance = chance
        self._front = Sandbox(
            app_uid=APP_UID, app_secret=APP_SECRET, webhook_url="https://x.example/", send=_answer
        )
        self._front.connect(token="t", channel_id=CHANNEL_ID)  # noqa: S106 - no secret of anybody

    def send(self, case: Any) -> None:
        """Send a request, often to an object that exists."""
        known = self._known_ids()
        if self._chance.random() < KNOWN:
            case.path_parameters.update({name: known[name] for name in known if name in case.path_parameters})
        parts = case.as_transport_kwargs(base_url="http://front.example")
        kept = {
            name: parts.get(name) for name in ("method", "url", "headers", "params", "data", "files", "json")
        }
        try:
            request = requests.Request(**kept).prepare()
        except (ValueError, UnicodeError):  # the request cannot be sent
            return
        status = self._status(request)
        self.answers[status] += 1
        if status >= 500:
            raise RuntimeError(f"{request.method} {request.url} was answered {status}.")

    def _status(self, request: requests.PreparedRequest) -> int:
        url, body = urlsplit(request.url or ""), request.body or b""
        content = body.encode() if isinstance(body, str) else body
        claims = {"iss": APP_UID, "sub": CHANNEL_ID, "exp": int(time.time()) + 20}
        environ = {
            f"HTTP_{name.upper().replace('-', '_')}": text for name, text in request.headers.items()
        } | {
            "REQUEST_METHOD": request.method,
            "RAW_URI": f"{url.path}?{url.query}",
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": io.BytesIO(content),
            "HTTP_AUTHORIZATION": f"Bearer {jwt.encode(claims, APP_SECRET)}",
        }
        started: list[str] = []
        self._front(environ, lambda status, headers: started.append(status))  # type: ignore[arg-type]
        return int(started[0][:3])

    def _known_ids(self) -> dict[str, str]:
        state = self._front.state
        if not any(each.merged_into is None for each in state.conversations.values()):
            metadata = {"external_id": f"m-{self._chance.random()}", "external_conversation_id": "c"}
            body = {"sender": {"handle": "+33612345678"}, "body": "Where is it?", "metadata": metadata}
            accept_sync(self._front.company, state.channels[CHANNEL_ID], body, [], is_inbound=True)
            self._front.run_until_quiet()
        return {
            "channel_id": CHANNEL_ID,
            "conversation_id": self._chance.choice(list(state.conversations)),
            "message_id": self._chance.choice(list(state.messages)),
        }


def _answer(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b'{"type":"success","external_id":"x","external_conversation_id":"c"}'
