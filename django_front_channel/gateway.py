"""The link between a Channel and the client: whether it may be used now, its credentials, and the pauses of Front.

A direct verb may be called inside the caller's transaction. A rollback would undo a pause that was written there, and
its lock would block workers that meet the same limit. So the pause is kept in this process, and written after the
commit. After a rollback, only this process knows it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from django_front_channel.conf import App, conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import ChannelUnavailable, FrontConnectionError, FrontRateLimitError
from django_front_channel.models import Channel, Pause
from django_front_channel.models.channel import BLOCKED, WORTH_A_LOOK
from django_front_channel.signals import api_request_finished

MINUTE = 60.0
GUESS = 10.0
LONGEST_EPOCH = 10

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from django_front_channel.client import ApiRequest, FrontClient, Outcome
    from django_front_channel.client.wait_budget import WaitBudget

PauseKey = tuple[str, str, str]
"""App, scope and key."""

# The adapters that tests use instead of the network. The last one counts.
_replacements: list[Callable[[App], BaseAdapter]] = []
# The pauses that only this process knows, and the stored pauses as they were read last.
_own: dict[PauseKey, datetime] = {}
_stored: dict[PauseKey, datetime] = {}
_lock = threading.Lock()

NOT_CONNECTED = "{channel} is not connected. Add it in Front with its connection token first."
ADVICE = {
    Code.CHANNEL_NOT_CONNECTED: NOT_CONNECTED,
    Code.CHANNEL_DISCONNECTED: NOT_CONNECTED,
    Code.CHANNEL_HELD: (
        "{channel} is held, so no requests are sent to Front. To go on, release it: in the admin, or with "
        "services.channels.release()."
    ),
    Code.CHANNEL_MOVED: (
        "{channel} was connected again, as a different channel in Front. If the waiting messages may be sent to the "
        "new channel, adopt the channel in the admin or with services.channels.adopt()."
    ),
    Code.CHANNEL_CONNECTED_ELSEWHERE: (
        "{channel} was connected as app {channel.connected_app_uid} at {channel.connected_api_url}, but the "
        "settings name {app.uid} at {app.api_url}. If that is intended, adopt it: in the "
        "admin, or with services.channels.adopt()."
    ),
}


def refusal(channel: Channel) -> Code | None:
    """Return why the channel may not be used now, or None if it may. Uses the given row, without a query."""
    blocked = BLOCKED.get(channel.state)
    if blocked is not None and blocked not in WORTH_A_LOOK:
        return blocked
    if not channel.front_id:
        return Code.CHANNEL_NOT_CONNECTED
    if channel.is_held:
        return Code.CHANNEL_MOVED if channel.hold_code == Code.CHANNEL_MOVED else Code.CHANNEL_HELD
    try:
        app = conf.app(channel.app)
    except Exception:
        # FRONT_CHANNEL_APPS may be a callable of the host, which may raise anything.
        log(LogEvent.APP_MISSING, channel_id=channel.pk, exc_info=True)
        return Code.CHANNEL_APP_MISSING
    return Code.CHANNEL_CONNECTED_ELSEWHERE if is_foreign(channel, app) else blocked


def client_for(
    channel: Channel,
    *,
    patience: float | WaitBudget = 0.0,
    timeout: float | None = None,
    observer: ChannelObserver | None = None,
) -> FrontClient:
    """Return a client that sends requests to Front as this channel.

    ``patience``  the total time, in seconds, for which its operations wait for the end of a pause that Front asked for.
    If that is not enough, they raise ``FrontRateLimitError`` at once, with ``retry_after`` in seconds. A response of
    429 begins such a pause for all processes
    ``timeout``   the longest time of one operation, in seconds; by default ``FRONT_CHANNEL_API_TIMEOUT``
    ``observer``  is told of every request. The default one keeps pauses, but does not note merges; the client of
    ``services`` does both

    Raises ``ChannelUnavailable`` if the channel is not connected, is held, or was connected with an App UID or API URL
    that the settings no longer have, and ``ImproperlyConfigured`` if the settings lack its app.

    Front's page: dev.frontapp.com/docs/rate-limiting.
    """
    from django_front_channel.client import FrontClient

    app = conf.app(channel.app)
    code = refusal(channel)
    if code in ADVICE:
        raise ChannelUnavailable(ADVICE[code].format(channel=channel, app=app), code=code)
    return FrontClient(
        app.uid,
        app.secrets[0],
        channel.front_id or "",
        api_url=app.api_url,
        timeout=conf.api_timeout if timeout is None else timeout,
        patience=patience,
        jwt_lifetime=int(conf.jwt_lifetime),
        adapter=_replacements[-1](app) if _replacements else None,
        clock=clock.of_this_machine,
        observer=observer or ChannelObserver(channel),
    )


@contextmanager
def network_replaced(adapter_for: Callable[[App], BaseAdapter]) -> Iterator[None]:
    """Send each app's requests to the adapter that ``adapter_for`` returns, not to the network. For tests."""
    _replacements.append(adapter_for)
    try:
        yield
    finally:
        _replacements.pop()


def is_foreign(channel: Channel, app: App) -> bool:
    """Return whether the channel was connected with another App UID or API URL, as in a copied database."""
    return (channel.connected_app_uid, channel.connected_api_url) != (app.uid, app.api_url)


def begin_pause(app: str, scope: str, key: str, until: datetime) -> None:
    """Keep the app's requests in this scope from starting before ``until``. The later end of two pauses counts."""
    try:
        with database.durable():
            Pause.objects.extend(app, scope, key, until)
    except RuntimeError:  # inside the caller's transaction
        _remember((app, scope, key), until)
        later = partial(Pause.objects.extend, app, scope, key, until)
        transaction.on_commit(later, using=database.alias(), robust=True)


def remember_pause(app: str, scope: str, key: str, until: datetime) -> None:
    """Keep this process from starting requests in this scope before ``until``, without a statement.

    ``store_pauses()`` tells the other processes.
    """
    _remember((app, scope, key), until)


def store_pauses() -> None:
    """Store the pauses that only this process knows. If the database raises an error, they are still known here."""
    with _lock:
        own = dict(_own)
    for pause, until in own.items():
        with database.durable():
            Pause.objects.extend(*pause, until)
        with _lock:
            if _own.get(pause) == until:
                del _own[pause]


def read_pauses(now: datetime) -> None:
    """Read the current pauses of all processes, for ``known_pause()``. One statement."""
    pauses = Pause.objects.active(now).values_list("app", "scope", "key", "until")
    stored = {(app, scope, key): until for app, scope, key, until in pauses}
    with _lock:
        _stored.clear()
        _stored.update(stored)


def known_pause(channel: Channel, conversation_id: str, now: datetime) -> datetime | None:
    """Return what ``paused_until()`` does, as far as this process knows, without a statement."""
    pauses = [(channel.app, scope, key) for scope, key in Pause.scopes_of(channel, conversation_id)]
    ends = _remembered(pauses, now)
    with _lock:
        ends += [_stored[pause] for pause in pauses if pause in _stored]
    return max((end for end in ends if end > now), default=None)


def forget_pauses() -> None:
    """Forget the pauses that this process knows. For tests, whose transactions are never committed."""
    _own.clear()
    _stored.clear()


def paused_until(channel: Channel, conversation_id: str, now: datetime) -> datetime | None:
    """Return the end of the pause for requests of the channel in this conversation; None if there is no pause.

    An empty ``conversation_id`` asks about requests that belong to no conversation.
    """
    scopes = Pause.scopes_of(channel, conversation_id)
    ends = _remembered([(channel.app, scope, key) for scope, key in scopes], now)
    ends += Pause.objects.covering(scopes, app=channel.app).active(now).values_list("until", flat=True)
    return max(ends, default=None)


def _remember(pause: PauseKey, until: datetime) -> None:
    with _lock:
        _own[pause] = max(until, _own.get(pause, until))


def _remembered(pauses: list[PauseKey], now: datetime) -> list[datetime]:
    """Return the ends of these pauses that only this process knows. Forgets the pauses that are over."""
    with _lock:
        for pause in [pause for pause, end in _own.items() if end <= now]:
            del _own[pause]
        return [_own[pause] for pause in pauses if pause in _own]


class ChannelObserver:
    """Observes the requests of a channel: it enforces pauses, and sends ``api_request_finished``.

    ``not_after``  the last moment, on the monotonic clock in seconds, at which a request may start; None for no limit
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.not_after: float | None = None

    def started(self, request: ApiRequest) -> None:
        """Check that the request may start.

        Raises ``FrontRateLimitError`` during a pause, and ``FrontConnectionError`` after ``not_after``.
        """
        now = self.now()
        until = self.paused_until(_conversation(request), now)
        if until is not None:
            raise FrontRateLimitError(
                "Front asked to wait", operation=request.operation, retry_after=(until - now).total_seconds()
            )
        if self.not_after is not None and time.monotonic() > self.not_after:
            raise FrontConnectionError(
                "Not sent: another worker may have taken over",
                operation=request.operation,
                code=Code.LEASE_ENDING,
            )

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        """Begin a pause on 429, and send ``api_request_finished``."""
        if isinstance(outcome.error, FrontRateLimitError):
            self.pause(request, outcome)
        self.report(
            channel=self.channel,
            operation=request.operation,
            status_code=outcome.status_code,
            duration=outcome.duration,
            error=outcome.error,
        )

    def pause(self, request: ApiRequest, outcome: Outcome) -> None:
        """Pause the narrowest scope that a 429 can be about: the conversation, the channel, or the company.

        Front has limits for each resource and for each company (dev.frontapp.com/docs/rate-limiting). If the response
        says that nothing remains of the company's limit, all its requests pause, but never those of other companies.
        """
        scope, key = Pause.Scope.CHANNEL, str(self.channel.pk)
        if outcome.headers.get("x-ratelimit-remaining") == "0" and self.channel.company:
            scope, key = Pause.Scope.COMPANY, self.channel.company
        elif _conversation(request):
            scope, key = Pause.Scope.CONVERSATION, _conversation(request)
        now = self.now()
        seconds = _patience(outcome, now)
        log(LogEvent.PAUSE_BEGAN, app=self.channel.app, scope=str(scope), seconds=round(seconds, 1))
        self.keep_pause(self.channel.app, scope, key, now + timedelta(seconds=seconds))

    def now(self) -> datetime:
        return clock.now()

    def paused_until(self, conversation_id: str, now: datetime) -> datetime | None:
        return paused_until(self.channel, conversation_id, now)

    def keep_pause(self, app: str, scope: str, key: str, until: datetime) -> None:
        begin_pause(app, scope, key, until)

    def report(self, **request: Any) -> None:
        """Send ``api_request_finished`` with these arguments."""
        api_request_finished.send_robust(sender=Channel, **request)


def _patience(outcome: Outcome, now: datetime) -> float:
    """Return the seconds to wait after a 429: ``Retry-After``, or the rest of Front's minute, or a guess."""
    said = getattr(outcome.error, "retry_after", None)
    if said:
        return float(said)
    reset = outcome.headers.get("x-ratelimit-reset", "")
    left = int(reset) - now.timestamp() if reset.isdecimal() and len(reset) <= LONGEST_EPOCH else 0.0
    return min(left, MINUTE) if left > 0 else GUESS


def _conversation(request: ApiRequest) -> str:
    kind, front_id = request.resource
    return front_id if kind == "conversation" else ""
