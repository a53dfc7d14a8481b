"""The merges that Front tells of while requests are made: from where a request was redirected, and to where."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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

# What the columns hold. Front's own ids are far shorter.
LONGEST_ID = 64
LONGEST_EXTERNAL_ID = 200
MOST_THREADS = 500


class _Trail(threading.local):
    """Where a request has come from and to. Each of Python's threads has its own, because they may share a client."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.sent_to = ""
        self.answered = ""


class Follower(ChannelObserver):
    """Notes the merges that Front tells of while requests are made."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._trail = _Trail()

    @property
    def answered(self) -> str:
        """The conversation that carried out this Python thread's last request, after its redirects; or empty."""
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
            # What was asked is refused, and where it was asked is real.
            self._note(front_id)

    def _note(self, front_id: str) -> None:
        left, self._trail.left = self._trail.left, []
        if not left:
            return
        with _unharmed(self.channel):
            note_merge(self.channel, left, front_id)

    def _note_threads(self, result: object) -> None:
        """Note the threads that an answer lists: no webhook tells of a merge that somebody has made in Front."""
        listed = getattr(result, "external_conversation_ids", ())
        ours = [name for name in listed if name and fits(name, LONGEST_EXTERNAL_ID)]
        if ours:
            front_id: str = result.id  # type: ignore[attr-defined]  # a conversation
            with _unharmed(self.channel):
                note_conversation(self.channel, ours[:MOST_THREADS], front_id)


@contextmanager
def _unharmed(channel: Channel) -> Iterator[None]:
    """The request is done, and must not be made again if noting fails. The next one tells the same."""
    try:
        yield
    except DatabaseError:
        log(LogEvent.MERGE_NOT_NOTED, channel_id=channel.pk, exc_info=True)


def note_conversation(channel: Channel, external_conversation_ids: Sequence[str], front_id: str) -> None:
    """Note, as a fact of now, that these threads are in Front's conversation ``front_id``.

    What cannot be an id of Front's is not noted. The request that told it is done all the same.
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
        # A webhook has created the conversation meanwhile, or one of the threads.
        with database.atomic():
            register = threads.record(channel, external_conversation_ids, fact, now=now)
    send_on_commit(register.announce(channel, now))


def note_merge(channel: Channel, absorbed: Iterable[str], front_id: str) -> None:
    """Note, as a fact of now, that Front's conversations ``absorbed`` are part of ``front_id``."""
    moved = ConversationThread.objects.filter(channel=channel, conversation__front_id__in=list(absorbed))
    with database.atomic():
        note_conversation(channel, list(moved.values_list("external_conversation_id", flat=True)), front_id)
