"""Who wants no messages gets none, whatever a teammate opens or types."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel, Message, OptOut, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, factories
from tests.front import APP, Courier

pytestmark = [pytest.mark.django_db, pytest.mark.fault("opt-outs")]
NUMBER = "+33612345678"


class French(Courier):
    def normalize_handle(self, channel: Channel, handle: str) -> str:
        digits = "".join(each for each in handle if each.isdigit() or each == "+")
        return "+33" + digits[1:] if digits.startswith("0") else digits or handle


@pytest.fixture
def channel(db: None, settings: Settings) -> Channel:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": "tests.people.test_opt_outs.French"}}
    return factories.connected_channel()


@pytest.mark.parametrize("handle", ["06 12 34 56 78", NUMBER, "+33 6 12 34 56 78"])
@pytest.mark.parametrize("threads", [(), ("thr-1",), ("new",)])
def test_a_teammates_message_is_refused_with_a_sentence(
    channel: Channel, handle: str, threads: tuple[str, ...]
) -> None:
    services.people.opt_out(channel, handle="06 12 34 56 78", actor="the gateway", source="STOP")
    answer = FrontWebhookClient().message(channel, to=[handle], external_conversation_ids=threads)
    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")
    assert answer.json()["message"].startswith("The customer has opted out")
    assert not Message.objects.exists()
    assert WebhookEvent.objects.get(type="message").code == "opted_out"


def test_in_a_group_one_is_enough(channel: Channel) -> None:
    services.people.opt_out(channel, handle=NUMBER)
    assert FrontWebhookClient().message(channel, to=["+351911111111", "0612345678"]).status_code == 400


def test_who_opts_in_gets_messages_again(channel: Channel) -> None:
    services.people.opt_out(channel, handle=NUMBER)
    assert services.people.opt_in(channel, handle="0612345678")
    assert not services.people.opt_in(channel, handle=NUMBER)
    assert FrontWebhookClient().message(channel, to=[NUMBER]).status_code == 200


def test_another_channel_is_another_matter(channel: Channel) -> None:
    other = factories.connected_channel()
    services.people.opt_out(other, handle=NUMBER)
    assert not services.people.has_opted_out(channel, handle=NUMBER)
    assert FrontWebhookClient().message(channel, to=[NUMBER]).status_code == 200


def test_who_when_and_how_is_noted_once(channel: Channel) -> None:
    first = services.people.opt_out(channel, handle=NUMBER, actor="the gateway", source="STOP")
    assert services.people.opt_out(channel, handle="0612345678", actor="Rita", source="call") == first
    noted = OptOut.objects.get()
    assert (noted.handle, noted.actor, noted.source) == (NUMBER, "the gateway", "STOP")


def test_a_message_that_waits_is_reported_as_failed(channel: Channel) -> None:
    assert FrontWebhookClient().message(channel, to=[NUMBER]).status_code == 200
    services.people.opt_out(channel, handle=NUMBER)
    message = Message.objects.get()
    assert (message.state, message.code) == ("failed", "opted_out")
    assert [entry.operation for entry in message.outbox_entries.filter(state="pending")] == [
        "update-external-message-status"
    ]


def test_a_message_that_failed_by_it_is_not_tried_again(channel: Channel) -> None:
    assert FrontWebhookClient().message(channel, to=[NUMBER]).status_code == 200
    services.people.opt_out(channel, handle=NUMBER)
    with pytest.raises(InvalidArgument) as refused:
        services.messages.retry(Message.objects.get())
    assert refused.value.code == "opted_out"
    assert Message.objects.get().state == "failed"


def test_a_message_to_a_group_waits_for_nobody_who_has_opted_out(channel: Channel) -> None:
    assert FrontWebhookClient().message(channel, to=["+33698765432", NUMBER]).status_code == 200
    services.people.opt_out(channel, handle=NUMBER)
    assert (Message.objects.get().state, Message.objects.get().code) == ("failed", "opted_out")


def test_an_opt_out_outlives_the_person(channel: Channel) -> None:
    services.people.opt_out(channel, handle=NUMBER)
    services.people.erase(services.people.find(channel, handle=NUMBER))
    assert NUMBER not in OptOut.objects.get().handle
    assert FrontWebhookClient().message(channel, to=["0612345678"]).status_code == 400
    assert services.people.opt_in(channel, handle=NUMBER)
