"""Filters that keep personal data out of the log, and bound the lines about refused requests.

A provider's error may quote a phone number, and a database's error quotes the row that it refuses. So our lines name
the type of an error and where it was raised, but not its message. The message of a failed attempt is stored with its
outbox entry, where operators can read it and retention clears it.
"""

from __future__ import annotations

import logging

from django_front_channel.core.log_events import LOGGERS, Quiet
from django_front_channel.core.wordless_errors import without_words

quiet_requests = Quiet()


class WordsLeftOut(logging.Filter):
    """Lets every record pass, with a copy of its error that leaves out what others said."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            kind, error, place = record.exc_info
            record.exc_info = (kind, without_words(error), place)
        return True


class RefusalsBounded(logging.Filter):
    """Lets one of Django's lines a minute pass for each error status of our webhook URLs.

    Django logs every response with a status of 400 or more, and anybody can send requests that are refused.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        if match is None or match.app_names[-1:] != ["front_channel"]:
            return True
        return quiet_requests.repeats((getattr(record, "status_code", None),)) is not None


def attach_filters() -> None:
    """Attach the filters to the loggers. Handlers belong to the host, which may add more of them."""
    words_left_out = WordsLeftOut()
    for name in LOGGERS:
        logging.getLogger(name).addFilter(words_left_out)
    logging.getLogger("django.request").addFilter(RefusalsBounded())
