"""What loggers must not say, and what they must not repeat.

A provider's error may quote a phone number, and a database quotes the row that it refuses. So our lines name the type
of an error and the place where it was raised, but not its words. The words of a failed attempt are kept with its
entry, where operators read them and retention clears them.
"""

from __future__ import annotations

import logging

from django_front_channel.core.log_events import LOGGERS, Quiet
from django_front_channel.core.wordless_errors import without_words

quiet_requests = Quiet()


class WordsLeftOut(logging.Filter):
    """Lets every record pass, with a copy of its error that quotes nobody."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            kind, error, place = record.exc_info
            record.exc_info = (kind, without_words(error), place)
        return True


class RefusalsBounded(logging.Filter):
    """Lets one of Django's lines for each error status pass in a minute, where the request was for our webhooks.

    Django logs every response of 400 and more. Anybody may send requests that are refused.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        if match is None or match.app_names[-1:] != ["front_channel"]:
            return True
        return quiet_requests.repeats((getattr(record, "status_code", None),)) is not None


def attach_filters() -> None:
    """Attach the filters to the loggers, because anybody's handlers may be attached to them, too."""
    words_left_out = WordsLeftOut()
    for name in LOGGERS:
        logging.getLogger(name).addFilter(words_left_out)
    logging.getLogger("django.request").addFilter(RefusalsBounded())
