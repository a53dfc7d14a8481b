"""Who gets the free slots."""

from __future__ import annotations

from collections.abc import Hashable

from django_front_channel.models import OutboxQueue
from django_front_channel.models.outbox import Priority
from django_front_channel.worker.shares import Load


def queue(pk: int, priority: Priority = Priority.LIVE) -> OutboxQueue:
    return OutboxQueue(pk=pk, priority=priority)


def groups(channel: int, company: str = "acme", most: int = 8) -> dict[Hashable, int]:
    return {company: most, channel: most}


def test_one_company_may_have_as_many_as_its_limit() -> None:
    one = queue(1)
    assert Load([]).share(16, {one: groups(1)}) == {one: 8}


def test_what_is_busy_counts() -> None:
    one = queue(1)
    assert Load([groups(1)] * 5).share(16, {one: groups(1)}) == {one: 3}
    assert Load([groups(1)] * 8).share(8, {one: groups(1)}) == {}


def test_companies_share_alike_and_so_do_the_channels_of_one() -> None:
    queues = {
        queue(1): groups(1, "acme"),
        queue(2): groups(2, "acme"),
        queue(3): groups(3, "other"),
    }
    shares = Load([]).share(8, queues)
    assert [shares[each] for each in queues] == [2, 2, 4]


def test_who_has_least_is_first() -> None:
    busy, idle = queue(1), queue(2)
    queues = {busy: groups(1, "acme"), idle: groups(2, "other")}
    assert Load([groups(1, "acme")] * 3).share(2, queues) == {idle: 2}


def test_live_queues_are_before_backfilled_ones() -> None:
    old, live = queue(1, Priority.BACKFILLED), queue(2)
    queues = {old: groups(1, "other"), live: groups(2, "acme")}
    assert Load([groups(2, "acme")] * 4).share(4, queues) == {live: 4}
    assert Load([groups(2, "acme")] * 4).share(8, queues) == {live: 4, old: 4}


def test_nothing_is_shared_where_nothing_is_free() -> None:
    assert Load([]).share(0, {queue(1): groups(1)}) == {}
