"""An erased person stays erased, whoever repeats what, and may come back."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.test import override_settings
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.core.pseudonyms import is_pseudonym
from django_front_channel.exceptions import ExternalIdConflict, InvalidArgument
from django_front_channel.models import (
    Channel,
    ConversationThread,
    Erasure,
    Message,
    OutboxEntry,
    WebhookEvent,
)
from django_front_channel.testing import FrontWebhookClient, bodies
from tests.front import APP
from tests.people.courier import Postman
from tests.people.story import ANA, BEN, MARK, Story, marked_columns

pytestmark = [pytest.mark.django_db, pytest.mark.fault("erasure")]


def erase(channel: Channel) -> services.people.Erased:
    return services.people.erase(services.people.find(channel, handle=ANA))


def test_a_message_that_waits_is_not_sent_any_more(channel: Channel) -> None:
    message = Story().tell(channel, 1)
    erase(channel)
    message.refresh_from_db()
    assert (message.state, message.code) == ("cancelled", "erased")
    assert not OutboxEntry.objects.filter(channel=channel).exists()
    with pytest.raises(InvalidArgument) as refused:
        services.messages.retry(message)
    assert refused.value.code == "erased"


def test_a_receipt_for_a_message_that_the_host_still_holds_brings_nothing_back(channel: Channel) -> None:
    assert Story().written(channel, "Hello").status_code == 200
    Message.objects.update(state="handed_over")
    held = Message.objects.get()
    erase(channel)
    services.messages.report_delivery(held, state="failed", detail=f"{MARK} is unreachable")
    assert marked_columns() == set()
    assert not OutboxEntry.objects.filter(channel=channel).exists()


def test_an_event_with_a_number_of_any_length_is_erased(channel: Channel) -> None:
    body = bodies.message_imported(external_id="in-1", external_conversation_ids=["thr-7"], text=MARK)
    body["payload"]["recipients"][0] |= {"handle": ANA, "name": MARK}
    del body["payload"]["id"]  # so it fails, and no message tells whose it is
    told = json.dumps(body).replace('"payload": {', '"payload": {"unread": ' + "1" * 5000 + ", ", 1)
    assert FrontWebhookClient().post(channel, told).status_code == 200
    assert "webhookevent.body" in {column.lower() for column in marked_columns()}
    erase(channel)
    assert marked_columns() == set()


class LowerCase(Postman):
    def normalize_handle(self, channel: Channel, handle: str) -> str:
        return handle.lower()


def test_an_import_of_another_system_is_found_by_the_hosts_spelling(
    channel: Channel, settings: Settings
) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.LowerCase"}}
    body = bodies.message_imported(external_id="elsewhere", external_conversation_ids=["thr-7"], text=MARK)
    body["payload"]["recipients"][0] |= {"handle": "Gus@X.de", "name": MARK}
    assert FrontWebhookClient().post(channel, body).status_code == 200
    assert services.people.erase(services.people.find(channel, handle="Gus@x.de")).messages == 1
    assert marked_columns() == set()


def test_an_import_that_comes_late_brings_nothing_back(channel: Channel) -> None:
    story = Story()
    message = story.tell(channel, 1)
    before = Message.objects.get(pk=message.pk)
    erase(channel)
    story.imported(channel, before, front_id="msg_late")
    message.refresh_from_db()
    assert (message.state, message.front_id, Message.objects.count()) == ("imported", "msg_late", 1)
    assert marked_columns() == set()


@pytest.mark.parametrize(
    "named",
    [
        {"external_conversation_ids": [f"sms:{ANA}"]},
        {"external_conversation_ids": [], "conversation_id": "cnv_ana"},
    ],
    ids=["with its thread", "without"],
)
def test_the_echo_of_an_erased_import_is_answered_as_a_new_message_is(
    channel: Channel, named: dict[str, Any]
) -> None:
    story = Story()
    message = story.tell(channel, 1)
    story.imported(channel, message, front_id="msg_1", conversation_id="cnv_ana")
    erase(channel)
    answers = [story.written(channel, "Hello", front_id="msg_1", **named).json() for _ in range(3)]
    (thread,) = named["external_conversation_ids"] or ("front-msg_1",)
    assert answers == [
        {"type": "success", "external_id": "front-msg_1", "external_conversation_id": thread}
    ] * len(answers)
    assert marked_columns() == set()
    assert Message.objects.count() == 1


def test_a_conversation_composed_in_front_is_answered_without_pseudonyms(channel: Channel) -> None:
    story = Story()
    composed: dict[str, Any] = {
        "external_conversation_ids": [],
        "conversation_id": "cnv_new",
        "front_id": "msg_1",
    }
    first = story.written(channel, "Hello", **composed).json()
    assert story.written(channel, "And", **{**composed, "front_id": "msg_2"}).status_code == 200
    erase(channel)
    for _, body, _status, _said in list(story.front.sent):
        answer = FrontWebhookClient().post(channel, body).json()
        assert not any(is_pseudonym(value) for value in answer.values()), answer
    assert first == FrontWebhookClient().post(channel, story.front.sent[0][1]).json()
    assert marked_columns() == set()


@pytest.mark.parametrize("text", ["", Postman.REFUSED])
def test_a_repetition_that_would_be_refused_is_answered_without_pseudonyms(
    channel: Channel, text: str
) -> None:
    story = Story()
    first = story.written(channel, "Hello", front_id="msg_1").json()
    erase(channel)
    body = story.front.sent[0][1]
    body["payload"] |= {"text": text, "body": text}
    assert FrontWebhookClient().post(channel, body).json() == first
    assert marked_columns() == set()


@pytest.mark.parametrize("times", [1, 2])
def test_the_host_may_repeat_itself(channel: Channel, times: int) -> None:
    story = Story()
    message = story.tell(channel, 1)
    erase(channel)
    for _ in range(times):
        assert services.messages.sync_inbound(**story.told[0]) == message
    with pytest.raises(ExternalIdConflict):
        services.messages.sync_inbound(**{**story.told[0], "text": "something else"})
    assert marked_columns() == set()


def test_a_repetition_with_other_content_gets_the_first_answer_as_before(channel: Channel) -> None:
    story = Story()
    answers = [story.written(channel, text, front_id="msg_9") for text in ("one", "two")]
    assert [answer.status_code for answer in answers] == [200, 200]
    erase(channel)
    for _, body, status, said in list(story.front.sent):
        again = FrontWebhookClient().post(channel, body)
        assert (again.status_code, again.json()) == (status, said)
    assert marked_columns() == set()


def test_a_person_who_comes_back_is_new_and_can_be_erased_again(channel: Channel) -> None:
    story = Story()
    for number in (1, 2):
        message = story.tell(channel, number)
        story.imported(channel, message, front_id=f"msg_{number}")
        assert erase(channel).messages == 1
        assert marked_columns() == set()
        threads = ConversationThread.objects.filter(erased_at__isnull=False)
        assert threads.count() == number
    for each in Message.objects.select_related("thread"):
        assert each.thread is not None
        assert each.external_conversation_id == each.thread.external_conversation_id


def test_a_receipt_that_comes_late_says_nothing(channel: Channel) -> None:
    Story().written(channel, "Hello")
    message = Message.objects.get()
    Message.objects.update(delivery_id=f"sm-{MARK}", state="handed_over")
    erase(channel)
    found = services.messages.report_delivery(
        channel=channel, delivery_id=f"sm-{MARK}", state="failed", detail=f"no {MARK}"
    )
    assert found == message
    assert marked_columns() == set()


def test_a_refusal_is_repeated_in_our_words(channel: Channel) -> None:
    story = Story()
    assert story.written(channel, Postman.REFUSED, front_id="msg_1").status_code == 400
    erase(channel)
    again = FrontWebhookClient().post(channel, story.front.sent[0][1])
    assert (again.status_code, again.json()["message"]) == (400, "The message was refused.")
    assert WebhookEvent.objects.filter(type="message").count() == 1
    assert marked_columns() == set()


def test_the_ledger_erases_again_what_a_backup_brings_back(channel: Channel, settings: Settings) -> None:
    story = Story()
    story.tell(channel, 1)
    erase(channel)
    file = StringIO()
    assert services.people.write_ledger(file) == 1
    ledger = [json.loads(line) for line in file.getvalue().splitlines()]
    assert MARK not in json.dumps(ledger)
    moment = Erasure.objects.get().erased_at
    # The backup has her message, and she has come back before it was made.
    Erasure.objects.all().delete()
    Message.objects.all().delete()
    old, new = story.tell(channel, 1), story.tell(channel, 2, external_conversation_id=f"new-{MARK}")
    Message.objects.filter(pk=old.pk).update(created_at=moment.replace(year=2020))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]

    assert [erased.messages for erased in services.people.replay(ledger)] == [1]

    old.refresh_from_db()
    new.refresh_from_db()
    assert old.erased_at
    assert not new.erased_at
    assert [erased.messages for erased in services.people.replay(ledger)] == [0]


@pytest.mark.parametrize("line", [{}, {"channel": "x", "pseudonym": "y"}, []])
def test_what_is_no_ledger_is_refused(channel: Channel, line: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        list(services.people.replay([line]))
    assert refused.value.argument == "lines"


def test_an_erasure_that_broke_off_is_begun_again(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    for number in range(5):
        story.tell(channel, number, external_conversation_id=f"thread-{MARK}-{number}")
    person = services.people.find(channel, handle=ANA)

    class BrokenOff(Exception):
        pass

    for steps in range(1, 12):
        left = [steps]

        def stop(erased: services.people.Erased, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise BrokenOff

        try:
            services.people.erase(person, batch=2, progress=stop)
        except BrokenOff:
            continue
    services.people.erase(person)
    assert marked_columns() == set()
    assert Erasure.objects.filter(finished_at=None).count() == 0


def test_one_person_on_several_channels_with_several_handles(channel: Channel) -> None:
    from django_front_channel.testing import factories

    other = factories.connected_channel(name="Chat")
    story = Story()
    story.tell(channel, 1)
    story.tell(other, 2, sender=f"ana-{MARK}", external_conversation_id=f"chat-{MARK}")
    services.messages.sync_inbound(
        other, sender=BEN, text="I am Ben", external_id="ben-1", external_conversation_id="ben"
    )
    find = services.people.find
    everywhere = find(*Channel.objects.filter(app="default"), handle=ANA)
    person = everywhere | find(other, handle=f"ana-{MARK}")
    assert services.people.erase(person).messages == 2
    assert marked_columns() == set()
    assert Message.objects.filter(text="I am Ben").count() == 1


@override_settings(SECRET_KEY_FALLBACKS=["old"])
def test_a_person_is_shown_by_no_repr(channel: Channel) -> None:
    assert MARK not in repr(services.people.find(channel, handle=ANA))
