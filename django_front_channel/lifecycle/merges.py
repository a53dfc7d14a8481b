"""Merges of conversations that we notice when Front redirects a request, or lists the threads of a conversation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from django.db import DatabaseError, IntegrityError

from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.texts import fits
from django_front_channel.exceptions import FrontBadRequestError
from django_front_channel.gateway import ChannelObserver
from django_front_channel.lifecycle import threads
from django_front_channel.models import Channel, ConversationThread, Fact
from django_front_channel.outbox.announcements import send_on_commit

if TYPE_CHECKING:
    from django_front_channel.client import ApiRequest, Outcome

# The lengths of the columns. Front's own ids are far shorter.
LONGEST_ID = 64
LONGEST_EXTERNAL_ID = 200
MOST_THREADS = 500


class _Trail(threading.local):
    """The conversations that a request was redirected through. Each Python thread has its own."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.sent_to = ""
        self.answered = ""


class MergeObserver(ChannelObserver):
    """Observes the requests of a channel, as ``ChannelObserver`` does, and notes merges of conversations."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._trail = _Trail()

    @property
    def answered(self) -> str:
        """The id of the conversation that answered the last request of this Python thread; empty if there was none."""
        return self._trail.answered

    def started(self, request: ApiRequest) -> None:
        super().started(request)
        trail = self._trail
        trail.answered = ""
        if request.resource != ("conversation", trail.sent_to):
            trail.left = []

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        super().finished(request, outcome)
        self._note_threads(outcome.result)
        kind, front_id = request.resource
        if kind != "conversation":
            return
        if outcome.redirected_to is not None:
            self._trail.left.append(front_id)
            self._trail.sent_to = outcome.redirected_to
        elif outcome.error is None:
            trail = self._trail
            trail.answered = front_id if fits(front_id, LONGEST_ID) else next(iter(trail.left), "")
            self._note(front_id)
        elif isinstance(outcome.error, FrontBadRequestError):
            # Front refused the content of the request, so the conversation exists.
            self._note(front_id)

    def _note(self, front_id: str) -> None:
        left, self._trail.left = self._trail.left, []
        if left:
            self.keep(partial(note_merge, self.channel, left, front_id))

    def _note_threads(self, result: object) -> None:
        """Note the threads that a response lists: Front sends no webhook when a teammate merges conversations."""
        listed = getattr(result, "external_conversation_ids", ())
        ours = [name for name in listed if name and fits(name, LONGEST_EXTERNAL_ID)]
        if ours:
            front_id: str = result.id  # type: ignore[attr-defined]  # a conversation
            self.keep(partial(note_conversation, self.channel, ours[:MOST_THREADS], front_id))

    def keep(self, note: Callable[[], None]) -> None:
        """Note what Front has told, now."""
        with unharmed(self.channel):
            note()


@contextmanager
def unharmed(channel: Channel) -> Iterator[None]:
    """Log a database error and go on: the request succeeded, and the next one will show the merge again."""
    try:
        yield
    except DatabaseError:
        log(LogEvent.MERGE_NOT_NOTED, channel_id=channel.pk, exc_info=True)


def note_conversation(channel: Channel, external_conversation_ids: Sequence[str], front_id: str) -> None:
    """Note, as a fact with the current time, that these threads are in Front's conversation ``front_id``.

    An id that is too long or cannot be stored is logged and ignored.
    """
    if not fits(front_id, LONGEST_ID):
        log(LogEvent.CONVERSATION_ID_UNUSABLE, channel_id=channel.pk)
        return
    now = clock.now()
    fact = Fact(int(now.timestamp() * 1000), front_id)
    try:
        with database.atomic():
            register = threads.record(channel, external_conversation_ids, fact, now=now)
    except IntegrityError:
        # A webhook has created the conversation or one of the threads meanwhile.
        with database.atomic():
            register = threads.record(channel, external_conversation_ids, fact, now=now)
    send_on_commit(register.announce(channel, now))


def note_merge(channel: Channel, absorbed: Iterable[str], front_id: str) -> None:
    """Note, as a fact with the current time, that Front has merged the conversations ``absorbed`` into ``front_id``."""
    moved = ConversationThread.objects.filter(channel=channel, conversation__front_id__in=list(absorbed))
    with database.atomic():
        note_conversation(channel, list(moved.values_list("external_conversation_id", flat=True)), front_id)
