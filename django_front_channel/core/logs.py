"""What our loggers say of errors. A database quotes the row that it refuses, and so what people wrote.

PostgreSQL does so after the first line of its error, under "DETAIL"; in that line, databases name single values. What
is left tells an operator enough, and the server's own log has all of it. Who holds such an error afterwards finds it
shortened, too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import Error

from django_front_channel.core.log_events import LOGGERS
from django_front_channel.core.texts import first_line


class RowsLeftOut(logging.Filter):
    """Lets every record pass, and takes out of its error, and of those that led to it, what quotes a row."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        for each in _all_of(error):
            if isinstance(each, Error):
                _shorten(each)
                _shorten(each.__cause__)  # the driver's, whose words it repeats
        return True


def leave_rows_out() -> None:
    """Let none of our loggers quote a row. Anybody's handlers may be attached to them."""
    rows_left_out = RowsLeftOut()
    for name in LOGGERS:
        logging.getLogger(name).addFilter(rows_left_out)


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
