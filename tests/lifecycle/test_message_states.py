"""States of many messages at once: only the allowed changes happen, and only they are announced."""

from datetime import timedelta

import pytest

from django_front_channel import services, signals
from django_front_channel.core import clock
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.lifecycle import messages
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.testing import factories
from django_front_channel.worker.loop import Worker
from tests.front import heard

__all__ = ["heard"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    return factories.connected_channel()


def teammates(channel: Channel, count: int) -> list[Message]:
    return [factories.teammate_message(channel) for _ in range(count)]


def because(detail: str) -> Reason:
    return Reason(Code.DELIVERY_FAILED, detail=detail)


def states(*rows: Message) -> list[tuple[str, str]]:
    return [Message.objects.values_list("state", "detail").get(pk=row.pk) for row in rows]


def test_only_those_that_move_are_announced_and_reported(channel: Channel, heard) -> None:
    failed = heard(signals.delivery_failed)
    first, settled, last = teammates(channel, 3)
    messages.cancel(settled, clock.now())

    reasons = {first: because("x"), settled: because("y"), last: because("z")}
    announcements = messages.fail_delivery(reasons, clock.now())

    for announcement in announcements:
        announcement.send()
    assert states(first, settled, last) == [("failed", "x"), ("cancelled", ""), ("failed", "z")]
    assert [each["message"] for each in failed] == [first, last]
    assert OutboxEntry.objects.filter(topic="report").count() == 2


def test_a_message_that_moved_at_the_same_moment_does_not_move_twice(channel: Channel, heard) -> None:
    heard(signals.message_delivered)
    one, other = teammates(channel, 2)
    now = clock.now()

    assert len(messages.complete_delivery([one], now)) == 1
    (announced,) = messages.complete_delivery([one, other], now)

    assert announced.arguments["message"] == other


def test_none_moves(channel: Channel) -> None:
    rows = teammates(channel, 2)
    for row in rows:
        messages.cancel(row, clock.now())
    assert messages.fail_delivery(dict.fromkeys(rows, because("x")), clock.now()) == []


def test_each_has_its_own_uid_and_delivery_id(channel: Channel) -> None:
    now = clock.now()
    told = [factories.customer_message(channel, external_id=f"in-{number}") for number in range(3)]
    messages.begin_sync(told, now)
    messages.accept_sync({message: f"uid-{message.pk}" for message in told}, now)
    given = teammates(channel, 2)
    messages.begin_delivery(given, now)
    messages.hand_over({message: f"SM-{message.pk}" for message in given}, now)

    for message in told:
        message.refresh_from_db()
        assert (message.state, message.message_uid) == ("accepted", f"uid-{message.pk}")
    for message in given:
        message.refresh_from_db()
        assert (message.state, message.delivery_id) == ("handed_over", f"SM-{message.pk}")


def test_a_202_that_comes_after_the_import_leaves_its_uid(channel: Channel) -> None:
    imported = factories.imported_message(channel, external_id="in-1")
    waiting = factories.customer_message(channel, external_id="in-2")
    Message.objects.update(message_uid="")

    messages.accept_sync({imported: "uid-1", waiting: "uid-2"}, clock.now() + timedelta(seconds=1))

    uids = Message.objects.order_by("external_id").values_list("state", "message_uid")
    assert list(uids) == [("imported", "uid-1"), ("accepted", "uid-2")]


def test_a_message_that_is_cancelled_at_once_has_its_thread_in_the_end(channel: Channel) -> None:
    cancelled = factories.customer_message(channel, external_id="in-1", external_conversation_id="thr-9")
    services.messages.cancel(cancelled)

    Worker().run_until_quiet()

    cancelled.refresh_from_db()
    assert (cancelled.state, cancelled.thread) == ("cancelled", channel.threads.get())
