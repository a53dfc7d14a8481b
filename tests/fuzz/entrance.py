"""The webhook views with all their middleware, and the rules that hold for every request."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from zlib import crc32

from django.apps import apps
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.urls import resolve

from django_front_channel import services
from django_front_channel.conf import conf
from django_front_channel.handlers import ChannelHandler
from django_front_channel.lifecycle.imports import Unreadable
from django_front_channel.models import Message, WebhookEvent
from django_front_channel.testing import factories
from tests.fuzz.attempts import Attempt

DOCUMENTED = {
    (200, "success"),
    (400, "bad_request"),
    (401, "authentication_required"),
    (403, "forbidden"),
    (404, "not_found"),
    (405, "bad_request"),
    (413, "bad_request"),
}
READING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")
EVENTS = WebhookEvent._meta.db_table
TABLES = [model._meta.db_table for model in apps.get_app_config("front_channel").get_models()]
COUNTS = [
    *(f"SELECT COUNT(*) FROM {name}" for name in TABLES),
    f"SELECT COUNT(*) FROM {EVENTS} WHERE state = 'refused'",
]
COUNTING = f"SELECT {', '.join(f'({count})' for count in COUNTS)}"
# Of the accepted requests one in so many is sent again.
REPEATED = 8
Answer = tuple[int, bytes]


class Handler(ChannelHandler):
    """A host whose messages the worker delivers."""

    def deliver(self, message: Message) -> str | None:
        return None


class Mistakes(logging.Handler):
    """Formats every record, and keeps those that are about mistakes of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        # A fact that cannot be read is kept, and reported.
        if record.levelno >= logging.ERROR and not (record.exc_info and record.exc_info[0] is Unreadable):
            self.found.append(text)


class Entrance:
    """A host with a connected channel, a disconnected one, and one that Front has yet to connect."""

    def __init__(self) -> None:
        connected = factories.connected_channel(front_id="cha_1")
        former = factories.connected_channel(front_id="cha_2")
        services.channels.disconnect(former)
        self._token = services.channels.create(name="Pending").token
        self._secret = conf.app("default").secret
        urls = {
            "channel": f"/front/default/{connected.webhook_key}/",
            "app": "/front/default/",
            "disconnected channel": f"/front/default/{former.webhook_key}/",
            "unknown channel": f"/front/default/{'0' * 32}/",
            "unknown app": f"/front/unknown/{connected.webhook_key}/",
        }
        self._views = {place: resolve(url) for place, url in urls.items()}
        self._statements: list[str] = []
        self._before: dict[str, int] = {}
        self._mistakes = Mistakes()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Listen to the log and to the database meanwhile, and keep the connection, as Django's test client does."""
        logger = logging.getLogger("django_front_channel")
        logger.addHandler(self._mistakes)
        request_finished.disconnect(close_old_connections)
        try:
            with connection.execute_wrapper(self._note):
                yield
        finally:
            request_finished.connect(close_old_connections)
            logger.removeHandler(self._mistakes)

    def check(self, data: bytes) -> bool:
        """Send the request that these bytes describe, and say whether it has written anything.

        Raises ``AssertionError`` when its answer is not a documented one, or when it leaves what it must not leave.
        """
        attempt = Attempt.read(data)
        headers = attempt.headers(self._secret)
        answer = self._answer(attempt, headers)
        status, content = answer
        wrote, about = bool(self._before), (attempt, answer)
        assert (status, json.loads(content)["type"]) in DOCUMENTED, about
        assert self._mistakes.found == [], (about, self._mistakes.found)
        if not attempt.may_be_believed:
            assert status in (401, 405, 413), about
            assert self._statements == [], (about, self._statements)
        elif wrote and status != 200:
            self._check_refusal(about)
        elif wrote and crc32(data) % REPEATED == 0:
            kept = self._rows()
            assert self._answer(attempt, headers) == answer, about
            assert self._rows() == kept, about
        return wrote

    def _answer(self, attempt: Attempt, headers: dict[str, str]) -> Answer:
        self._statements, self._before = [], {}
        environ = {
            "REQUEST_METHOD": attempt.method,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "CONTENT_LENGTH": str(len(attempt.body)),
            "HTTP_AUTHORIZATION": f"Bearer {self._token}",
            "wsgi.input": BytesIO(attempt.body),
            **headers,
        }
        view = self._views[attempt.place]
        response = view.func(WSGIRequest(environ), **view.kwargs)
        response.close()
        return response.status_code, response.content

    def _check_refusal(self, about: object) -> None:
        """A message that the host refuses is remembered as a refusal; nothing else is left of it."""
        change = Counter(self._rows())
        change.subtract(self._before)
        assert {name: number for name, number in change.items() if number} in (
            {},
            {EVENTS: 1, "refusals": 1},
        ), about

    def _rows(self) -> dict[str, int]:
        """How many rows each table has, and how many events are refusals."""
        with connection.cursor() as cursor:
            cursor.execute(COUNTING)
            return dict(zip((*TABLES, "refusals"), cursor.fetchone(), strict=True))

    def _note(self, execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        """Note the statement, and how many rows there are before the first one that writes."""
        self._statements.append(sql)
        if not self._before and not sql.startswith(READING):
            self._before = {"…": 0}  # counting must not count
            self._before = self._rows()
        return execute(sql, *args)
