"""The log tells the story of a message by ids: each event once, in order, and no text of anybody."""

import ast
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction
from pytest_django import Settings

import django_front_channel
from django_front_channel import services, signals
from django_front_channel.core.log_events import (
    LOGGERS,
    MOST_SUBJECTS,
    QUIET_SECONDS,
    LogEvent,
    log,
    log_after_commit,
    quiet,
    this_process,
)
from django_front_channel.exceptions import DeliveryFailed
from django_front_channel.models import Channel, Message, OutboxAttempt, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.testing import FrontWebhookClient
from django_front_channel.worker import loop
from django_front_channel.worker.loop import Worker
from tests.front import (
    APP,
    Courier,
    MovableClock,
    channel,
    connect,
    courier,
    entry_of,
    front,
    receive,
    tell,
    time,
    work,
)
from tests.log_records import event_of, fields
from tests.log_stories import STORIES

__all__ = ["channel", "courier", "front", "time"]

pytestmark = pytest.mark.django_db(transaction=True)
PACKAGE = Path(django_front_channel.__file__).parent
# The client and the sandbox know nothing of Django, nor of its events.
ON_THEIR_OWN = ("client", "sandbox")
SOON = pytest.approx(30, abs=30)


@pytest.fixture
def story(caplog: pytest.LogCaptureFixture, channel: Channel) -> pytest.LogCaptureFixture:
    """The log of what comes after the connection of the channel."""
    caplog.set_level(logging.INFO, logger="django_front_channel")
    caplog.clear()
    return caplog


def told(log_lines: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, Any]]]:
    """Each event with all its fields."""
    return [(str(event_of(record)), fields(record)) for record in log_lines.records]


def known_of(message: Message) -> dict[str, Any]:
    return {"message_id": message.pk, "channel_id": message.channel_id, "thread_id": message.thread_id}


def attempt_of(entry: OutboxEntry, number: int = 1) -> dict[str, Any]:
    """The fields of an attempt that this process has made."""
    return {"entry_id": entry.pk, "attempt": number, "seconds": SOON, "worker": this_process()}


def test_a_customers_message(story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel) -> None:
    message = tell(channel, "sms-1")
    entry = entry_of(message)
    work()
    front.run_until_quiet()

    message.refresh_from_db()
    assert told(story) == [
        ("sync_queued", {"message_id": message.pk, "channel_id": channel.pk}),
        ("sync_accepted", {**known_of(message), **attempt_of(entry)}),
        ("message_imported", known_of(message)),
    ]


def test_a_reply(
    courier: type[Courier], story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel
) -> None:
    message = receive(front, channel)
    delivery = entry_of(message)
    work()

    assert told(story) == [
        ("teammate_message_received", known_of(message)),
        ("message_delivered", {**known_of(message), **attempt_of(delivery)}),
    ]


def test_a_reply_that_the_provider_takes_and_delivers_later(
    courier: type[Courier], story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel
) -> None:
    courier.outcomes.append("SM-1")
    message = receive(front, channel)
    delivery = entry_of(message)
    work()
    services.messages.report_delivery(channel=channel, delivery_id="SM-1", state="delivered")

    nothing = {"entry_id": None, "attempt": None, "seconds": None}
    assert told(story)[1:] == [
        ("message_handed_over", {**known_of(message), **attempt_of(delivery)}),
        ("message_delivered", {**known_of(message), **nothing, "worker": this_process()}),
    ]


def test_a_reply_that_fails_at_first(
    courier: type[Courier],
    story: pytest.LogCaptureFixture,
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
) -> None:
    courier.outcomes.append(TimeoutError("slow"))
    message = receive(front, channel)
    delivery = entry_of(message)
    work()
    time.advance(100)
    work()

    failed = {"code": "handler_failed", "repeats": 0}
    assert told(story)[2:] == [
        ("attempt_failed", {**known_of(message), **attempt_of(delivery), **failed}),
        ("message_delivered", {**known_of(message), **attempt_of(delivery, 2)}),
    ]


def test_a_reply_that_fails(
    courier: type[Courier], story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel
) -> None:
    courier.outcomes.append(DeliveryFailed("The number is not in service."))
    message = receive(front, channel)
    delivery = entry_of(message)
    work()

    assert told(story)[1:] == [
        ("delivery_failed", {**known_of(message), **attempt_of(delivery), "code": "delivery_failed"}),
    ]


def test_a_report_that_fails(
    courier: type[Courier], story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel
) -> None:
    courier.outcomes.append(DeliveryFailed("The number is not in service."))
    message = receive(front, channel)
    front.fail_next(status=400)
    work()

    report = OutboxEntry.objects.get(message=message, operation="update-external-message-status")
    assert told(story)[2:] == [
        (
            "entry_failed",
            {
                "entry_id": report.pk,
                "operation": report.operation,
                "channel_id": channel.pk,
                "code": "front_refused_request",
                "worker": this_process(),
            },
        ),
    ]


def test_a_message_that_front_refuses(
    story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel
) -> None:
    message = tell(channel, "sms-1")
    entry = entry_of(message)
    front.fail_next(status=400)
    work()

    message.refresh_from_db()
    assert told(story)[1:] == [
        ("sync_failed", {**known_of(message), **attempt_of(entry), "code": "front_refused_request"}),
    ]


def test_an_autoreply(story: pytest.LogCaptureFixture, channel: Channel) -> None:
    assert FrontWebhookClient().message_autoreply(channel).status_code == 200

    message = Message.objects.get()
    ids = {"message_id": message.pk, "channel_id": channel.pk, "thread_id": message.thread_id}
    assert ("autoreply_received", ids) in told(story)


def test_a_channel_that_comes_and_goes(story: pytest.LogCaptureFixture, front: Sandbox) -> None:
    channel = connect(front, "Chat")
    services.channels.disconnect(channel)

    known = {"channel_id": channel.pk}
    assert told(story) == [
        ("channel_connected", known),
        ("channel_state_changed", {**known, "old": "pending", "new": "connected"}),
        ("channel_state_changed", {**known, "old": "connected", "new": "disconnected"}),
        ("channel_disconnected", known),
    ]


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], Worker]:
    """Makes a worker of one stream, whose first look at the outbox raises this. It stops at the second one."""

    def make(error: BaseException) -> Worker:
        worker = Worker(streams=("announce",), interval=0.01)
        looks = [error]

        def look(*_arguments: object, **_options: object) -> int:
            if looks:
                raise looks.pop()
            worker.stop()
            return 0

        monkeypatch.setattr(loop, "run_singles", look)
        return worker

    return make


def test_a_stream_that_fails_tries_again(
    story: pytest.LogCaptureFixture, stream: Callable[[BaseException], Worker]
) -> None:
    stream(OperationalError("The database is away")).run()
    assert told(story) == [("stream_broke", {"stream": "announce", "repeats": 0})]


def test_a_stream_that_ends_ends_the_worker(
    story: pytest.LogCaptureFixture, stream: Callable[[BaseException], Worker]
) -> None:
    with pytest.raises(RuntimeError):
        stream(SystemExit(0)).run()
    assert told(story) == [("stream_ended", {"stream": "announce"})]


class Watch:
    """The time by which lines are left out."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(quiet, "clock", watch)
    return watch


def test_an_outage_is_counted_instead_of_repeated(
    story: pytest.LogCaptureFixture,
    front: Sandbox,
    channel: Channel,
    time: MovableClock,
    watch: Watch,
    *,
    settings: Settings,
) -> None:
    """Its first line, then one in a minute, and one when it is over. Each failed attempt is in one of the counts."""
    settings.FRONT_CHANNEL_OUTBOX = {"BACKOFF": (600, 600)}
    waiting = [tell(channel, f"sms-{number}", f"thread-{number}") for number in range(30)]
    front.fail_next(status=503, count=60)
    for _look in range(3):
        work("sync")
        time.advance(3600)
        watch.now += 3600

    assert OutboxAttempt.objects.count() == 60
    assert Counter(name for name, _known in told(story)) == {
        "sync_queued": len(waiting),
        "attempt_failed": 2,
        "event_stopped": 1,
        "sync_accepted": len(waiting),
    }
    known = {"channel_id": channel.pk, "code": "front_unavailable"}
    assert {line["worker"] for name, line in told(story) if name == "sync_accepted"} == {this_process()}
    failed = [line for name, line in told(story) if name == "attempt_failed"]
    assert [(line["attempt"], line["repeats"]) for line in failed] == [(1, 0), (2, 29)]
    assert all(line.items() >= known.items() for line in failed)
    subject = ", ".join(f"{name}={value}" for name, value in known.items())
    assert ("event_stopped", {"about": "attempt_failed", "repeats": 29, "subject": subject}) in told(story)


def test_a_line_says_how_many_were_left_out(caplog: pytest.LogCaptureFixture, watch: Watch) -> None:
    unverified: dict[str, Any] = {"type": "?", "channel_id": "?", "code": "signature_wrong"}
    for watch.now in (0.0, 1.0, 59.0, 61.0):
        log(LogEvent.WEBHOOK_REJECTED, **unverified, app="default")
    watch.now = 62.0
    log(LogEvent.WEBHOOK_REJECTED, **unverified, app="other")

    assert [(line["app"], line["repeats"]) for _name, line in told(caplog)] == [
        ("default", 0),
        ("default", 2),
        ("other", 0),
    ]


@pytest.mark.parametrize("level", ["INFO", "WARNING"])
def test_any_event_after_the_last_line_tells_how_many_were_left_out(
    caplog: pytest.LogCaptureFixture, watch: Watch, level: str
) -> None:
    """Also one that is not logged itself, because the host only wants warnings."""
    caplog.set_level(level, logger="django_front_channel")
    log(LogEvent.STREAM_BROKE, stream="sync")
    log(LogEvent.STREAM_BROKE, stream="sync")
    log(LogEvent.STREAM_BROKE, stream="deliver")
    watch.now = QUIET_SECONDS
    log(LogEvent.CHANNEL_CONNECTED, channel_id=1)
    log_after_commit(LogEvent.CHANNEL_CONNECTED, channel_id=1)

    assert [known for name, known in told(caplog) if name == "event_stopped"] == [
        {"about": "stream_broke", "repeats": 1, "subject": "stream=sync"}
    ]


def test_an_outage_of_many_channels_gives_a_bounded_number_of_lines(
    caplog: pytest.LogCaptureFixture, watch: Watch
) -> None:
    """The channels that exceed the bound share one line in a minute, and their lines are counted together."""
    channels = MOST_SUBJECTS + 500
    for _attempt in range(3):
        for channel_id in range(channels):
            log(LogEvent.CHANNEL_WAITS, channel_id=channel_id, code="channel_held")
    lines = [line for _name, line in told(caplog)]
    assert [line["channel_id"] for line in lines] == [*range(MOST_SUBJECTS), MOST_SUBJECTS]

    watch.now = QUIET_SECONDS
    log(LogEvent.CHANNEL_CONNECTED, channel_id=1)
    stopped = [line for name, line in told(caplog) if name == "event_stopped"]
    assert len(lines) + sum(line["repeats"] for line in stopped) == 3 * channels
    assert [line["repeats"] for line in stopped if line["subject"] == "several"] == [3 * 500 - 1]


class FailsLikeADatabase(Courier):
    """The host's code meets a connection that breaks, as often as the transaction is tried at first."""

    left = 3

    def accept(self, message: Message) -> None:
        if type(self).left:
            type(self).left -= 1
            raise OperationalError("server closed the connection unexpectedly")


def test_a_webhook_whose_database_fails_is_begun_again(
    story: pytest.LogCaptureFixture, front: Sandbox, channel: Channel, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.FailsLikeADatabase"}}
    message = receive(front, channel)

    assert [name for name, _known in told(story)] == ["webhook_begun_again", "teammate_message_received"]
    assert message.state == "received"


def test_a_channel_that_is_another_one_of_front(story: pytest.LogCaptureFixture, front: Sandbox) -> None:
    new = services.channels.create(name="Chat")
    assert front.connect(token=new.token)["error"] is None
    services.channels.disconnect(new.channel)
    story.clear()
    assert front.connect(token=new.token)["error"] is None

    assert "channel_moved" in [name for name, _known in told(story)]


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


@pytest.mark.parametrize("event", LogEvent)
def test_every_event_has_a_story_that_logs_it(event: LogEvent) -> None:
    """That it does, the story itself proves (tests/conftest.py)."""
    path, *names = STORIES[event].partition("[")[0].split("::")
    tree: ast.AST = ast.parse((PACKAGE.parent / path).read_text())
    for name in names:
        tree = next(node for node in ast.walk(tree) if getattr(node, "name", "") == name)


def test_no_traceback_is_repeated_without_bound() -> None:
    """Whatever is logged with one comes once in a minute, or is the last line of its process."""
    with_traceback = {
        ast.unparse(call.args[0]).removeprefix("LogEvent.")
        for call in calls_of_log()
        if any(keyword.arg == "exc_info" for keyword in call.keywords)
    }
    assert with_traceback
    unbounded = {name for name in with_traceback if "repeats" not in LogEvent[name].fields}
    assert {name for name in unbounded if LogEvent[name].level < logging.CRITICAL} == set()


def calls_of_log() -> list[ast.Call]:
    return [
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("log", "log_after_commit") and node.args
    ]


def test_nothing_logs_beside_the_events() -> None:
    """And each event is logged somewhere. Those of facts have the name of their signal."""
    used = set()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        if room in ON_THEIR_OWN:
            continue
        names = [
            ast.unparse(node)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute)
        ]
        assert "logging.getLogger" not in names or path.name in ("log_events.py", "logs.py"), path
        used |= {name.removeprefix("LogEvent.") for name in names if name.startswith("LogEvent.")}
    facts = {event.name for event in LogEvent if hasattr(signals, event)}
    assert used | facts == {event.name for event in LogEvent}
