"""What loggers must not say, and what they must not repeat.

A database quotes the row that it refuses, and so what people wrote. PostgreSQL does so after the first line of its
error, under "DETAIL"; in that line, databases name single values. The rest tells an operator enough, and the server's
own log has all of it. The error itself is shortened, so whoever catches it later sees the short form, too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from django.db import Error

from django_front_channel.core.log_events import LOGGERS, quiet
from django_front_channel.core.texts import first_line


class RowsLeftOut(logging.Filter):
    """Lets every record pass, but removes quoted rows from its error and from those that led to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        for each in _all_of(error):
            if isinstance(each, Error):
                _shorten(each)
                _shorten(each.__cause__)  # the driver's, whose words it repeats
        return True


class RefusalsBounded(logging.Filter):
    """Lets one of Django's lines for each error status pass in a minute, where the request was for our webhooks.

    Django logs every response of 400 and more. Anybody may send requests that are refused.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        if match is None or match.app_names[-1:] != ["front_channel"]:
            return True
        subject = ("django.request", getattr(record, "status_code", None))
        return quiet.repeats(subject, time.monotonic()) is not None


def attach_filters() -> None:
    """Attach the filters to the loggers, because anybody's handlers may be attached to them, too."""
    rows_left_out = RowsLeftOut()
    for name in LOGGERS:
        logging.getLogger(name).addFilter(rows_left_out)
    logging.getLogger("django.request").addFilter(RefusalsBounded())


def _all_of(error: BaseException | None) -> Iterator[BaseException]:
    """The error, those of its group, those that it was raised from, and those in whose handling it was raised."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            grouped = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
            waiting += [*grouped, each.__cause__, each.__context__]


def _shorten(error: BaseException | None) -> None:
    if error is not None:
        error.args = tuple(first_line(each) if isinstance(each, str) else each for each in error.args)
