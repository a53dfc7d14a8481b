"""A deliver() that raises what it did not mean to raise: a host's bug, or a provider that is down."""

import logging

import pytest

from django_front_channel.core import log_events
from django_front_channel.core.log_events import LogEvent
from django_front_channel.exceptions import DeliveryFailed
from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from tests.front import Courier, MovableClock, outcomes_of, receive, state_of, work
from tests.log_records import event_of, events, fields

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600
BROKEN = (LogEvent.DELIVERY_BROKE, LogEvent.ATTEMPT_FAILED, LogEvent.DELIVERY_GIVEN_UP)


def told(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """The lines about deliveries that broke; no other line is an error."""
    lines = [record for record in caplog.records if hasattr(record, "event") and event_of(record) in BROKEN]
    assert [
        record for record in caplog.records if record.levelno >= logging.ERROR and record not in lines
    ] == []
    return lines


@pytest.fixture
def log_keeps_time(time: MovableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's minute is one of the clock that the test moves."""
    monkeypatch.setattr(log_events.quiet, "clock", lambda: time().timestamp())


@pytest.mark.fault("guest")
@pytest.mark.usefixtures("log_keeps_time")
def test_an_error_has_a_traceback_the_first_time_and_a_line_each_time(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    courier.outcomes += [ConnectionResetError("401 for +33612345678"), *[TimeoutError("slow")] * 4]
    message = receive(front, channel)
    for _attempt in range(5):
        work("deliver")
        time.advance(601)

    ids = {"message_id": message.pk, "channel_id": channel.pk}
    first, *others = told(caplog)
    assert fields(first) == {**ids, "attempt": 1, "error": "ConnectionResetError", "repeats": 0}
    assert (first.levelno, bool(first.exc_info)) == (logging.ERROR, True)
    assert [(fields(line)["attempt"], fields(line)["code"]) for line in others] == [
        (attempt, "handler_failed") for attempt in (1, 2, 3, 4, 5)
    ]
    assert {(line.levelno, bool(line.exc_info)) for line in others} == {(logging.WARNING, False)}
    assert outcomes_of(message) == {"ambiguous": 5}
    assert "+33612345678" not in "".join(line.getMessage() for line in caplog.records)


@pytest.mark.fault("guest")
def test_an_outage_of_the_provider_gives_one_line_a_minute_for_each_channel(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    courier.outcomes += [TimeoutError("slow")] * 20
    for number in range(10):
        receive(front, channel, f"text {number}")
    for _attempt in range(2):
        work("deliver")
        time.advance(3600)

    assert len(courier.tried) == 20
    assert [event_of(line) for line in told(caplog)] == [
        LogEvent.DELIVERY_BROKE,
        LogEvent.ATTEMPT_FAILED,
    ]


@pytest.mark.fault("guest")
def test_giving_up_after_errors_is_an_error(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    courier.outcomes += [KeyError("sid")] * 9
    message = receive(front, channel)
    for _day in range(5):
        work("deliver")
        time.advance(DAY)

    assert state_of(message) == "failed"
    last = told(caplog)[-1]
    assert (event_of(last), last.levelno) == (LogEvent.DELIVERY_GIVEN_UP, logging.ERROR)
    assert fields(last)["message_id"] == message.pk
    assert len([line for line in told(caplog) if line.levelno == logging.ERROR]) == 2


def test_a_failure_that_the_handler_names_is_no_error_of_the_program(
    courier: type[Courier],
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    courier.outcomes += [KeyError("sid"), DeliveryFailed("The number is not in service.")]
    message = receive(front, channel)
    work("deliver")
    time.advance(3600)
    work("deliver")

    assert state_of(message) == "failed"
    assert LogEvent.DELIVERY_GIVEN_UP not in events(caplog.records)
