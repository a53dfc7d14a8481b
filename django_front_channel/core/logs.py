"""What our loggers say of errors: their types and where they were raised, but never what somebody wrote.

A provider's error may quote a phone number, and a database quotes the row that it refuses. The words of a failed
attempt are kept with its entry, where operators read them and retention clears them.
"""

from __future__ import annotations

import logging

from django_front_channel.core.log_events import LOGGERS
from django_front_channel.core.wordless_errors import without_words


class WordsLeftOut(logging.Filter):
    """Lets every record pass, with a copy of its error that quotes nobody."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            kind, error, place = record.exc_info
            record.exc_info = (kind, without_words(error), place)
        return True


def leave_words_out() -> None:
    """Let none of our loggers quote anybody. Hosts' handlers may be attached to any of them."""
    words_left_out = WordsLeftOut()
    for name in LOGGERS:
        logging.getLogger(name).addFilter(words_left_out)
