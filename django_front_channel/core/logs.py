"""What our loggers say of errors: their types, and the places in the code where they were raised.

What an error says is left out, because it may quote anything: a provider's library the number and the text that it was
given, a database the row that it refuses. It is kept with the row that the attempt was about, as its ``detail``, and
goes with it. Only our own errors are quoted, which hold nothing that people wrote, and the first line of a database's,
without its values.
"""

from __future__ import annotations

import logging

from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from django_front_channel.core.log_events import LOGGERS
from django_front_channel.core.texts import first_line
from django_front_channel.exceptions import FrontAPIError, FrontChannelError

# Longer chains, and larger groups, are cut.
DEEPEST = 8
MOST_IN_GROUP = 10


class WordsLeftOut(logging.Filter):
    """Lets every record pass, with a copy of its error that says only what anybody may read."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            silent = silenced(record.exc_info[1])
            record.exc_info = (type(silent), silent, silent.__traceback__)
            record.exc_text = None
        return True


def leave_words_out() -> None:
    """Let none of our loggers say what an error says. Anybody's handlers may be attached to them."""
    words_left_out = WordsLeftOut()
    for name in LOGGERS:
        logging.getLogger(name).addFilter(words_left_out)


def silenced(error: BaseException, depth: int = DEEPEST) -> BaseException:
    """A copy of the error, and of those that led to it, with the same names and tracebacks, and without their words."""
    copy = _copy(error, depth)
    copy.__traceback__ = error.__traceback__
    if depth:
        for name in ("__cause__", "__context__"):
            other = getattr(error, name)
            setattr(copy, name, silenced(other, depth - 1) if _is_shown(error, name) else None)
    copy.__suppress_context__ = error.__suppress_context__
    return copy


def _is_shown(error: BaseException, name: str) -> bool:
    """Whether a traceback would show what stands there."""
    is_hidden = name == "__context__" and error.__suppress_context__
    return getattr(error, name) is not None and not is_hidden


def _copy(error: BaseException, depth: int) -> BaseException:
    words = _words(error)
    if isinstance(error, BaseExceptionGroup) and depth:
        some = [silenced(each, depth - 1) for each in error.exceptions[:MOST_IN_GROUP]]
        return _named(error, BaseExceptionGroup)(words, some)
    return _named(error, Exception)(*filter(None, [words]))


def _named(error: BaseException, base: type[BaseException]) -> type[BaseException]:
    """A class that is called like the error's."""
    own = type(error)
    return type(own.__name__, (base,), {"__module__": own.__module__, "__qualname__": own.__qualname__})


def _words(error: BaseException) -> str:
    """What may be said of it."""
    if isinstance(error, Error):
        return first_line(str(error))
    if isinstance(error, FrontAPIError):
        return f"{error.operation} {error.status_code or ''} {error.code}".strip()
    if isinstance(error, FrontChannelError):
        return str(error.code)
    return first_line(str(error)) if isinstance(error, ImproperlyConfigured) else ""
