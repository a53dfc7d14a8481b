"""What is known of a person can be exported, is erased, and stays erased."""

from __future__ import annotations

import json
import logging
from io import BytesIO
from zipfile import ZipFile

import pytest

from django_front_channel import services
from django_front_channel.models import Channel, Message
from django_front_channel.testing import FrontWebhookClient
from tests.people.story import ANA, BEN, MARK, OURS, Story, marked_columns, marked_files, tell_all

pytestmark = [pytest.mark.django_db, pytest.mark.fault("erasure")]
TABLES = {
    "attachment",
    "conversation",
    "conversationthread",
    "message",
    "messageparty",
    "optout",
    "outboxattempt",
    "outboxentry",
    "outboxlane",
    "webhookevent",
}
# Columns with texts that a person's story does not fill, each with the reason.
UNMARKED = {
    "attachment.front_id": "Front's",
    "attachment.storage": "an alias in the settings",
    "attachment.name": "generated",
    "attachment.sha256": "a digest; its row goes",
    "conversation.front_id": "Front's",
    "conversation.status": "Front's words",
    "conversation.status_category": "Front's words",
    "conversation.assignee_id": "a teammate's",
    "conversationthread.fact_front_id": "Front's",
    "message.direction": "ours",
    "message.source": "ours",
    "message.state": "ours",
    "message.code": "ours",
    "message.parameters": "ours",
    "message.front_id": "Front's",
    "message.message_uid": "Front's",
    "message.author_id": "a teammate's",
    "message.content_digest": "a digest",
    "outboxattempt.outcome": "ours",
    "outboxattempt.code": "ours",
    "outboxentry.kind": "ours",
    "outboxentry.state": "ours",
    "outboxentry.direction": "ours",
    "outboxentry.operation": "ours",
    "outboxentry.topic": "ours",
    "outboxentry.code": "ours",
    "outboxlane.direction": "ours",
    "outboxlane.topic": "ours",
    "webhookevent.app": "an alias in the settings",
    "webhookevent.type": "Front's",
    "webhookevent.front_id": "Front's",
    "webhookevent.digest": "a digest",
    "webhookevent.key": "a digest",
    "webhookevent.content_digest": "a digest",
    "webhookevent.state": "ours",
    "webhookevent.code": "ours",
    "webhookevent.parameters": "ours",
}


@pytest.fixture
def story(channel: Channel) -> Story:
    return tell_all(channel)


def exported(channel: Channel) -> dict[str, str]:
    file = BytesIO()
    services.people.export(services.people.find(channel, handle=ANA), to=file)
    with ZipFile(file) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_story_has_a_mark_in_every_column_that_may_hold_one(story: Story) -> None:
    texts = {
        f"{model._meta.model_name}.{column.name}"
        for model in OURS.get_models()
        if model._meta.model_name in TABLES
        for column in model._meta.concrete_fields
        if column.get_internal_type()
        in ("CharField", "TextField", "JSONField", "ExactIdField", "WholeCharField", "WholeTextField")
    }
    assert texts - marked_columns() == UNMARKED.keys()


def test_an_export_holds_every_mark(channel: Channel, story: Story) -> None:
    files = exported(channel)
    lines = [json.loads(line) for line in files.pop("person.jsonl").splitlines()]
    found = {
        f"{line['table']}.{name}"
        for line in lines
        for name, value in line.items()
        if MARK in json.dumps(value, ensure_ascii=False)
    }
    # Her conversation also has Ben's thread, and lanes repeat the ids of threads.
    assert {each for each in marked_columns() if not each.startswith("outboxlane.")} <= found
    assert [MARK in content for content in files.values()] == [True]


def test_what_the_history_of_the_admin_calls_a_row_names_nobody(story: Story) -> None:
    names = [str(row) for model in OURS.get_models() for row in model._base_manager.all()]
    assert [name for name in names if MARK in name] == []
    assert len(set(names)) > len(TABLES)


def test_nothing_of_the_person_is_left_and_nothing_comes_back(
    channel: Channel, story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    assert marked_files()
    before = Message.objects.count()
    person = services.people.find(channel, handle=ANA)
    counted = services.people.count(person)
    with caplog.at_level(logging.DEBUG):
        erased = services.people.erase(person, actor="Rita")
        assert (marked_columns(), marked_files()) == (set(), [])
        for _ in range(2):
            for sent_to, body, status, answer in list(story.front.sent):
                repeated = FrontWebhookClient().post(sent_to, body)
                said = repeated.json()
                assert repeated.status_code == status
                if status == 200:
                    # An auto-reply names no thread, and of hers only the pseudonym is left. Ben's is there, too.
                    is_named = body["type"] != "message_autoreply"
                    assert said == answer | ({} if is_named else {"external_conversation_id": "ben"})
            for said_before in story.told:
                services.messages.sync_inbound(**said_before)
    assert (marked_columns(), marked_files()) == (set(), [])
    assert MARK not in caplog.text
    assert Message.objects.count() == before
    assert counted == erased
    assert services.people.has_opted_out(channel, handle=ANA)
    assert exported(channel)["person.jsonl"] == ""


def test_others_keep_what_they_said(channel: Channel, story: Story) -> None:
    services.people.erase(services.people.find(channel, handle=ANA))
    ben = Message.objects.get(external_id="ben-1")
    assert (ben.text, ben.customer_handle, ben.thread and ben.thread.external_conversation_id) == (
        "I am Ben",
        BEN,
        "ben",
    )
    group = Message.objects.get(external_conversation_id="group-1")
    assert (group.to, group.parties.count()) == ([], 0), "nobody would find Ben here later"
