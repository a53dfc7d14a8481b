from __future__ import annotations

import json
import sys

import pytest

from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.exceptions import FrontBadRequestError, FrontNotFoundError, InvalidArgument
from tests.processes import run

from .conftest import response
from .every import SAMPLES, perform, success

OPERATION_IDS = sorted(OPERATIONS)


def test_there_are_35_and_each_has_a_sample():
    assert len(OPERATIONS) == 35
    assert set(SAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
def test_every_operation_goes_over_the_wire(raw_front, raw_client, operation_id):
    sample, made = SAMPLES[operation_id], OPERATIONS[operation_id]
    raw_front.responses = [
        response(success(operation_id), "" if sample.document is None else json.dumps(sample.document))
    ]
    result = perform(raw_client, operation_id, sample.arguments)
    assert (result is None) == (sample.document is None and made.name != "download")
    ids = sample.arguments | {
        "channel_id": "cha_1",
        "conv_ext_id": "c-1",
        "message_ext_id": "m-1",
        "attachment_link_id": "fil_1",
    }
    [line] = raw_front.request_lines()
    assert line.partition("?")[0].split(" ")[:2] == [made.method, made.path.format(**ids)]


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
def test_every_operation_raises_what_front_refuses(raw_front, raw_client, operation_id):
    raw_front.responses = [response("422 Unprocessable", '{"_error":{"title":"No"}}')]
    with pytest.raises(FrontBadRequestError) as caught:
        perform(raw_client, operation_id, SAMPLES[operation_id].arguments)
    assert (caught.value.operation, caught.value.title) == (operation_id, "No")


WITHOUT_AN_ID = {"update-channel", "create-call", "sync-inbound-message", "sync-outbound-message"}


@pytest.mark.parametrize("operation_id", sorted(set(OPERATIONS) - WITHOUT_AN_ID))
def test_no_id_can_leave_its_place_in_the_path(client, operation_id):
    arguments = SAMPLES[operation_id].arguments
    names = ("conversation_id", "message_id", "attachment_id", "external_call_id", "external_id")
    for name in set(names) & set(arguments):
        with pytest.raises(InvalidArgument, match=name):
            perform(client, operation_id, arguments | {name: ".."})


def test_an_outbound_call_is_to_somebody(raw_front, raw_client):
    raw_front.responses = [response("202 Accepted")]
    raw_client.perform("create-call", **SAMPLES["create-call"].arguments | {"direction": "outbound"})
    said = json.loads(raw_front.requests[0].partition(b"\r\n\r\n")[2])
    assert (said["to"], "from" in said) == ({"handle": "+33612345678", "name": "Ana"}, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"assignee_id": None}, {"assignee_id": None}),
        ({"description": None, "due_at": None}, {"description": None, "due_at": None}),
        ({"replace_tag_ids": []}, {"tag_ids": []}),
        ({"replace_custom_fields": {}}, {"custom_fields": {}}),
        ({"status_id": "sts_1"}, {"status_id": "sts_1"}),
    ],
)
def test_an_update_says_what_was_given_and_nothing_else(raw_front, raw_client, arguments, said):
    raw_front.responses = [response("204 No Content")]
    raw_client.conversations.update("cnv_1", **arguments)
    assert json.loads(raw_front.requests[0].partition(b"\r\n\r\n")[2]) == said


@pytest.mark.parametrize("name", ["tag_ids", "custom_fields"])
def test_what_replaces_all_the_others_must_be_asked_for_by_name(client, name):
    with pytest.raises(TypeError, match=name):
        client.perform("update-conversation", conversation_id="cnv_1", **{name: ["tag_1"]})


def test_nobody_is_an_assignee_too(raw_front, raw_client):
    raw_front.responses = [response("204 No Content"), response("204 No Content")]
    raw_client.conversations.assign("cnv_1", assignee_id=None)
    raw_client.conversations.update_reminder("cnv_1", teammate_id="tea_1", scheduled_at=None)
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in raw_front.requests]
    assert bodies == [{"assignee_id": None}, {"teammate_id": "tea_1", "scheduled_at": None}]


def test_times_of_tasks_and_reminders_may_have_fractions(raw_front, raw_client):
    """Front's own example of ``due_at`` is 1701292649.333."""
    raw_front.responses = [response("204 No Content"), response("204 No Content")]
    raw_client.conversations.update("cnv_1", due_at=1701292649.333)
    raw_client.conversations.update_reminder("cnv_1", teammate_id="tea_1", scheduled_at=1864000000.5)
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in raw_front.requests]
    assert bodies == [{"due_at": 1701292649.333}, {"teammate_id": "tea_1", "scheduled_at": 1864000000.5}]


@pytest.mark.parametrize("moment", [0, -1.5, 1e12, float("nan"), float("inf"), "1864000000", True])
def test_times_of_tasks_and_reminders_that_are_none_are_refused(client, moment):
    with pytest.raises(InvalidArgument, match="due_at"):
        client.conversations.update("cnv_1", due_at=moment)
    with pytest.raises(InvalidArgument, match="scheduled_at"):
        client.conversations.update_reminder("cnv_1", teammate_id="tea_1", scheduled_at=moment)


def test_a_draft_leaves_through_the_channel_of_the_client(raw_front, raw_client):
    raw_front.responses = [response("200 OK", '{"id":"msg_1"}')]
    raw_client.conversations.create_draft("cnv_1", body="Hi")
    assert json.loads(raw_front.requests[0].partition(b"\r\n\r\n")[2]) == {
        "body": "Hi",
        "channel_id": "cha_1",
    }


@pytest.mark.parametrize(
    ("operation_id", "wrong", "words"),
    [
        ("update-conversation", {"status_id": "sts_1"}, "exclude each other"),
        ("update-conversation", {"status": "closed"}, "archived, open"),
        ("update-conversation", {"status": ""}, "archived, open"),
        ("update-conversation", {"replace_tag_ids": "tag_1"}, "replace_tag_ids must be a list"),
        ("update-conversation", {"description": "x" * 65_536}, "65535"),
        ("update-conversation", {"due_at": 1864000000000}, "milliseconds"),
        ("update-conversation", {"replace_custom_fields": {"x": float("nan")}}, "JSON"),
        ("update-conversation", {"replace_custom_fields": {"x": object()}}, "JSON"),
        ("add-conversation-tag", {"tag_ids": []}, "tag_ids must be a list of at least one"),
        ("add-conversation-tag", {"tag_ids": ["tag_1", ""]}, r"tag_ids\[1\]"),
        ("add-conversation-followers", {"teammate_ids": ["tea_1"] * 51}, "at most 50"),
        ("add-conversation-followers", {"ignore_errors": "yes"}, "ignore_errors"),
        ("add-conversation-link", {"link_ids": ["top_1"]}, "either link_ids or link_external_urls"),
        ("add-conversation-link", {"link_external_urls": ["https://a.example"] * 11}, "at most 10"),
        ("remove-conversation-links", {"link_ids": ["top_1"] * 11}, "at most 10"),
        ("list-conversation-messages", {"limit": 101}, "from 1 to 100"),
        ("list-conversation-events", {"limit": True}, "from 1 to 100"),
        ("list-conversation-messages", {"sort_order": "up"}, "asc, desc"),
        ("create-message-reply", {"to": "ana"}, "to must be a list"),
        ("create-message-reply", {"archive": 1}, "archive"),
        ("create-draft-reply", {"mode": "secret"}, "private, shared"),
        ("update-conversation-reminders", {"scheduled_at": 1864000000000}, "milliseconds"),
        ("create-call", {"started_at": 1764000000}, "seems to be in seconds"),
        ("create-call", {"started_at": "now"}, "milliseconds"),
        ("create-call", {"party": {"handle": "ana", "email": "ana@example.com"}}, "no email"),
        ("create-call", {"direction": "sideways"}, "inbound, outbound"),
        ("update-call", {"call_status": "resumed"}, "queued, ringing"),
        ("add-call-recording", {"recording_type": "song"}, "call, voicemail"),
        ("add-call-summary", {"content": " "}, "content"),
        ("add-call-transcript", {"lines": []}, "lines must be a list"),
        ("add-call-transcript", {"lines": [{"content": "Hi"}]}, r"lines\[0\] must be a mapping"),
        ("sync-application-message-template", {"is_disabled": None}, "is_disabled"),
        ("sync-application-message-template", {"variable_mappings": "{{1}}"}, "variable_mappings"),
        (
            "update-application-message-template",
            {"variable_mappings": [{"uid": "1", "type": "song", "name": "x"}]},
            "text, file, image, video",
        ),
        ("download-attachment-for-a-message", {"limit": 0}, "limit"),
        ("sync-inbound-message", {"attachments": ["a.png"]}, "list of Upload"),
    ],
)
def test_bad_arguments_are_refused_at_the_call(client, operation_id, wrong, words):
    with pytest.raises(InvalidArgument, match=words):
        client.perform(operation_id, **SAMPLES[operation_id].arguments | wrong)


def test_start_times_are_numbers_of_seconds(client):
    line = SAMPLES["add-call-transcript"].arguments["lines"][0]
    for wrong in (-1, float("inf"), float("nan"), "0", True):
        with pytest.raises(InvalidArgument, match="start_time_seconds"):
            client.calls.add_transcript("call-1", lines=[line | {"start_time_seconds": wrong}])


def test_an_update_of_nothing_is_refused(client):
    with pytest.raises(InvalidArgument, match="Nothing"):
        client.conversations.update("cnv_1")
    with pytest.raises(InvalidArgument, match="Nothing"):
        client.templates.update("welcome")


def test_an_unknown_template_is_not_found(raw_front, raw_client):
    raw_front.responses = [response("404 Not Found")]
    with pytest.raises(FrontNotFoundError):
        raw_client.templates.update("welcome", is_disabled=True)


def test_the_list_of_operations_needs_no_django():
    code = (
        "import runpy, sys\n"
        "class NoDjango:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('django', 'rest_framework'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, NoDjango())\n"
        "sys.argv = ['client', '--operations']\n"
        "runpy.run_module('django_front_channel.client', run_name='__main__')\n"
    )
    child = [sys.executable, "-c", code]
    listed = run(child).output
    rows = [line.split() for line in listed.splitlines()]
    # The order is that of the imports, which the tests of this process have made in another one.
    assert sorted(rows) == sorted(
        [made.id, made.method, made.path, f"{made.group}.{made.name}"] for made in OPERATIONS.values()
    )
