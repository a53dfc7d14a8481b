"""A person with many messages is erased in bounded batches, each of the same number of statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_front_channel import services
from django_front_channel.models import Channel, Message
from tests.people.story import ANA, Story, marked_columns

pytestmark = [pytest.mark.django_db, pytest.mark.fault("erasure")]


def statements(channel: Channel, messages: int, batch: int) -> tuple[int, list[int]]:
    story = Story()
    for number in range(messages):
        story.tell(channel, number)
    seen: list[int] = []
    with CaptureQueriesContext(connection) as captured:
        services.people.erase(
            services.people.find(channel, handle=ANA),
            batch=batch,
            progress=lambda erased: seen.append(erased.messages),
        )
    assert marked_columns() == set()
    return len(captured), seen


def test_the_statements_of_a_batch_do_not_depend_on_its_size(channel: Channel) -> None:
    small, _ = statements(channel, 2, 100)
    Message.objects.all().delete()
    large, _ = statements(channel, 40, 100)
    assert large <= small


def test_progress_is_told_after_each_batch(channel: Channel) -> None:
    _, seen = statements(channel, 5, 2)
    assert [count for count in dict.fromkeys(seen) if count] == [2, 4, 5]
