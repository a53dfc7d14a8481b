"""Signals of what was committed: after the answer, at least once, and only for those who listen."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from django_front_channel.core.log_events import LogEvent
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.testing import FrontWebhookClient, bodies, factories, sign
from django_front_channel.testing.webhook_client import encode
from django_front_channel.worker.loop import Worker
from tests.log_records import events
from tests.webhooks.listening import Announced, connected, listening
from tests.webhooks.times import later

# Closing a response lets Django close the connection too, which a test inside a transaction would not survive.
pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "0123456789abcdef0123456789abcdef"
FACT = "teammate_message_received"


@pytest.fixture
def announced(channel: Channel) -> Iterator[Announced]:
    with listening(FACT) as announced:
        yield announced


def answer(channel: Channel, **changes: Any) -> HttpResponseBase:
    """A response as the server gets it from Django, before it sends it. Not closed yet."""
    body = bodies.message(external_conversation_ids=["thr-1"])
    body["payload"] |= changes
    content = encode(body)
    request = RequestFactory().generic(
        "POST",
        f"/front/default/{channel.webhook_key}/",
        content,
        "application/json",
        headers=sign(content, SECRET),
    )
    handler = BaseHandler()
    handler.load_middleware()
    response = handler.get_response(request)
    assert response.status_code == 200
    return response


def work(seconds_later: float) -> None:
    with later(seconds_later):
        Worker().run_until_quiet()


def test_signals_are_sent_when_the_response_is_closed(channel: Channel, announced: Announced) -> None:
    response = answer(channel)
    assert announced == []
    assert OutboxEntry.objects.get().kind == OutboxEntry.Kind.ANNOUNCE

    response.close()
    assert announced.names == [FACT]
    assert not OutboxEntry.objects.exists()

    response.close()  # as servers and middleware may do both
    assert announced.names == [FACT]


@pytest.mark.parametrize("links", [None, bodies.message()["payload"]["_links"]], ids=["no links", "links"])
def test_a_worker_sends_what_a_crash_has_left(channel: Channel, announced: Announced, links: Any) -> None:
    answer(channel, _links=links)  # and the process ends here

    work(29)
    assert announced == [], "the process may still be about to send it"
    work(31)
    [arguments] = announced.of(FACT)
    message = Message.objects.get()
    assert (arguments["channel"], arguments["message"]) == (channel, message)
    assert arguments["conversation"] == message.conversation
    assert arguments["event"].front_id == message.front_id
    assert not OutboxEntry.objects.exists()
    work(3600)
    assert announced.names == [FACT]


def test_nothing_is_kept_where_nobody_listens(channel: Channel) -> None:
    answer(channel)
    assert Message.objects.exists()
    assert not OutboxEntry.objects.exists()


def broken(**_: Any) -> None:
    raise RuntimeError("a mistake of the host")


@pytest.mark.fault("F48")
@pytest.mark.parametrize("by_worker", [False, True])
def test_a_receiver_that_raises_is_logged_and_stops_no_other(
    channel: Channel, caplog: pytest.LogCaptureFixture, by_worker: bool
) -> None:
    with connected(FACT, broken), listening(FACT) as announced:
        response = answer(channel)
        if by_worker:
            work(31)
        else:
            response.close()
    assert announced.names == [FACT]
    assert "a mistake of the host" in caplog.text
    assert not OutboxEntry.objects.exists()


def test_signals_are_sent_outside_any_transaction(channel: Channel, front: FrontWebhookClient) -> None:
    blocks = []

    def receive(message: Message, **_: Any) -> None:
        blocks.append(connection.in_atomic_block)
        Message.objects.filter(pk=message.pk).update(host_data={"seen": True})

    with connected(FACT, receive), connected("message_imported", receive):
        front.message(channel, external_conversation_ids=["thr-1"])
        factories.imported_message(channel)
    assert blocks == [False, False]
    assert all(message.host_data == {"seen": True} for message in Message.objects.all())


@pytest.mark.fault("F48")
def test_a_receiver_that_breaks_the_connection_does_not_change_the_answer(
    channel: Channel, front: FrontWebhookClient
) -> None:
    def hang_up(**_: Any) -> None:
        connection.close()

    with connected(FACT, hang_up):
        assert front.message(channel, external_conversation_ids=["thr-1"]).status_code == 200
    assert Message.objects.count() == 1


@pytest.mark.fault("F48")
def test_front_has_its_answer_before_a_receiver_begins(live_server: Any, channel: Channel) -> None:
    answered, waited = threading.Event(), threading.Event()

    def receive(**_: Any) -> None:
        if answered.wait(timeout=60):
            waited.set()

    body = encode(bodies.message(external_conversation_ids=["thr-1"]))
    with connected(FACT, receive):
        response = requests.post(
            f"{live_server.url}/front/default/{channel.webhook_key}/",
            data=body,
            headers=sign(body, SECRET),
            timeout=60,
        )
        answered.set()
        assert response.json()["type"] == "success"
        assert waited.wait(timeout=60)


class Nowhere:
    """A router that has lost the database."""

    def db_for_write(self, *_: Any, **__: Any) -> str:
        return "nowhere"


def test_what_cannot_be_forgotten_is_sent_again_by_a_worker(
    channel: Channel, announced: Announced, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = answer(channel)
    settings.DATABASE_ROUTERS = [f"{__name__}.Nowhere"]
    response.close()
    assert LogEvent.SIGNALS_DELAYED in events(caplog.records)

    settings.DATABASE_ROUTERS = []
    work(31)
    assert announced.names == [FACT, FACT]
    assert not OutboxEntry.objects.exists()
