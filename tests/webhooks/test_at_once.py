"""Two webhooks that meet in the middle of their transactions."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from django.db import connections

from django_front_channel import services
from django_front_channel.core import clock
from django_front_channel.handlers import Authorization, ChannelHandler
from django_front_channel.lifecycle import threads as register
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, factories
from django_front_channel.webhooks.commit import commit
from tests.webhooks.conftest import UseHandler
from tests.webhooks.listening import Announced

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

Request = Callable[[], Any]


class Meeting:
    """Where two threads wait for each other, each once."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2, timeout=60)
        self._met = threading.local()

    def __call__(self) -> None:
        if not getattr(self._met, "yet", False):
            self._met.yet = True
            self._barrier.wait()


def at_once(*requests: Request) -> list[Any]:
    def alone(request: Request) -> Any:
        try:
            return request()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(alone, requests))


@pytest.mark.fault("F117")
def test_of_two_facts_that_empty_a_conversation_the_later_one_tells(
    channel: Channel, front: FrontWebhookClient, announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: dict[str, Any] = {"conversation_id": "cnv_1", "external_conversation_ids": ["a", "b"]}
    front.message_imported(channel, external_id="first", **imported)
    factories.imported_message(channel, conversation_id="cnv_2", external_conversation_id="c")
    absorbed, survivor = (channel.conversations.get(front_id=front_id) for front_id in ("cnv_1", "cnv_2"))
    announced.clear()
    meeting, emptied = Meeting(), register._emptied

    def meet(left: Any, *others: Any) -> Any:
        meeting()  # both have taken their thread, and none has committed
        return emptied(left, *others)

    monkeypatch.setattr(register, "_emptied", meet)

    def taking(thread: str) -> Request:
        moved: dict[str, Any] = {"conversation_id": "cnv_2", "external_conversation_ids": [thread]}
        return lambda: front.message_imported(channel, external_id=f"in {thread}", **moved).status_code

    assert at_once(taking("a"), taking("b")) == [200, 200]
    assert [(told["absorbed"], told["conversation"]) for told in announced.of("conversation_merged")] == [
        (absorbed, survivor)
    ]
    assert len(announced.of("message_imported")) == 2
    assert not absorbed.threads.exists()


@pytest.mark.fault("F117")
@pytest.mark.fault("F55")
def test_who_is_chosen_to_end_a_deadlock_begins_anew(channel: Channel) -> None:
    other = factories.connected_channel()
    meeting, told = Meeting(), []

    def committing(number: int, *order: Channel) -> Request:
        event = WebhookEvent(
            app="default",
            channel=channel,
            type="reaction",
            digest=str(number) * 64,
            signed_timestamp=1,
            received_at=clock.now(),
            answer_status=200,
            answer={"number": number},
        )

        def effect(event: WebhookEvent, conflicted: bool) -> list[Any]:
            for row in order:
                Channel.objects.select_for_update().get(pk=row.pk)
                meeting()
            told.append((number, conflicted))
            return []

        return lambda: commit(event, effect).body

    assert at_once(committing(1, channel, other), committing(2, other, channel)) == [
        {"number": 1},
        {"number": 2},
    ]
    assert sorted(conflicted for _number, conflicted in told) == [False, True]
    assert WebhookEvent.objects.filter(type="reaction").count() == 2


class MeetingHandler(ChannelHandler):
    meeting: ClassVar[Meeting]

    def authorize(self, authorization: Authorization) -> Channel:
        channel = super().authorize(authorization)
        self.meeting()
        return channel


@pytest.fixture
def meeting(use_handler: UseHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MeetingHandler, "meeting", Meeting(), raising=False)
    use_handler(MeetingHandler)


@pytest.mark.fault("F64")
def test_a_token_that_two_channels_of_front_bring_at_once_binds_one(
    meeting: None, front: FrontWebhookClient
) -> None:
    new = services.channels.create(name="Support")
    statuses = at_once(
        lambda: front.authorization("cha_1", new.token).status_code,
        lambda: front.authorization("cha_2", new.token).status_code,
    )
    assert sorted(statuses) == [200, 400]
    new.channel.refresh_from_db()
    assert new.channel.front_id == ("cha_1" if statuses[0] == 200 else "cha_2")


@pytest.mark.fault("F64")
def test_a_channel_of_front_that_brings_two_tokens_at_once_is_bound_to_one(
    meeting: None, front: FrontWebhookClient
) -> None:
    tokens = [services.channels.create(name=name).token for name in ("First", "Second")]
    statuses = at_once(
        lambda: front.authorization("cha_1", tokens[0]).status_code,
        lambda: front.authorization("cha_1", tokens[1]).status_code,
    )
    assert sorted(statuses) == [200, 400]
    bound = Channel.objects.get(front_id="cha_1")
    assert (bound.name, bound.state) == ("First" if statuses[0] == 200 else "Second", "connected")
    assert Channel.objects.filter(state="pending").count() == 1
