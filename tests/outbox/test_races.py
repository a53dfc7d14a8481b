"""Two processes meet at the critical moment: no entry is overlooked, and nothing deadlocks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel, OutboxEntry, OutboxLane
from django_front_channel.outbox import claims
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from django_front_channel.worker.requests import Requests
from tests.front import admit, state_of, tell, told, work
from tests.workers import until

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
    "AND datname = current_database()",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
}


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


class Pausing:
    """Holds a thread where it is about to call ``owner.name``, inside its transaction."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.reached, self.may_go_on = threading.Event(), threading.Event()
        function = getattr(owner, name)

        def paused(*arguments: Any, **keywords: Any) -> Any:
            self.reached.set()
            assert self.may_go_on.wait(60)
            return function(*arguments, **keywords)

        monkeypatch.setattr(owner, name, paused)


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    finally:
        connections.close_all()


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING[connection.vendor])
        return bool(cursor.fetchone()[0])


def test_admission_between_the_last_look_and_the_commit(
    front: Sandbox, channel: Channel, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(channel, "sms-1")
    pausing = Pausing(monkeypatch, claims, "_move_to_their_queues")  # after the last look, before the commit
    leaving = threads.submit(alone, work, "sync")
    assert pausing.reached.wait(60)

    tell(channel, "sms-2")
    admitting: Future[int] = threads.submit(alone, admit)
    # MariaDB refreshes this table only when nobody has read it for a tenth of a second.
    until(lambda: admitting.done() or waits_for_a_lock(), every=0.15)
    assert not OutboxLane.objects.filter(lease_until__isnull=True).exists(), "The worker has not left yet."
    pausing.may_go_on.set()
    admitting.result(60)
    leaving.result(60)

    work("sync")
    assert told(front) == ["sms-1", "sms-2"]
    assert not OutboxEntry.objects.unsettled().exists()


def test_workers_that_admit_the_same_new_lanes_at_once(
    front: Sandbox, channel: Channel, threads: ThreadPoolExecutor
) -> None:
    for number in range(40):
        tell(channel, f"sms-{number}", f"thread {number % 20}")
    together = threading.Barrier(4, timeout=60)

    def admit_together() -> int:
        together.wait()
        return admit()

    admitted = [each.result(60) for each in [threads.submit(alone, admit_together) for _ in range(4)]]

    assert sum(admitted) == 40
    assert OutboxLane.objects.filter(due_at__isnull=False).count() == 20
    work("sync")
    assert sorted(told(front)) == sorted(f"sms-{number}" for number in range(40))


def test_cancel_while_the_first_attempt_begins(
    front: Sandbox, channel: Channel, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both note the new thread of the message, and both change the entry."""
    message = tell(channel, "sms-1")
    pausing = Pausing(monkeypatch, Requests, "begin")
    working = threads.submit(alone, work, "sync")
    assert pausing.reached.wait(60)

    cancelling = threads.submit(alone, messages.cancel, message)
    until(lambda: cancelling.done() or waits_for_a_lock(), every=0.15)
    pausing.may_go_on.set()
    with pytest.raises(InvalidArgument):
        cancelling.result(60)
    working.result(60)

    assert told(front) == ["sms-1"]
    assert state_of(message) == "accepted"
