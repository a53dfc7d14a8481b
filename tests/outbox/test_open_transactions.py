"""A host's open transaction that has enqueued something blocks nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction

from django_front_channel import gateway
from django_front_channel.exceptions import FrontRateLimitError, InvalidArgument
from django_front_channel.models import Channel, Message, Pause
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, messages
from tests.front import Courier, reply, state_of, tell, told, work

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

Elsewhere = Callable[..., Future[Any]]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Call something in a thread, and so on a database connection, of its own."""
    with ThreadPoolExecutor(4) as threads:

        def alone(function: Callable[..., Any], *arguments: Any) -> Any:
            try:
                return function(*arguments)
            finally:
                connections.close_all()

        yield lambda function, *arguments: threads.submit(alone, function, *arguments)


def imported(front: Sandbox, channel: Channel, thread: str) -> Message:
    message = tell(channel, f"first in {thread}", thread)
    work("sync")
    front.run_until_quiet()
    return Message.objects.get(pk=message.pk)


def test_it_blocks_no_worker(
    courier: type[Courier], front: Sandbox, channel: Channel, elsewhere: Elsewhere
) -> None:
    """Neither in the same channel nor in the same conversation, in both directions."""
    first = imported(front, channel, "thread-1")
    assert first.conversation is not None
    to_front = tell(channel, "to front")
    to_customer = reply(front, first.conversation.front_id, "to the customer")
    with transaction.atomic():
        tell(channel, "open", "thread-1")
        tell(channel, "open in a new thread", "thread-2")
        elsewhere(work).result(60)
        assert (state_of(to_front), state_of(to_customer)) == ("accepted", "delivered")
    work("sync")
    assert told(front)[2:] in (["open", "open in a new thread"], ["open in a new thread", "open"])


def test_it_blocks_no_webhook(front: Sandbox, channel: Channel, elsewhere: Elsewhere) -> None:
    """An import and a teammate's reply in the same conversation, and one in the new thread's channel."""
    first = imported(front, channel, "thread-1")
    assert first.conversation is not None
    waiting = tell(channel, "second", "thread-1")
    work("sync")
    with transaction.atomic():
        tell(channel, "open", "thread-1")
        tell(channel, "open in a new thread", "thread-2")
        elsewhere(front.run_until_quiet).result(60)
        assert elsewhere(reply, front, first.conversation.front_id, "Hello").result(60).state == "received"
        assert state_of(waiting) == "imported"


def test_it_blocks_no_change_of_the_channel(front: Sandbox, channel: Channel, elsewhere: Elsewhere) -> None:
    """InnoDB would lock the channel's row for a foreign key, and hold up holds, releases and DELETE."""
    imported(front, channel, "thread-1")
    with transaction.atomic():
        tell(channel, "open", "thread-1")
        elsewhere(channels.hold, Channel.objects.get()).result(60)
        front_id = str(channel.front_id)
        assert elsewhere(lambda: front.delete_channel(channel_id=front_id)).result(60)["status"] == 200
    assert state_of(channel) == "disconnected"


def test_a_limit_that_it_has_met_blocks_no_worker(
    front: Sandbox, channel: Channel, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that meets the same limit writes the same pause."""
    monkeypatch.setattr(gateway, "_own", {})
    front.fail_next(status=429, headers={"Retry-After": "30"}, count=2)
    with transaction.atomic():
        with pytest.raises(FrontRateLimitError):
            channels.set_status(channel, status="ok")
        gateway.forget_pauses()  # the worker is another process
        elsewhere(tell, channel, "sms-1").result(60)
        elsewhere(work, "sync").result(60)
        assert told(front) == ["sms-1"]
    assert Pause.objects.count() == 1


@pytest.mark.parametrize("known", [True, False], ids=["existing conversations", "new conversations"])
def test_two_hosts_in_opposite_order_do_not_deadlock(
    front: Sandbox, channel: Channel, elsewhere: Elsewhere, known: bool
) -> None:
    if known:
        imported(front, channel, "one")
        imported(front, channel, "two")
    both = threading.Barrier(2, timeout=60)

    def host(name: str, *threads: str) -> None:
        with transaction.atomic():
            for thread in threads:
                tell(channel, f"{name} {thread}", thread)
                both.wait()

    running = [elsewhere(host, "a", "one", "two"), elsewhere(host, "b", "two", "one")]
    for each in running:
        each.result(60)
    work("sync")
    assert sorted(told(front)[-4:]) == ["a one", "a two", "b one", "b two"]


def test_a_host_and_a_worker_in_opposite_order_do_not_deadlock(
    front: Sandbox, channel: Channel, elsewhere: Elsewhere
) -> None:
    """The worker creates threads and lanes while the host writes to the same two new conversations."""
    tell(channel, "one", "one")
    tell(channel, "two", "two")
    with transaction.atomic():
        tell(channel, "two again", "two")
        worked = elsewhere(work, "sync")
        tell(channel, "one again", "one")
        worked.result(60)
        tell(channel, "two at last", "two")
    work("sync")
    assert sorted(told(front)) == ["one", "one again", "two", "two again", "two at last"]


def test_cancel_and_worker_meet(front: Sandbox, channel: Channel, elsewhere: Elsewhere) -> None:
    """Each message is either cancelled and never told, or told and not cancelled."""

    def cancel(message: Message) -> bool:
        try:
            messages.cancel(message)
        except InvalidArgument:
            return False
        return True

    waiting = [tell(channel, f"sms-{number}", f"thread {number}") for number in range(30)]
    working = elsewhere(work, "sync")
    cancelled = {message.external_id for message in reversed(waiting) if cancel(message)}
    working.result(30)
    work("sync")

    assert cancelled.isdisjoint(told(front))
    assert cancelled | set(told(front)) == {message.external_id for message in waiting}
    assert len(told(front)) == len(set(told(front)))
