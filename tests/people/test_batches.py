"""A person with many messages is erased in bounded batches, each of the same number of statements."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_front_channel import services
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel, ConversationThread, Message, WebhookEvent
from django_front_channel.testing import factories
from tests.people.story import ANA, BEN, MARK, Story

pytestmark = [pytest.mark.django_db, pytest.mark.fault("erasure")]
MANY = 12_000
SECONDS_OF_CPU = 8
"""Four times what it takes. With an expression object for each value it took fourteen."""


def erase(channel: Channel, batch: int) -> tuple[int, list[int]]:
    """How many statements it takes, and what progress is told."""
    seen: list[int] = []
    with CaptureQueriesContext(connection) as captured:
        services.people.erase(
            services.people.find(channel, handle=ANA),
            batch=batch,
            progress=lambda erased: seen.append(erased.messages),
        )
    assert not Message.objects.filter(channel=channel, customer_handle=ANA).exists()
    return len(captured), seen


def tell_many(channel: Channel, messages: int, **more: Any) -> None:
    story = Story()
    for number in range(messages):
        story.tell(channel, number, **more)


def tell_shared(channel: Channel, messages: int) -> None:
    """She and Ben write in one thread, which Front knows."""
    thread = "ours"
    tell_many(channel, messages, external_conversation_id=thread)
    for number in range(messages):
        services.messages.sync_inbound(
            channel, sender=BEN, text="I am Ben", external_id=f"b-{number}", external_conversation_id=thread
        )
    put_into_thread(channel, thread)


def put_into_thread(channel: Channel, name: str) -> None:
    """What a worker and Front have made of the messages."""
    conversation = channel.conversations.create(front_id="cnv_1", subject=MARK)
    thread = channel.threads.create(external_conversation_id=name, conversation=conversation)
    Message.objects.filter(channel=channel, external_conversation_id=name).update(thread=thread)


def test_the_statements_of_a_batch_do_not_depend_on_its_size(channel: Channel) -> None:
    other = factories.connected_channel()
    tell_many(channel, 2)
    small, _ = erase(channel, 100)
    tell_many(other, 40)
    large, _ = erase(other, 100)
    assert large <= small


def test_progress_is_told_after_each_batch(channel: Channel) -> None:
    tell_many(channel, 5)
    _, seen = erase(channel, 2)
    assert [count for count in dict.fromkeys(seen) if count] == [2, 4, 5]


def test_a_thread_that_others_share_is_looked_through_once(channel: Channel) -> None:
    other = factories.connected_channel()
    tell_shared(channel, 10)
    few, _ = erase(channel, 2)
    tell_shared(other, 40)
    many, _ = erase(other, 2)
    assert many < 5 * few


def test_no_statement_names_more_rows_than_a_batch_has(channel: Channel) -> None:
    other = factories.connected_channel()
    tell_many(channel, 100)
    put_into_thread(channel, f"sms:{ANA}")
    tell_shared(other, 20)
    most = 0

    def measure(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        nonlocal most
        most = max(most, len(parameters or ()))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(measure):
        for each in (channel, other):
            erase(each, 5)
    assert most <= 5 * 2 * 8, "a pair for each row and column"


@pytest.mark.parametrize("batch", [0, -1, 1001])
def test_a_batch_has_a_bound(channel: Channel, batch: int) -> None:
    with pytest.raises(InvalidArgument, match="batch must be a number of rows, 1 to 1000"):
        services.people.erase(services.people.find(channel, handle=ANA), batch=batch)


@pytest.mark.once
def test_twelve_thousand_messages_take_seconds(channel: Channel) -> None:
    thread = ConversationThread.objects.create(channel=channel, external_conversation_id=f"sms:{ANA}")
    Message.objects.bulk_create(
        [
            Message(
                channel=channel,
                external_id=f"sms-{MARK}-{number}",
                external_conversation_id=thread.external_conversation_id,
                thread=thread,
                direction=Message.Direction.INBOUND,
                source=Message.Source.HOST,
                state=Message.State.IMPORTED,
                front_id=f"msg_{number}",
                text=f"I live in {MARK} street",
                sender={"handle": ANA, "name": MARK},
                customer_handle=ANA,
                content_digest=str(number),
                written_at=channel.created_at,
            )
            for number in range(MANY)
        ],
        batch_size=1000,
    )
    WebhookEvent.objects.bulk_create(
        [
            WebhookEvent(
                app="default",
                channel=channel,
                type="message_imported",
                front_id=f"msg_{number}",
                digest=f"digest {number}",
                key=f"key {number}",
                signed_timestamp=1,
                state=WebhookEvent.State.PROCESSED,
                body=MARK,
                answer_status=200,
                answer={"type": "success"},
                received_at=channel.created_at,
            )
            for number in range(MANY)
        ],
        batch_size=1000,
    )
    began = time.process_time()
    erased = services.people.erase(services.people.find(channel, handle=ANA))
    assert time.process_time() - began < SECONDS_OF_CPU
    assert (erased.messages, erased.events) == (MANY, MANY)
    assert not Message.objects.filter(erased_at=None).exists()
    assert not WebhookEvent.objects.filter(body=MARK).exists()
