"""A delivery has a time limit. When it ends the process, other work of the worker may finish first."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from django_front_channel.core import clock
from django_front_channel.core.log_events import LogEvent
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.outbox.admission import Admission
from django_front_channel.outbox.outcomes import Succeeded
from django_front_channel.sandbox import Sandbox
from django_front_channel.worker import loop
from django_front_channel.worker.loop import Worker
from tests.front import Courier, receive, state_of
from tests.log_records import events
from tests.workers import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hanging(courier: type[Courier], monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What deliveries wait for."""
    provider_answers = threading.Event()

    def deliver(self: ChannelHandler, message: Message) -> str:
        assert provider_answers.wait(60)
        return "SM-42"

    monkeypatch.setattr(courier, "deliver", deliver)
    return provider_answers


@pytest.fixture
def worker(settings: Settings, hanging: threading.Event) -> Callable[[Callable[[int], object]], Worker]:
    """A worker whose deliveries have a second; it calls ``aborted`` in place of ending the process."""
    settings.FRONT_CHANNEL_API_TIMEOUT = 59
    settings.FRONT_CHANNEL_OUTBOX = {"LEASE": 60}
    return lambda abort: Worker(streams=("sync", "deliver"), interval=0.05, abort=abort)


def test_the_other_streams_end_what_they_have_begun(
    front: Sandbox,
    channel: Channel,
    worker: Callable[..., Worker],
    hanging: threading.Event,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []

    def process(entry: OutboxEntry) -> Succeeded:
        receive(front, channel)
        until(stopped.is_set, seconds=60)
        happened.append("processed")
        return Succeeded()

    def abort(status: int) -> None:
        happened.append(f"ended with {status}")
        hanging.set()

    OutboxEntry.objects.create(kind="process", state="pending", channel=channel, due_at=clock.now())
    monkeypatch.setattr(loop, "reprocess", process)
    running = worker(abort)
    stopped = running._stop
    with pytest.raises(RuntimeError):
        running.run()
    assert happened == ["processed", "ended with 1"]


class Mail(logging.Handler):
    """A handler that waits for a mail server, with its lock held; for half a minute, so that the test ends."""

    def __init__(self, server_answers: threading.Event) -> None:
        super().__init__(logging.CRITICAL)
        self.server_answers = server_answers

    def emit(self, record: logging.LogRecord) -> None:
        self.server_answers.wait(30)
        self.server_answers.set()


def test_a_log_that_hangs_keeps_no_process_alive(
    front: Sandbox,
    channel: Channel,
    settings: Settings,
    worker: Callable[..., Worker],
    hanging: threading.Event,
) -> None:
    settings.FRONT_CHANNEL_API_TIMEOUT = 1
    settings.FRONT_CHANNEL_OUTBOX = {"LEASE": 2.5}
    was_hanging: list[bool] = []
    receive(front, channel)

    def abort(status: int) -> None:
        was_hanging.append(not hanging.is_set())
        hanging.set()

    mail, log = Mail(hanging), logging.getLogger("django_front_channel.outbox")
    log.addHandler(mail)
    try:
        with pytest.raises(RuntimeError):
            worker(abort).run()
    finally:
        log.removeHandler(mail)
    assert was_hanging == [True]


def test_a_delivery_in_time_ends_nothing(
    front: Sandbox, channel: Channel, worker: Callable[..., Worker], hanging: threading.Event
) -> None:
    hanging.set()
    aborted: list[int] = []
    message = receive(front, channel)
    running = worker(aborted.append)

    def delivered() -> bool:
        running.run_until_quiet()
        return state_of(message) == "handed_over"

    until(delivered)
    until(
        lambda: not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()), seconds=60
    )
    assert aborted == []


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[threading.Event]:
    """A database that does not answer any more, until this is set."""
    settings.FRONT_CHANNEL_API_TIMEOUT = 0.1
    settings.FRONT_CHANNEL_OUTBOX = {"LEASE": 1.1}
    monkeypatch.setattr(loop, "WATCH_SECONDS", 0.05)
    answers = threading.Event()

    def wait(_admission: object) -> list[OutboxEntry]:
        assert answers.wait(60)
        return []

    monkeypatch.setattr(Admission, "next_portion", wait)
    yield answers
    answers.set()


@pytest.mark.parametrize("asked_to_end", [False, True])
def test_a_worker_whose_database_does_not_answer_ends(
    front: Sandbox,
    frozen: threading.Event,
    caplog: pytest.LogCaptureFixture,
    asked_to_end: bool,
) -> None:
    statuses: list[int] = []

    def abort(status: int) -> None:
        statuses.append(status)
        frozen.set()
        running.stop()

    running = Worker(streams=("sync",), interval=0.05, abort=abort)
    if asked_to_end:
        threading.Timer(0.1, running.stop).start()
    with pytest.raises(RuntimeError):
        running.run()
    assert statuses == [1]
    assert LogEvent.WORKER_FROZEN in events(caplog.records)
    until(lambda: not any(each.name.startswith("front-channel") for each in threading.enumerate()))


def test_a_worker_that_rests_is_not_frozen(
    front: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FRONT_CHANNEL_API_TIMEOUT = 0.01
    settings.FRONT_CHANNEL_OUTBOX = {"LEASE": 1.01}
    monkeypatch.setattr(loop, "WATCH_SECONDS", 0.01)
    statuses: list[int] = []
    running = Worker(streams=("sync", "deliver"), interval=600, abort=statuses.append)
    threading.Timer(3, running.stop).start()
    running.run()
    assert statuses == []
