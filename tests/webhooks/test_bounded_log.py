"""A flood of requests to the webhook URLs does not fill the log."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest
from django.test import Client

from django_front_channel.core import log_events
from tests.log_records import event_of, fields

FLOOD = 500


class Records(logging.Handler):
    """Every record of every logger, whoever made it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def failing(alias: str) -> dict[str, Any] | None:
    raise LookupError(alias)


def flood(**changes: Any) -> list[logging.LogRecord]:
    records = Records()
    root = logging.getLogger()
    root.addHandler(records)
    try:
        for number in range(FLOOD):
            url = changes.get("url", "/front/default/").format(number=number)
            Client(raise_request_exception=False).generic(
                changes.get("method", "POST"), url, changes.get("body", b"{}"), **changes.get("extra", {})
            )
    finally:
        root.removeHandler(records)
    return records.records


KINDS: dict[str, dict[str, Any]] = {
    "unsigned": {},
    "to any channel": {"url": "/front/default/{number:032}/"},
    "to any app": {"url": "/front/app-{number}/"},
    "badly signed": {
        "extra": {"headers": {"X-Front-Signature": "x", "X-Front-Request-Timestamp": "1764000000"}}
    },
    "by another method": {"method": "PUT"},
    "of an odd length": {"extra": {"CONTENT_LENGTH": "many"}},
    "too large": {"body": b"x" * (1024 * 1024 + 1)},
}


@pytest.mark.fault("log-floods")
@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_of_requests_gives_a_few_lines(db: None, kind: str) -> None:
    assert len(flood(**KINDS[kind])) <= 4


@pytest.mark.fault("log-floods")
def test_a_flood_that_meets_a_failing_host_gives_a_few_lines(db: None, settings: Any) -> None:
    settings.FRONT_CHANNEL_APPS = f"{__name__}.failing"
    assert len(flood(url="/front/app-{number}/")) <= 4


@pytest.mark.fault("log-floods")
def test_the_next_line_says_how_many_were_left_out(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [record for record in flood() if hasattr(record, "event")]
    now = time.monotonic() + log_events.QUIET_SECONDS + 1
    monkeypatch.setattr(log_events.quiet, "clock", lambda: now)
    later = [record for record in flood() if hasattr(record, "event")]
    assert [fields(record)["repeats"] for record in (*first, *later)] == [0, FLOOD - 1]
    assert {event_of(record) for record in later} == {log_events.LogEvent.WEBHOOK_REJECTED}


def test_refusals_of_other_views_are_logged_as_ever(db: None, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        Client().get("/elsewhere/")
    assert len([record for record in caplog.records if record.name == "django.request"]) == 3
