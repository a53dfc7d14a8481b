"""Webhooks that arrive in several processes at once, or in one that has lost its database."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, Self

import pytest
from django.db import connection

from django_front_channel.models import Channel, Message, OutboxEntry, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from tests.hostapp.models import Ticket
from tests.processes import SECONDS, Process, run
from tests.webhooks.times import now_in_ms

# Takes requests, a line each, and prints for each the answer and what it announced.
SERVE = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.test import override_settings
from django_front_channel import signals
from django_front_channel.testing import FrontWebhookClient

announced = []
for name in ("teammate_message_received", "message_imported"):
    getattr(signals, name).connect(lambda message, **_: announced.append(message.pk), weak=False)
app = {**settings.FRONT_CHANNEL_APPS["default"], "HANDLER": "tests.webhooks.handlers.TicketHandler"}
with override_settings(FRONT_CHANNEL_APPS={"default": app}):
    front = FrontWebhookClient()
    print("ready", flush=True)
    for line in sys.stdin:
        url, body, timestamp = json.loads(line)
        announced.clear()
        response = front.send(url, body, timestamp=timestamp)
        print(json.dumps([response.status_code, response.content.decode(), announced]), flush=True)
"""

Answers = list[tuple[int, str, list[int]]]


class Processes:
    """So many processes of the host."""

    def __init__(self, number: int, environment: dict[str, str]) -> None:
        command = [sys.executable, "-W", "error", "-c", SERVE]
        self._processes = [Process(command, env=environment) for _ in range(number)]

    def __enter__(self) -> Self:
        assert [process.line() for process in self._processes] == ["ready\n"] * len(self._processes)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()  # they end by it, all at the same time
        for process in self._processes:
            with process:
                process.wait(SECONDS)

    def ask(self, requests: list[Any]) -> Answers:
        """Send each process one request, at the same time. A request is a URL, a body and a timestamp."""
        for process, request in zip(self._processes, requests, strict=True):
            process.say(json.dumps(request))
        return [tuple(json.loads(process.line())) for process in self._processes]


@pytest.fixture(scope="module")
def sixteen(django_db_setup: None) -> Iterator[Processes]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FRONT_CHANNEL_TEST_DB_NAME": str(connection.settings_dict["NAME"]),
    }
    with Processes(16, environment) as processes:
        yield processes


@pytest.fixture
def channel(transactional_db: None) -> Channel:
    return factories.connected_channel()


def url_of(channel: Channel) -> str:
    return f"/front/default/{channel.webhook_key}/"


def ask_all(processes: Processes, channel: Channel, body: dict[str, Any]) -> Answers:
    """Half of the requests are the same bytes, half are signed anew."""
    now = now_in_ms()
    return processes.ask([(url_of(channel), body, now + max(0, number - 8)) for number in range(16)])


@pytest.mark.fault("F6")
@pytest.mark.fault("F53")
def test_a_message_sixteen_times_at_once(sixteen: Processes, channel: Channel) -> None:
    body = bodies.message(external_conversation_ids=["thr-1", "thr-2"])
    answers = ask_all(sixteen, channel, body)

    message = Message.objects.get()
    assert {status for status, _content, _announced in answers} == {200}
    assert len({content for _status, content, _announced in answers}) == 1
    assert [pk for _status, _content, announced in answers for pk in announced] == [message.pk]
    assert Ticket.objects.get().message == message
    assert WebhookEvent.objects.filter(type="message").count() == 1
    assert OutboxEntry.objects.get().kind == "deliver"


@pytest.mark.fault("F53")
@pytest.mark.fault("F60")
def test_an_import_sixteen_times_at_once(sixteen: Processes, channel: Channel) -> None:
    message = factories.customer_message(channel, external_conversation_id="thr-1")
    body = bodies.message_imported(
        external_id=message.external_id, external_conversation_ids=["thr-1", "thr-2"]
    )
    answers = ask_all(sixteen, channel, body)

    assert {(status, content) for status, content, _announced in answers} == {(200, answers[0][1])}
    assert [pk for _status, _content, announced in answers for pk in announced] == [message.pk]
    message.refresh_from_db()
    assert message.state == "imported"
    assert WebhookEvent.objects.get(type="message_imported").state == "processed"


@pytest.mark.fault("F55")
def test_the_first_messages_of_one_conversation_at_once(sixteen: Processes, channel: Channel) -> None:
    requests = [
        (
            url_of(channel),
            bodies.message(text=str(number), external_conversation_ids=["thr-1", "thr-2"]),
            None,
        )
        for number in range(16)
    ]
    answers = sixteen.ask(requests)

    assert [status for status, _content, _announced in answers] == [200] * 16
    assert Message.objects.count() == Ticket.objects.count() == 16
    assert {message.conversation for message in Message.objects.all()} == {channel.conversations.get()}
    assert sorted(pk for *_, announced in answers for pk in announced) == sorted(
        Message.objects.values_list("pk", flat=True)
    )


@pytest.mark.fault("F51")
@pytest.mark.fault("F56")
def test_a_process_that_is_killed_has_promised_nothing(
    channel: Channel, child_environment: dict[str, str]
) -> None:
    """It dies in its transaction; what comes again waits for its locks at most."""
    body = bodies.message(external_conversation_ids=["thr-1"])
    killed = run(
        [sys.executable, "-W", "error", "-c", SERVE.replace("TicketHandler", "DyingHandler")],
        json.dumps((url_of(channel), body, None)),
        env=child_environment,
    )
    assert (killed.returncode, killed.output) == (-signal.SIGKILL, "ready\n"), killed.complaints

    response = FrontWebhookClient().post(channel, body)

    assert (response.status_code, response.json()["external_id"]) == (200, Message.objects.get().external_id)
    assert not Ticket.objects.exists(), "which this process' handler does not keep"


@pytest.mark.fault("F124")
def test_without_a_database_front_is_asked_to_try_again() -> None:
    unreachable = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FRONT_CHANNEL_TEST_DB_NAME": "/nonexistent/front_channel",
        "POSTGRES_PORT": "9",
        "MARIADB_PORT": "9",
    }
    url = "/front/default/" + "0" * 32 + "/"
    with Processes(2, unreachable) as processes:
        unserved, unverified = processes.ask([(url, bodies.message(), None), (url, bodies.message(), 1)])

    status, content, announced = unserved
    assert (status, announced) == (503, [])
    assert json.loads(content)["type"] == "internal_error"
    assert "front_channel" not in content
    assert unverified[0] == 401, "which needs no database"
