"""The stored and the shown reasons of failed attempts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from django_front_channel import signals
from django_front_channel.core.reasons import Affair, Code, Reason
from django_front_channel.lifecycle import messages as lifecycle
from django_front_channel.models import Channel, Message, OutboxAttempt, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from tests.front import APP, Courier, MovableClock, calls, receive, tell, work
from tests.languages import in_german


def test_a_request_that_cannot_be_made_from_what_was_enqueued(front: Sandbox, channel: Channel) -> None:
    message = tell(channel, "sms-1")
    entry = OutboxEntry.objects.get()
    OutboxEntry.objects.update(payload=entry.payload | {"external_id": ""})
    work("sync")

    message.refresh_from_db()
    wrong = {"operation": "sync-inbound-message", "argument": "external_id", "problem": "empty"}
    assert (message.code, message.parameters, message.detail) == ("request_invalid", wrong, "")


def test_many_messages_are_settled_with_their_own_reasons(channel: Channel) -> None:
    """In one statement, on every database."""
    first, second, third = (tell(channel, f"sms-{number}", thread=f"t{number}") for number in range(3))
    reasons = {
        first: Reason(Code.FILE_MISSING, {"file": "2"}),
        second: Reason(Code.STORAGE_FAILED, detail='It said "{no}" \u2615'),
        third: Reason(Code.FRONT_FAILED, {"operation": "sync-inbound-message", "status": None}),
    }
    lifecycle.fail_sync(reasons, timezone.now())

    for message, reason in reasons.items():
        for each in (message, Message.objects.get(pk=message.pk)):
            columns = {name: getattr(each, name) for name in reason.columns}
            assert (each.state, columns) == ("failed", reason.columns)


def test_what_is_given_up_tells_of_its_last_attempt(
    front: Sandbox, channel: Channel, settings: Settings, time: MovableClock, heard: Callable[[Any], Any]
) -> None:
    settings.FRONT_CHANNEL_OUTBOX = {"MAX_AGE": 3600, "BACKOFF": (600, 600)}
    failed = heard(signals.sync_failed)
    message = tell(channel, "sms-1")
    front.fail_next(status=503, count=100)
    for _ in range(20):
        work("sync")
        time.advance(601)

    message.refresh_from_db()
    assert message.code == "given_up"
    assert message.parameters["age"] > 3600
    assert message.parameters["last"]["code"] == "front_unavailable"
    assert "503" in failed[0]["error"]
    assert set(OutboxAttempt.objects.values_list("code", flat=True)) == {"front_unavailable"}


@pytest.mark.parametrize(
    ("language", "given", "told"),
    [
        ("en", None, "The message could not be delivered."),
        ("de", None, "Nicht zugestellt."),
        ("de", "Not in service.", "Not in service."),
    ],
)
def test_the_team_reads_the_hosts_words_or_else_the_apps_language(  # noqa: PLR0917
    front: Sandbox,
    channel: Channel,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    given: str | None,
    told: str,
) -> None:
    settings.FRONT_CHANNEL_APPS = {
        "default": {**settings.FRONT_CHANNEL_APPS["default"], "LANGUAGE": language}
    }
    in_german(monkeypatch, Code.DELIVERY_FAILED, "Nicht zugestellt.")
    message = receive(front, channel)
    messages.report_delivery(message, state="failed", detail=given)
    assert "reason" not in OutboxEntry.objects.get(operation="update-external-message-status").payload
    work("sync")

    (report,) = calls(front, "/status")
    assert json.loads(report["body"])["reason"] == told


@pytest.mark.parametrize("code", Code)
def test_the_team_reads_no_sentence_for_operators(channel: Channel, code: Code) -> None:
    """Neither as the reason of a failure, nor as its last attempt."""
    parameters: dict[str, Any] = dict.fromkeys(code.parameters, "?")
    last = {"code": str(code), "parameters": parameters}
    known = {"last": last} if "last" in code.parameters else {}
    failed = Message(channel=channel, code=code, parameters={**parameters, "age": 60, **known})
    late = Message(channel=channel, code=Code.DELIVERY_TOO_LATE, parameters={"age": 60, "last": last})

    told, told_late = lifecycle.words_for_the_team(failed), lifecycle.words_for_the_team(late)
    if code.affair != Affair.TEAMMATE:
        assert told == f"{Code.DELIVERY_FAILED.sentence} {Code.DELIVERY_FAILED.advice}"
    elif not code.parameters:
        assert told == str(code.sentence)
    if code.affair == Affair.OPERATOR:
        assert told_late.endswith("it will not be sent.")


def test_what_an_exception_said_is_not_told_to_the_team(
    courier: type[Courier], front: Sandbox, channel: Channel, settings: Settings, time: MovableClock
) -> None:
    settings.FRONT_CHANNEL_APPS["default"]["DELIVER_WITHIN"] = 60
    settings.FRONT_CHANNEL_OUTBOX = {"BACKOFF": (50, 50)}
    courier.outcomes += [ValueError("to +33612345678: secret text")] * 9
    message = receive(front, channel)
    for _ in range(4):
        work("deliver")
        time.advance(51)
    work("sync")

    message.refresh_from_db()
    assert (message.code, message.parameters["last"]["code"]) == ("delivery_too_late", "handler_failed")
    (report,) = calls(front, "/status")
    assert "+336" not in json.loads(report["body"])["reason"]
    assert APP["APP_SECRET"] not in str(report)
