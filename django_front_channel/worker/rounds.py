"""The rounds of one direction. A round is one transaction, which is never open during a request.

A round settles the attempts that have ended, and begins the next ones:

1. Look, outside the transaction: which queues are due, and which of them may be used now?
2. Lock the lanes of the attempts that have ended. Lanes that another worker has taken over are left alone.
3. Settle their entries, then their messages, and give the lanes back.
4. Share out the free slots (``shares``), and lease the lanes that have been due for longest.
5. Begin the next entries of these lanes, and commit. Only now are requests made and messages delivered.

This module knows nothing about Python threads: an executor makes the attempts. A round that fails is repeated item by
item, so that one row that cannot be stored does not stop the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections

from django_front_channel import gateway
from django_front_channel.conf import conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
from django_front_channel.lifecycle import threads
from django_front_channel.lifecycle.merges import unharmed
from django_front_channel.models import Message, OutboxEntry, OutboxLane, OutboxQueue
from django_front_channel.models.channel import WORTH_A_LOOK
from django_front_channel.models.outbox import Direction
from django_front_channel.outbox import admission, claims, queues
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.entries import begin_attempts, settle_attempts
from django_front_channel.outbox.outcomes import GaveUp
from django_front_channel.worker.attempts import Attempt, Work, too_old
from django_front_channel.worker.messenger import Messenger
from django_front_channel.worker.shares import Groups, Load
from django_front_channel.worker.slots import Executor

PUT_OFF_SECONDS = 60.0
SETTLE_PAUSE = 0.5
# If the pauses of all processes were read longer ago than this, they are read again before requests start.
FRESH_SECONDS = 0.05
# The columns that identify a message's thread. Texts are not read.
ATTACHED_BY = ("id", "channel_id", "external_conversation_id", "thread_id")
KINDS = {Direction.SYNC: OutboxEntry.Kind.REQUEST, Direction.DELIVER: OutboxEntry.Kind.DELIVER}


@dataclass(frozen=True)
class Turn:
    """The result of a look at the outbox. It is false if nothing was due."""

    admitted: int = 0
    attempts: int = 0
    settled: int = 0

    def __bool__(self) -> bool:
        return bool(self.admitted or self.attempts or self.settled)

    def __add__(self, other: Turn) -> Turn:
        return Turn(
            self.admitted + other.admitted, self.attempts + other.attempts, self.settled + other.settled
        )


@dataclass(frozen=True)
class Look:
    """The time of a round, and the queues that it may use, each with the groups in which its attempts count."""

    now: datetime
    moment: float
    """The time of the round on this process's monotonic clock."""
    queues: Mapping[OutboxQueue, Groups]


class Rounds:
    """Carries out the entries of one direction, round by round. Only one thread calls it."""

    def __init__(
        self,
        direction: Direction,
        work: Work,
        executor: Executor,
        messenger: Messenger,
        stopping: Callable[[], bool],
    ) -> None:
        self._direction = direction
        self._work = work
        self._executor = executor
        self._messenger = messenger
        self._stopping = stopping
        self._admission = admission.Admission(KINDS[direction])
        self._ended: list[Attempt] = []
        self.under_way: set[Attempt] = set()
        """The attempts that have begun and are not settled."""
        self.error: BaseException | None = None
        """The exception that ended a slot, if one did."""

    def turn(self) -> Turn:
        """Admit some new entries, settle the attempts that have ended, and begin the next ones.

        While the database is down, it waits as long as the outcome of an ended attempt can still be stored.
        """
        self._collect()
        while True:
            try:
                return self._admit() + self._round()
            except database.BROKEN:
                if not self._wait_for_the_database():
                    raise

    def _collect(self) -> None:
        for attempt in self._executor.ended():
            if attempt.error is None:
                self._ended.append(attempt)
            else:
                self.error = attempt.error
                self.under_way.discard(attempt)

    def _wait_for_the_database(self) -> bool:
        """Wait a little, so that finished work is not repeated. Returns False if no outcome can be stored in time."""
        lost = [attempt for attempt in self._ended if time.monotonic() > attempt.expires]
        for attempt in lost:
            self._drop(attempt)
        for attempt in self._ended:
            log(LogEvent.OUTCOME_DELAYED, entry_id=attempt.entry.pk, exc_info=True)
        if not self._ended:
            return False
        connections[database.alias()].close_if_unusable_or_obsolete()
        time.sleep(SETTLE_PAUSE)
        return True

    def _admit(self) -> Turn:
        return Turn() if self._stopping() else Turn(admitted=admit_portion(self._admission))

    def _round(self) -> Turn:
        self._note()
        look = self._look()
        settled = len(self._ended)
        if not settled and not look.queues:
            return Turn()
        try:
            begun = self._commit(look)
        except database.BROKEN:
            raise
        except Exception:
            log(LogEvent.STREAM_BROKE, stream=str(self._direction), exc_info=True)
            begun = self._commit_one_by_one(look)
        return Turn(attempts=begun, settled=settled)

    def _note(self) -> None:
        """Store the facts that Front told us during requests."""
        if self._direction == Direction.SYNC:
            gateway.store_pauses()
        for attempt in self._ended:
            while attempt.notes:
                with unharmed(attempt.entry.channel):
                    attempt.notes.pop(0)()

    def _look(self) -> Look:
        moment, now = time.monotonic(), clock.now()
        if self._stopping() or not self._executor.free:
            return Look(now, moment, {})
        also = {attempt.lane.queue_id or 0 for attempt in self._ended}
        due = queues.due_queues(self._direction, now, also)
        if due and self._direction == Direction.SYNC:
            gateway.read_pauses(now)
        closed = {queue: until for queue in due if (until := self._closed_until(queue, now)) != now}
        queues.put_off(closed)
        return Look(
            now, moment, {each: self._work.groups(each.channel) for each in due if each not in closed}
        )

    def _closed_until(self, queue: OutboxQueue, now: datetime) -> datetime | None:
        """Return the time from which the queue may be used, or None if that is unknown."""
        channel = queue.channel
        is_probed = channel.is_refused and not channel.is_held and self._direction == Direction.SYNC
        if not channel.is_working and not is_probed:
            return None
        if not channel.may_be_tried(now):
            return channel.probe_at
        paused = gateway.known_pause(channel, "", now) if self._direction == Direction.SYNC else None
        if paused is not None:
            return paused
        code = gateway.refusal(channel)
        if code is None or code in WORTH_A_LOOK:
            return now
        log(LogEvent.CHANNEL_WAITS, channel_id=channel.pk, code=str(code))
        return now + timedelta(seconds=PUT_OFF_SECONDS)

    def _commit(self, look: Look) -> int:
        """Settle attempts and begin new ones in one transaction, then start these. Returns how many have begun."""
        with database.durable():
            announcements, woken = self._settle(self._ended, look.now)
            lanes, full = self._lease(look)
            begun, given_back = self._begin(lanes, look)
            woken |= full | given_back
            queues.wake(woken, look.now)
        self._settled(self._ended, announcements)
        self._start(begun, look)
        used = {attempt.lane.queue_id for attempt in begun} | woken
        empty = [queue for queue in look.queues if queue.pk not in used]
        if empty and self._executor.free:
            queues.put_off(queues.next_looks(empty))
        return len(begun)

    def _settle(
        self, ended: Collection[Attempt], now: datetime, *, effects: bool = True
    ) -> tuple[list[Announcement], set[int | None]]:
        """Settle attempts that no other worker has taken over. Returns announcements to send, and queues to wake."""
        if not ended:
            return [], set()
        by_token = sorted(ended, key=lambda attempt: attempt.lane.lease_token)
        held = claims.locked({attempt.lane.pk: attempt.lane.lease_token for attempt in by_token})
        own = [attempt for attempt in ended if _is_own(attempt, held)]
        for attempt in ended:
            if attempt not in own:
                log(LogEvent.LANE_LOST, lane_id=attempt.lane.pk, entry_id=attempt.entry.pk)
        ended_as = {attempt.entry: attempt.outcome for attempt in own if attempt.outcome is not None}
        outcomes = self._work.judged(ended_as, now)
        delays = settle_attempts(outcomes, now)
        announcements = self._work.settle(outcomes, now) if effects and outcomes else []
        woken = claims.give_back({attempt.lane.pk: delays[attempt.entry] for attempt in own}, now)
        return announcements, woken

    def _settled(self, ended: Iterable[Attempt], announcements: list[Announcement]) -> None:
        for attempt in list(ended):
            self._drop(attempt)
        self._messenger.announce(announcements)

    def _drop(self, attempt: Attempt) -> None:
        self._ended.remove(attempt)
        self.under_way.discard(attempt)

    def _lease(self, look: Look) -> tuple[list[OutboxLane], set[int | None]]:
        """Lock due lanes for the free slots. Returns the lanes, and the queues that may have more due lanes."""
        lanes: list[OutboxLane] = []
        load = Load(attempt.groups for attempt in self.under_way if attempt not in self._ended)
        candidates, free = dict(look.queues), self._executor.free
        while shares := load.share(free - len(lanes), candidates):
            for queue, most in shares.items():
                taken = claims.due_lanes(queue, look.now, most=most, without=[lane.pk for lane in lanes])
                lanes += taken
                for _ in taken:
                    load.add(look.queues[queue])
                if len(taken) < most:
                    del candidates[queue]
        asked = {lane.queue_id for lane in lanes}
        return lanes, {queue.pk for queue in candidates if queue.pk in asked}

    def _begin(self, lanes: Collection[OutboxLane], look: Look) -> tuple[list[Attempt], set[int | None]]:
        """Begin the next entries of these locked lanes. Returns the attempts, and the queues of lanes given back."""
        next_entries = {pk: lane for lane in lanes if (pk := lane.next_entry) is not None}
        claims.lease(next_entries.values(), look.now)
        entries = begin_attempts(next_entries.keys(), look.now)
        known = self._work.begin(entries, look.now) if entries else {}
        groups = {queue.pk: groups for queue, groups in look.queues.items()}
        expires = look.moment + conf.outbox.lease
        begun = []
        for entry in entries:
            lane = next_entries.pop(entry.pk)
            outcome = too_old(entry) or known.get(entry)
            begun.append(Attempt(lane, entry, expires, groups[lane.queue_id or 0], outcome))
        # In the other lanes, nothing waits any more, or the channel was closed.
        used = {attempt.lane.pk for attempt in begun}
        unused = [lane for lane in lanes if lane.pk not in used]
        return begun, claims.give_back({lane.pk: None for lane in unused}, look.now) if unused else set()

    def _start(self, begun: Collection[Attempt], look: Look) -> None:
        """Start the attempts whose beginning was just committed. Nothing may fail between the commit and the start."""
        if begun and self._direction == Direction.SYNC and time.monotonic() - look.moment > FRESH_SECONDS:
            with suppress(*database.BROKEN):
                gateway.read_pauses(clock.now())
        self.under_way.update(begun)
        for attempt in begun:
            if attempt.outcome is None:
                self._executor.start(attempt)
            else:
                self._ended.append(attempt)

    def _commit_one_by_one(self, look: Look) -> int:
        """Settle and begin each attempt in a transaction of its own. Returns how many have begun."""
        for attempt in list(self._ended):
            self._settle_alone(attempt, look.now)
        return sum(self._begin_alone(queue, look) for queue in look.queues)

    def _settle_alone(self, attempt: Attempt, now: datetime) -> None:
        """Settle one attempt. If its effects cannot be stored, its entry fails, and the lane goes on."""
        outcome = attempt.outcome
        for effects in (True, True, False):
            try:
                with database.durable():
                    attempt.entry = _read_again(attempt.entry)
                    attempt.outcome = outcome
                    announcements, woken = self._settle([attempt], now, effects=effects)
                    queues.wake(woken, now)
            except database.BROKEN:
                raise
            except Exception as error:
                log(LogEvent.OUTCOME_BROKE, entry_id=attempt.entry.pk, exc_info=True)
                outcome = GaveUp(Reason(Code.UNEXPECTED_ERROR, detail=brief(error)))
            else:
                self._settled([attempt], announcements)
                return
        self._drop(attempt)  # the lease will end by itself

    def _begin_alone(self, queue: OutboxQueue, look: Look) -> int:
        """Begin the entries of one queue, lane by lane. A lane whose entry cannot be begun is put off."""
        count = 0
        for lane in OutboxLane.objects.due(look.now).filter(queue=queue)[: self._executor.free]:
            try:
                with database.durable():
                    locked = claims.due_lanes(queue, look.now, most=1, only=[lane.pk])
                    begun, given_back = self._begin(locked, look)
                    queues.wake(given_back, look.now)
            except database.BROKEN:
                raise
            except Exception:
                log(LogEvent.LANE_BROKE, lane_id=lane.pk, channel_id=lane.channel_id, exc_info=True)
                claims.put_off_lane(lane, look.now, look.now + timedelta(seconds=PUT_OFF_SECONDS))
            else:
                self._start(begun, look)
                count += len(begun)
        return count


def admit_portion(source: admission.Admission) -> int:
    """Admit the next portion of new entries, in its own transactions. Returns the number of admitted entries."""
    portion = source.next_portion()
    if not portion:
        return 0
    known = admission.prepare(portion)
    with database.durable():
        admitted, woken = admission.admit(portion, known)
        pks = [entry.message_id for entry in portion if entry.message_id is not None]
        threads.attach(Message.objects.filter(pk__in=pks, thread__isnull=True).only(*ATTACHED_BY))
        queues.wake(woken, clock.now())
    return admitted


def _is_own(attempt: Attempt, held: Mapping[int, OutboxLane]) -> bool:
    lane = held.get(attempt.lane.pk)
    return lane is not None and lane.lease_token == attempt.lane.lease_token


def _read_again(entry: OutboxEntry) -> OutboxEntry:
    """Read the entry from the database again, so that no values remain that were rolled back."""
    rows = OutboxEntry.objects.select_related("channel", "message__thread__conversation")
    return rows.filter(pk=entry.pk).first() or entry
