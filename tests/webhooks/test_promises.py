"""The team can rely on every answer: a message is accepted once or refused, and never in part."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from django_front_channel.core.log_events import LogEvent
from django_front_channel.exceptions import MessageRefused
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, ConversationThread, Message, OutboxEntry, WebhookEvent
from django_front_channel.testing import FrontWebhookClient
from django_front_channel.worker.loop import Worker
from tests.hostapp.models import Ticket
from tests.log_records import fields
from tests.webhooks.conftest import UseHandler
from tests.webhooks.examples import AUTOREPLY, MESSAGE, changed
from tests.webhooks.handlers import (
    BrokenHandler,
    FullMailboxHandler,
    MumblingHandler,
    NamelessHandler,
    SlowHandler,
    Stopwatch,
    TicketHandler,
    WronglyNamingHandler,
)
from tests.webhooks.kept import accepted, threads
from tests.webhooks.listening import Announced
from tests.webhooks.times import now_in_ms

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("empty", ["", "  ", None, 7])
def test_a_message_that_says_nothing_is_refused(
    channel: Channel, front: FrontWebhookClient, empty: Any
) -> None:
    response = front.post(channel, changed(MESSAGE, text=empty, body=empty, attachments=[]))
    assert response.status_code == 400
    assert "empty" in response.json()["message"]
    assert not Message.objects.exists()


@pytest.mark.fault("F6")
@pytest.mark.fault("F65")
def test_the_same_message_again_is_answered_alike_and_has_one_effect(
    channel: Channel, front: FrontWebhookClient, announced: Announced, use_handler: UseHandler
) -> None:
    use_handler(TicketHandler)
    answers = [front.post(channel, MESSAGE, timestamp=None).content for _ in range(3)]
    reordered = changed(MESSAGE, version="2", blurb="…", is_draft=None)
    answers.append(front.post(channel, dict(reversed(reordered.items()))).content)

    assert len(set(answers)) == 1
    assert (Message.objects.count(), Ticket.objects.count()) == (1, 1)
    assert OutboxEntry.objects.filter(kind="deliver").count() == 1
    assert announced.names == ["teammate_message_received"]


@pytest.mark.fault("F58")
@pytest.mark.fault("other-content")
@pytest.mark.parametrize(
    "change",
    [
        {"text": "Your parcel is lost"},
        {"body": "<p>Other</p>"},
        {"recipients": [{"handle": "+15550000000", "role": "to"}]},
        {"recipients": MESSAGE["payload"]["recipients"][::-1]},
        {"attachments": []},
        {"attachments": [{"id": "fil_1", "filename": "a.png", "size": None}]},
    ],
)
def test_the_same_id_with_other_content_gets_the_first_answer(
    channel: Channel,
    front: FrontWebhookClient,
    announced: Announced,
    caplog: pytest.LogCaptureFixture,
    *,
    change: dict[str, Any],
) -> None:
    """Front's id is the message's identity: who is asked for a new message may send it twice."""
    first = front.post(channel, MESSAGE)
    other = front.post(channel, changed(MESSAGE, **change))
    assert (other.status_code, other.content) == (200, first.content)
    assert Message.objects.get().text == "Your parcel left today"
    assert announced.names == ["teammate_message_received"]
    assert "webhook_changed" in {getattr(record, "event", "") for record in caplog.records}
    assert front.post(channel, MESSAGE).content == first.content


def test_the_host_promises_in_the_transaction_and_delivers_afterwards(
    channel: Channel, front: FrontWebhookClient, announced: Announced, use_handler: UseHandler, worker: Worker
) -> None:
    use_handler(TicketHandler)
    message = accepted(front.post(channel, MESSAGE))
    assert Ticket.objects.get().message == message
    assert message.state == Message.State.RECEIVED

    worker.run_until_quiet()

    message.refresh_from_db()
    assert (message.state, message.delivery_id) == (Message.State.HANDED_OVER, f"provider-{message.pk}")


def test_a_refused_message_is_explained_and_leaves_only_the_refusal(
    channel: Channel, front: FrontWebhookClient, announced: Announced, use_handler: UseHandler
) -> None:
    use_handler(FullMailboxHandler)
    stamp = now_in_ms()
    refusal = front.post(channel, MESSAGE, timestamp=stamp)
    assert refusal.status_code == 400
    assert refusal.json() == {"type": "bad_request", "message": "The customer's mailbox is full."}
    assert not Message.objects.exists()
    assert not Ticket.objects.exists()
    assert threads(channel) == {}
    assert not OutboxEntry.objects.exists()
    event = WebhookEvent.objects.get(type="message")
    assert (event.state, event.answer_status, event.answer) == ("refused", 400, refusal.json())
    assert (event.code, event.detail) == ("message_refused", "The customer's mailbox is full.")
    assert event.external_conversation_id == MESSAGE["metadata"]["external_conversation_ids"][0]
    assert event.customer_handle == "+15558675310"
    assert announced == []

    use_handler(TicketHandler)
    again = front.post(channel, MESSAGE, timestamp=stamp)
    assert (again.status_code, again.json()) == (400, refusal.json()), "the same bytes"
    assert not Message.objects.exists()

    accepted(front.post(channel, MESSAGE, timestamp=stamp + 1))  # the teammate tries again
    assert announced.names == ["teammate_message_received"]


def test_a_mistake_of_the_host_leaves_nothing_and_may_be_tried_again(
    channel: Channel, front: FrontWebhookClient, use_handler: UseHandler, caplog: pytest.LogCaptureFixture
) -> None:
    use_handler(BrokenHandler)
    stamp = now_in_ms()
    response = front.post(channel, MESSAGE, timestamp=stamp)
    assert (response.status_code, response.json()["type"]) == (503, "internal_error")
    (failed,) = [each for each in caplog.records if getattr(each, "event", "") == LogEvent.WEBHOOK_FAILED]
    assert fields(failed) == {"app": "default", "channel_id": channel.pk, "type": "message", "repeats": 0}
    assert "in accept" in caplog.text, "where it failed"
    assert "a mistake of the host" not in response.json()["message"]
    assert not Message.objects.exists()
    assert not Ticket.objects.exists()
    assert not WebhookEvent.objects.filter(type="message").exists()

    use_handler(TicketHandler)
    accepted(front.post(channel, MESSAGE, timestamp=stamp))


def test_a_handler_that_gives_an_impossible_id_is_named(
    channel: Channel, front: FrontWebhookClient, use_handler: UseHandler, caplog: pytest.LogCaptureFixture
) -> None:
    use_handler(WronglyNamingHandler)
    assert front.post(channel, MESSAGE).status_code == 503
    assert "external_id_for()" in caplog.text
    assert not WebhookEvent.objects.filter(type="message").exists()


@pytest.mark.parametrize("handle", [None, ""])
def test_a_handler_that_spells_a_handle_as_nothing_is_named(
    channel: Channel,
    front: FrontWebhookClient,
    use_handler: UseHandler,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    *,
    handle: str | None,
) -> None:
    monkeypatch.setattr(NamelessHandler, "handle", handle)
    use_handler(NamelessHandler)
    assert front.post(channel, MESSAGE).status_code == 503
    assert "normalize_handle()" in caplog.text
    assert not Message.objects.exists()


def test_a_refusal_that_no_database_stores_as_it_is(
    channel: Channel, front: FrontWebhookClient, use_handler: UseHandler
) -> None:
    use_handler(MumblingHandler)
    for _ in range(2):
        response = front.post(channel, MESSAGE)
        assert (response.status_code, response.json()["message"]) == (400, "Nobody \ufffd there")
    assert not Message.objects.exists()


def test_a_repetition_may_call_a_contact_otherwise(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    """An admin has renamed the contact, and Front has signed new links, between the two."""
    renamed = deepcopy(MESSAGE)
    renamed["payload"]["recipients"][1]["name"] = "Sabrina S."
    renamed["payload"]["attachments"][0]["url"] += "?signed=anew"
    first, again = front.post(channel, MESSAGE), front.post(channel, renamed)
    assert (again.status_code, again.content) == (200, first.content)
    assert announced.names == ["teammate_message_received"]
    assert Message.objects.count() == 1


@pytest.fixture
def slow(use_handler: UseHandler, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the handler take so many seconds, on a clock that moves only by them."""
    use_handler(SlowHandler)
    monkeypatch.setattr(Stopwatch, "passed", 0.0)
    monkeypatch.setattr("time.monotonic", lambda: 1000.0 + Stopwatch.passed)
    return lambda seconds: monkeypatch.setattr(SlowHandler, "seconds", seconds)


@pytest.mark.fault("F49")
def test_an_answer_just_in_time(
    channel: Channel, front: FrontWebhookClient, slow: Callable[[float], None]
) -> None:
    slow(4.9)
    accepted(front.post(channel, MESSAGE))


@pytest.mark.fault("F49")
def test_an_answer_that_would_be_late_leaves_nothing_to_deliver(
    channel: Channel, front: FrontWebhookClient, announced: Announced, slow: Callable[[float], None]
) -> None:
    slow(5.1)
    response = front.post(channel, MESSAGE)

    assert (response.status_code, response.json()["type"]) == (503, "request_timeout")
    for model in (Message, Ticket, OutboxEntry, ConversationThread):
        assert not model._default_manager.exists()
    assert not WebhookEvent.objects.filter(type="message").exists()
    assert announced == []

    slow(0)
    accepted(front.post(channel, MESSAGE))  # the teammate tries again


@pytest.mark.fault("F63")
@pytest.mark.parametrize("state", ["pending", "disconnected"])
@pytest.mark.parametrize("body", [MESSAGE, AUTOREPLY], ids=["message", "autoreply"])
def test_a_channel_that_is_not_connected_accepts_no_message(
    channel: Channel, front: FrontWebhookClient, state: str, body: dict[str, Any]
) -> None:
    Channel.objects.filter(pk=channel.pk).update(state=state)
    response = front.post(channel, body)
    assert (response.status_code, response.json()["type"]) == (404, "not_found")
    assert not Message.objects.exists()


@pytest.mark.parametrize("state", ["auth_failed", "unreachable"])
def test_a_channel_that_cannot_call_front_is_still_served(
    channel: Channel, front: FrontWebhookClient, state: str
) -> None:
    Channel.objects.filter(pk=channel.pk).update(state=state)
    accepted(front.post(channel, MESSAGE))


@pytest.mark.fault("F33")
@pytest.mark.parametrize("payload", [{}, {"reaction": "👍"}, {"text": "", "body": None}])
def test_an_unknown_notification_is_kept(
    channel: Channel, front: FrontWebhookClient, payload: dict[str, Any]
) -> None:
    response = front.post(channel, {"type": "reaction", "payload": payload})
    assert (response.status_code, response.json()) == (200, {"type": "success"})
    assert WebhookEvent.objects.get(type="reaction").body


@pytest.mark.fault("F33")
@pytest.mark.parametrize(
    "content",
    [
        {"text": "Hello"},
        {"body": "<p>Hello</p>"},
        {"text": "", "body": None, "attachments": [{"id": "fil_1"}]},
        {"recipients": [{"handle": "+15558675310", "role": "to"}]},
    ],
)
def test_something_unknown_that_may_be_a_message_is_not_promised(
    channel: Channel, front: FrontWebhookClient, content: dict[str, Any]
) -> None:
    response = front.post(channel, {"type": "message_template", "payload": content})
    assert (response.status_code, response.json()["type"]) == (400, "bad_request")
    assert not WebhookEvent.objects.filter(type="message_template").exists()


def test_a_handler_that_refuses_a_handle_is_heard(
    channel: Channel, front: FrontWebhookClient, use_handler: UseHandler
) -> None:
    use_handler(BlockedNumberHandler)
    response = front.post(channel, MESSAGE)
    assert (response.status_code, response.json()["message"]) == (400, "This number is blocked.")
    event = WebhookEvent.objects.get(type="message")
    assert (event.state, event.customer_handle) == ("refused", "+15558675310")


def test_a_message_that_was_accepted_is_not_refused_when_it_comes_again(
    channel: Channel, front: FrontWebhookClient, use_handler: UseHandler
) -> None:
    first = front.post(channel, MESSAGE)
    use_handler(BlockedNumberHandler)
    again = front.post(channel, MESSAGE, timestamp=now_in_ms() + 1000)
    assert (again.status_code, again.content) == (200, first.content)


class BlockedNumberHandler(ChannelHandler):
    def normalize_handle(self, channel: Channel, handle: str) -> str:
        raise MessageRefused("This number is blocked.")
