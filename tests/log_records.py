"""Reads what our events have logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django_front_channel.core.log_events import LogEvent


def events(records: Iterable[logging.LogRecord]) -> list[LogEvent]:
    """The events among the records, in order."""
    return [event_of(record) for record in records if hasattr(record, "event")]


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of one event."""
    return {name: getattr(record, name) for name in event_of(record).fields}


def event_of(record: logging.LogRecord) -> LogEvent:
    return LogEvent[record.__dict__["event"].upper()]
