"""The log tells the story of a message by ids: what happened, in order, once, and nothing of what people wrote."""

import ast
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

import django_front_channel
from django_front_channel import signals
from django_front_channel.core.log_events import LOGGERS, LogEvent, log, log_after_commit
from django_front_channel.exceptions import DeliveryFailed
from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from tests.front import Courier, MovableClock, channel, courier, entry_of, front, receive, tell, time, work
from tests.log_records import event_of, fields

__all__ = ["channel", "courier", "front", "time"]

pytestmark = pytest.mark.django_db(transaction=True)
PACKAGE = Path(django_front_channel.__file__).parent
# The client and the sandbox know nothing of Django, nor of its events.
ON_THEIR_OWN = ("client", "sandbox")


@pytest.fixture
def story(caplog: pytest.LogCaptureFixture, channel: Channel) -> pytest.LogCaptureFixture:
    """The log of what comes after the connection of the channel."""
    caplog.set_level(logging.INFO, logger="django_front_channel")
    caplog.clear()
    return caplog


def told(log_lines: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, Any]]]:
    """Each event with its fields, without those that differ each time."""
    lines = []
    for record in log_lines.records:
        known = {name: value for name, value in fields(record).items() if name not in ("seconds", "worker")}
        lines.append((str(event_of(record)), known))
    return lines


def test_a_customers_message(story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel) -> None:
    message = tell(channel, "sms-1")
    work()
    front.run_until_quiet()

    message.refresh_from_db()
    ids = {"message_id": message.pk, "channel_id": channel.pk}
    assert told(story) == [
        ("sync_queued", ids),
        ("sync_accepted", ids),
        ("message_imported", {**ids, "thread_id": message.thread_id}),
    ]


def test_a_reply(
    courier: type[Courier], story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel
) -> None:
    message = receive(front, channel)
    work()

    ids = {"message_id": message.pk, "channel_id": channel.pk}
    assert told(story) == [
        ("teammate_message_received", {**ids, "thread_id": message.thread_id}),
        ("message_delivered", ids),
    ]


def test_a_reply_that_fails(
    courier: type[Courier], story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel
) -> None:
    courier.outcomes.append(DeliveryFailed("The number is not in service."))
    message = receive(front, channel)
    delivery = entry_of(message)
    work()

    ids = {"message_id": message.pk, "channel_id": channel.pk}
    failed = {"channel_id": channel.pk, "code": "delivery_failed"}
    entry = {"entry_id": delivery.pk, "operation": delivery.operation or "deliver"}
    assert told(story)[1:] == [
        ("delivery_failed", {**ids, "code": "delivery_failed"}),
        ("entry_failed", {**failed, **entry}),
    ]


def test_an_outage_is_counted_instead_of_repeated(
    story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    waiting = [tell(channel, f"sms-{number}", f"thread-{number}") for number in range(30)]
    front.fail_next(status=503, count=60)
    for _look in range(3):
        work("sync")
        time.advance(3600)

    counted = Counter(name for name, _known in told(story))
    assert counted == {"sync_queued": len(waiting), "attempt_failed": 1, "sync_accepted": len(waiting)}


def test_a_line_says_how_many_were_left_out(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 1.0, 59.0, 61.0, 62.0])
    monkeypatch.setattr("django_front_channel.core.log_events.time.monotonic", lambda: next(now))
    for _line in range(4):
        log(LogEvent.WEBHOOK_REJECTED, app="default", code="signature_wrong")
    log(LogEvent.WEBHOOK_REJECTED, app="other", code="signature_wrong")

    assert [(line["app"], line["repeats"]) for _name, line in told(caplog)] == [
        ("default", 0),
        ("default", 2),
        ("other", 0),
    ]


def test_nothing_is_logged_that_was_rolled_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="django_front_channel")
    with transaction.atomic():
        log_after_commit(LogEvent.CHANNEL_CONNECTED, channel_id=1)
        transaction.set_rollback(True)
    assert caplog.records == []


def test_a_line_lacks_no_field(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TypeError, match="channel_connected has the fields channel_id"):
        log(LogEvent.CHANNEL_CONNECTED, channel=1)


@pytest.mark.parametrize("event", LogEvent)
def test_every_event_can_be_read_and_searched(event: LogEvent, caplog: pytest.LogCaptureFixture) -> None:
    """Its fields are in its sentence and on its record, and no field takes the place of one of logging's own."""
    caplog.set_level(logging.INFO, logger="django_front_channel")
    given: dict[str, Any] = {name: f"<{name}>" for name in event.fields if name != "repeats"}
    log(event, **given)

    (record,) = caplog.records
    assert (event_of(record), record.name, record.levelno) == (event, event.logger, event.level)
    assert all(
        value in record.getMessage() and fields(record)[name] == value for name, value in given.items()
    )
    assert event.logger in LOGGERS


def test_nothing_logs_beside_the_events() -> None:
    """And each event is logged somewhere. Those of facts have the name of their signal."""
    used = set()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        if room in ON_THEIR_OWN or path.name in ("log_events.py", "logs.py"):
            continue
        names = [
            ast.unparse(node)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute)
        ]
        assert "logging.getLogger" not in names, path
        used |= {name.removeprefix("LogEvent.") for name in names if name.startswith("LogEvent.")}
    facts = {event.name for event in LogEvent if hasattr(signals, event)}
    assert used | facts == {event.name for event in LogEvent}
