"""Copies of errors for the log: with types and tracebacks, but without messages that may quote a person."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from django_front_channel.core.texts import first_line
from django_front_channel.exceptions import FrontChannelError


def without_words(error: BaseException) -> BaseException:
    """Return a copy of the error, and of the errors that led to it, without messages that may quote a person.

    The original is not changed, because its message may still be stored with a row.
    """
    copies: dict[int, BaseException] = {}
    originals = list(_all_of(error))
    for each in originals:
        _copy(each, copies)
    for each in originals:
        copy = copies[id(each)]
        copy.__cause__ = _known(each.__cause__, copies)
        copy.__context__ = _known(each.__context__, copies)
        copy.__suppress_context__ = each.__suppress_context__
    return copies[id(error)]


def _all_of(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, its causes and contexts, and the errors of its group, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            grouped = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
            waiting += [*grouped, each.__cause__, each.__context__]


def _copy(error: BaseException, copies: dict[int, BaseException]) -> BaseException:
    """Return a copy whose type has the same name, so that error trackers group it with the original."""
    if id(error) not in copies:
        copy: BaseException
        if isinstance(error, BaseExceptionGroup):
            members = [_copy(each, copies) for each in error.exceptions]
            copy = _renamed(BaseExceptionGroup, type(error))("", members)
        else:
            copy = _renamed(Exception, type(error))(*_own_words(error))
        copies[id(error)] = copy.with_traceback(error.__traceback__)
    return copies[id(error)]


def _renamed(kind: type[BaseException], named: type[BaseException]) -> type[BaseException]:
    names = {"__module__": named.__module__, "__qualname__": named.__qualname__}
    return type(named.__name__, (kind,), names)


def _own_words(error: BaseException) -> tuple[object, ...]:
    """Return the arguments that are safe to log.

    These are our codes, a database's error without the values, and the text of a mistake in the settings.
    """
    if isinstance(error, FrontChannelError):
        return (error.code,)
    if isinstance(error, Error):
        return tuple(first_line(each) if isinstance(each, str) else each for each in error.args)
    return (str(error),) if isinstance(error, ImproperlyConfigured) else ()


def _known(error: BaseException | None, copies: dict[int, BaseException]) -> BaseException | None:
    return None if error is None else copies[id(error)]
