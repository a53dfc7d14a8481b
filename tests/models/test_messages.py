"""A message's row tells a host all it needs from the moment it exists."""

from __future__ import annotations

import pytest
from django.utils import timezone

from django_front_channel import services
from django_front_channel.models import Channel, ConversationThread, Message, MessageParty
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from django_front_channel.worker.loop import Worker
from tests.front import tell

pytestmark = pytest.mark.django_db

GROUP = [
    {"handle": "rita@example.com", "role": "from"},
    {"handle": "+1", "name": "Ana", "role": "to"},
    {"handle": "+2", "name": "Rui", "role": "to"},
    {"handle": "+3", "role": "cc"},
]


@pytest.fixture
def channel() -> Channel:
    return factories.connected_channel()


def test_the_first_message_of_a_thread_is_found_before_a_worker_has_run(channel: Channel) -> None:
    message = tell(channel, "sms-1", thread="thread-7")

    assert list(Message.objects.filter(external_conversation_id="thread-7")) == [message]
    assert message.thread is None


def test_a_message_of_a_known_thread_has_it_at_once(channel: Channel) -> None:
    thread = ConversationThread.objects.create(channel=channel, external_conversation_id="thread-7")
    assert tell(channel, "sms-1", thread="thread-7").thread == thread


def test_a_worker_gives_every_message_its_thread(channel: Channel) -> None:
    names = ["thread-1", "thread-2", "thread-1", "thread-3"]
    for number, name in enumerate(names):
        tell(channel, f"sms-{number}", thread=name)
    services.channels.hold(channel)

    Worker().run_until_quiet()

    assert {message.state for message in channel.messages.all()} == {"queued"}
    found = channel.messages.order_by("pk").values_list("thread__external_conversation_id", flat=True)
    assert list(found) == names
    assert channel.threads.get(external_conversation_id="thread-1").messages.count() == 2


def test_a_merge_moves_threads_and_touches_no_message(channel: Channel) -> None:
    for number in (1, 2):
        factories.imported_message(
            channel,
            external_id=f"in-{number}",
            external_conversation_id=f"thr-{number}",
            conversation_id=f"cnv_{number}",
        )
    before = list(Message.objects.order_by("pk").values())

    FrontWebhookClient().message_imported(
        channel,
        factories.customer_message(channel, external_id="in-3", external_conversation_id="thr-1"),
        external_conversation_ids=["thr-1", "thr-2"],
        conversation_id="cnv_1",
    )

    assert list(Message.objects.exclude(external_id="in-3").order_by("pk").values()) == before
    conversations = {message.conversation for message in Message.objects.all()}
    assert {conversation.front_id for conversation in conversations if conversation} == {"cnv_1"}


def test_an_import_says_when(channel: Channel) -> None:
    before = timezone.now()
    message = factories.imported_message(channel)
    assert message.imported_at is not None
    assert message.imported_at == message.state_changed_at
    assert abs((message.imported_at - before).total_seconds()) < 60


def test_a_state_says_since_when(channel: Channel) -> None:
    message = tell(channel, "sms-1")
    queued = message.state_changed_at
    assert queued is not None
    services.messages.cancel(message)
    message.refresh_from_db()
    assert message.state_changed_at is not None
    assert message.state_changed_at > queued


def test_the_snippet_is_the_beginning_on_one_line(channel: Channel) -> None:
    assert tell(channel, "sms-1", text=" Where\n is  it? ").snippet == "Where is it?"
    long = tell(channel, "sms-2", text="word " * 1000).snippet
    assert len(long) == 200
    assert long.endswith("…")
    assert tell(channel, "sms-3", text=None, html="<p>Hi</p>", subject="A question").snippet == "A question"


def test_the_customer_is_the_sender_or_the_first_recipient(channel: Channel) -> None:
    inbound = tell(channel, "in-1", sender=" +33 ")
    outbound = services.messages.sync_outbound(
        channel, to=["+1", "+2", "+3"], text="Hi", external_id="out-1", external_conversation_id="thr-1"
    )

    assert (inbound.customer_handle, outbound.customer_handle) == ("+33", "+1")
    assert not inbound.parties.exists()
    assert list(outbound.parties.order_by("pk").values_list("handle", flat=True)) == ["+2", "+3"]


def test_further_people_of_a_teammates_message_have_rows(channel: Channel) -> None:
    body = bodies.message()
    body["payload"]["recipients"] = GROUP
    FrontWebhookClient().post(channel, body)
    message = channel.messages.get()

    assert message.customer_handle == "+1"
    parties = MessageParty.objects.filter(channel=channel).order_by("pk")
    assert list(parties.values_list("message", "handle", "name")) == [
        (message.pk, "+2", "Rui"),
        (message.pk, "+3", ""),
    ]


def test_what_another_system_told_front_is_described_too(channel: Channel) -> None:
    FrontWebhookClient().post(
        channel,
        {
            "type": "message_imported",
            "payload": {
                "id": "msg_1",
                "is_inbound": False,
                "text": "From elsewhere",
                "recipients": GROUP,
                "metadata": {"external_id": "other-1"},
            },
            "metadata": {"external_conversation_ids": ["thr-8"]},
        },
    )

    message = Message.objects.get(external_id="other-1")
    assert message.thread is not None
    assert (message.external_conversation_id, message.customer_handle) == ("thr-8", "+1")
    assert message.snippet == "From elsewhere"
    assert list(message.parties.order_by("pk").values_list("handle", flat=True)) == ["+2", "+3"]
