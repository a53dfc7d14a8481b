"""How the integration's answers to messages are judged."""

from __future__ import annotations

from typing import Any

import pytest

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.sandbox import Sandbox

from .conftest import Caller, Integration, conversation_id, import_message, inbound

SUCCESS = {"type": "success", "external_id": "r-1", "external_conversation_id": "thr-7"}


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (400, {"type": "bad_request", "message": "This customer has left."}, "This customer has left."),
        (500, b"<h1>Server Error</h1>", "The channel answered with status 500."),
        (201, SUCCESS, "The channel answered with status 201."),
        (200, b"[]", "The channel answered with status 200."),
        (200, {"type": "success"}, "The channel answered without a valid external_id."),
        (200, {**SUCCESS, "external_id": "x" * 201}, "The channel answered without a valid external_id."),
        (
            200,
            {**SUCCESS, "external_conversation_id": 7},
            "The channel answered without a valid external_conversation_id.",
        ),
    ],
)
def test_answers_that_fail_a_message(
    call: Caller, integration: Integration, status: int, document: Any, error: str
) -> None:
    thread = conversation_id(import_message(call, inbound()))
    for send in (call.sandbox.reply, call.sandbox.autoreply):
        integration.will_answer(document, status)
        result = send(conversation_id=thread, text="x")
        assert (result["status"], result["error"]) == ("failed", error)
    messages = call.sandbox.snapshot()["conversations"][0]["messages"]
    assert [(each["status"], each["error"]) for each in messages[1:]] == [("failed", error)] * 2


def test_no_answer(sandbox: Sandbox, integration: Integration, conversation: str) -> None:
    integration.is_down = True
    result = sandbox.reply(conversation_id=conversation, text="x")
    assert result["error"] == "The channel servers are unresponsive."
    assert sandbox.journal.since(0)[-1]["status"] is None


def test_an_answer_after_the_limit_counts_as_none(
    sandbox: Sandbox, integration: Integration, conversation: str
) -> None:
    integration.will_send_as("r-1", "thr-7")
    sandbox.configure(webhook_time_limit=1e-9)
    result = sandbox.reply(conversation_id=conversation, text="x")
    assert (result["error"], result["external_id"]) == ("The channel servers are unresponsive.", None)


def test_front_waits_seven_seconds_for_an_answer(sandbox: Sandbox) -> None:
    assert sandbox.configure()["webhook_time_limit"] == 7


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_the_time_limit_of_webhooks_is_a_number_of_seconds(sandbox: Sandbox, seconds: float) -> None:
    with pytest.raises(InvalidArgument, match="webhook_time_limit"):
        sandbox.configure(webhook_time_limit=seconds)


def test_every_webhook_carries_the_pasted_token(
    sandbox: Sandbox, integration: Integration, conversation: str
) -> None:
    sandbox.reply(conversation_id=conversation, text="x")
    sandbox.autoreply(conversation_id=conversation, text="x")
    sandbox.delete_channel(channel_id="cha_1")
    sandbox.connect(token="token-1", channel_id="cha_1")

    assert [each.headers["Authorization"] for each in integration.sent] == ["Bearer token-1"] * 4
