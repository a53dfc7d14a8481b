"""Actions of teammates on conversations."""

from __future__ import annotations

from typing import Any

import pytest

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.sandbox import Sandbox

from .conftest import Caller, Integration, import_message, inbound


def only(sandbox: Sandbox) -> dict[str, Any]:
    [conversation] = sandbox.snapshot()["conversations"]
    return dict(conversation)


def events(sandbox: Sandbox) -> list[tuple[str, str | None]]:
    return [(each["type"], each["author_id"]) for each in only(sandbox)["events"]]


def test_archive_and_reopen(sandbox: Sandbox, conversation: str) -> None:
    answer = sandbox.archive(conversation_id=conversation, author_id="tea_2")
    assert answer == {"conversation_id": conversation, "status": "archived"}
    sandbox.archive(conversation_id=conversation)
    assert sandbox.reopen(conversation_id=conversation)["status"] == "unassigned"
    assert sandbox.trash(conversation_id=conversation)["status"] == "deleted"
    assert events(sandbox)[1:] == [("archive", "tea_2"), ("reopen", "tea_1"), ("trash", "tea_1")]


def test_assign(sandbox: Sandbox, conversation: str) -> None:
    assert sandbox.assign(conversation_id=conversation, teammate_id="tea_2")["status"] == "assigned"
    assert only(sandbox)["assignee_id"] == "tea_2"
    assert sandbox.assign(conversation_id=conversation, teammate_id=None)["status"] == "unassigned"
    assert events(sandbox)[1:] == [("assign", "tea_1"), ("unassign", "tea_1")]


def test_tag(sandbox: Sandbox, conversation: str) -> None:
    sandbox.tag(conversation_id=conversation, tag_ids=["tag_1", "tag_2"])
    sandbox.tag(conversation_id=conversation, tag_ids=["tag_2"])
    assert only(sandbox)["tag_ids"] == ["tag_2"]
    assert [kind for kind, _ in events(sandbox)[1:]] == ["tag", "tag", "untag"]


def test_a_comment_is_for_the_team_only(call: Caller, integration: Integration, conversation: str) -> None:
    call.sandbox.comment(conversation_id=conversation, text="Ask the <depot>", author_id="tea_2")
    [comment] = call("GET", f"/conversations/{conversation}/comments").json["_results"]
    assert (comment["body"], comment["author"]["id"]) == ("Ask the <depot>", "tea_2")
    assert integration.sent == []


def test_what_the_customer_wrote_is_unread_until_somebody_looks(call: Caller, conversation: str) -> None:
    assert only(call.sandbox)["is_unread"] is True
    call.sandbox.mark_read(conversation_id=conversation)
    assert only(call.sandbox)["is_unread"] is False
    import_message(call, inbound("sms-2"))
    assert only(call.sandbox)["is_unread"] is True


def test_a_merge_with_something_unread_is_unread(call: Caller, conversation: str) -> None:
    import_message(call, inbound("sms-2", "thr-8"))
    call.sandbox.mark_read(conversation_id=conversation)
    ids = [each["id"] for each in call.sandbox.snapshot()["conversations"]]
    call.sandbox.merge(conversation_ids=ids, survivor=conversation, author_id="tea_2")
    kept, absorbed = call.sandbox.snapshot()["conversations"]
    assert (kept["is_unread"], kept["events"][-1]["author_id"]) == (True, "tea_2")
    assert absorbed["merged_into"] == conversation


def test_after_a_split_the_thread_goes_on_in_the_new_part(
    call: Caller, integration: Integration, conversation: str
) -> None:
    import_message(call, inbound("sms-2"))
    stays, moves = (each["id"] for each in only(call.sandbox)["messages"])
    part = call.sandbox.split(conversation_id=conversation, message_ids=[moves])["conversation_id"]
    import_message(call, inbound("sms-3"))
    source, new = call.sandbox.snapshot()["conversations"]
    assert ([each["id"] for each in source["messages"]], source["external_conversation_ids"]) == ([stays], [])
    assert [each["external_id"] for each in new["messages"]] == ["sms-2", "sms-3"]
    assert (new["id"], new["external_conversation_ids"]) == (part, ["thr-7"])
    assert integration.sent[-1].json["metadata"]["external_conversation_id"] == "thr-7"
    for each in (conversation, part):
        assert call("GET", f"/conversations/{each}").status == 200


@pytest.mark.parametrize(
    ("verb", "arguments", "sentence"),
    [
        ("archive", {"author_id": "tea_9"}, "There is no teammate tea_9."),
        ("assign", {"teammate_id": "tea_9"}, "There is no teammate tea_9."),
        ("tag", {"tag_ids": ["tag_9"]}, "There is no tag tag_9."),
        ("comment", {"text": " "}, "A comment needs a text."),
        ("split", {"message_ids": []}, "Name messages of this conversation."),
        ("split", {"message_ids": ["msg_9"]}, "Name messages of this conversation."),
    ],
)
def test_what_nobody_could_do(
    sandbox: Sandbox, conversation: str, verb: str, arguments: dict[str, Any], sentence: str
) -> None:
    before = sandbox.snapshot()
    with pytest.raises(InvalidArgument) as refused:
        getattr(sandbox, verb)(conversation_id=conversation, **arguments)
    assert str(refused.value) == sentence
    assert sandbox.snapshot() == before


def test_a_split_leaves_a_message(sandbox: Sandbox, conversation: str) -> None:
    with pytest.raises(InvalidArgument, match="At least one message must stay"):
        sandbox.split(conversation_id=conversation, message_ids=[only(sandbox)["messages"][0]["id"]])
