"""Where a Channel meets the client: its credentials, the pauses that Front asked for, and the call's signal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from django_front_channel.conf import App, conf
from django_front_channel.exceptions import ChannelUnavailable, FrontConnectionError, FrontRateLimitError
from django_front_channel.models import Channel, Pause, clock, pauses
from django_front_channel.models.texts import brief
from django_front_channel.signals import api_call_finished

MINUTE = 60.0
GUESS = 10.0
LONGEST_EPOCH = 10

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from django_front_channel.client import ApiRequest, FrontClient, Outcome

# What tests have put in place of the network; the last one counts.
_replacements: list[Callable[[App], BaseAdapter]] = []


def client_for(
    channel: Channel, *, wait: float = 0.0, observer: ChannelObserver | None = None
) -> FrontClient:
    """A client that calls Front as this channel.

    While a pause that Front asked for is in force, each of its calls waits up to ``wait`` seconds for its end, and
    else raises ``FrontRateLimitError`` at once, with ``retry_after`` in seconds. An answer of 429 begins such a
    pause for all processes.

    ``observer`` is told of every request; by default it keeps pauses, and notes no merges, which the client of
    ``services`` does.

    Raises ``ChannelUnavailable`` when the channel, as it is given, is not connected or is held, or was connected
    with another App UID or API URL than the settings name now; ``ImproperlyConfigured`` when the settings lack its
    app.
    """
    from django_front_channel.client import FrontClient
    from django_front_channel.client.arguments import seconds

    app = conf.app(channel.app)
    if not channel.front_id or channel.state == Channel.State.DISCONNECTED:
        raise ChannelUnavailable(
            f"{channel} is not connected. Add it in Front with its connection token first."
        )
    if channel.is_held:
        raise ChannelUnavailable(
            f"{channel} is held, so nothing is asked of Front. To go on, release it: in the admin, or by "
            "services.channels.release()."
        )
    if is_foreign(channel, app):
        raise ChannelUnavailable(
            f"{channel} was connected as app {channel.connected_app_uid} at {channel.connected_api_url}, but the "
            f"settings name {app.uid} at {app.api_url}. If that is intended, adopt it: in the "
            "admin, or by services.channels.adopt()."
        )
    return FrontClient(
        app.uid,
        app.secret,
        channel.front_id,
        api_url=app.api_url,
        timeout=conf.api_timeout,
        patience=seconds(wait, "wait"),
        jwt_lifetime=int(conf.jwt_lifetime),
        adapter=_replacements[-1](app) if _replacements else None,
        clock=clock.of_this_machine,
        observer=observer or ChannelObserver(channel),
    )


@contextmanager
def network_replaced(adapter_for: Callable[[App], BaseAdapter]) -> Iterator[None]:
    """Let the adapter that ``adapter_for`` returns carry an app's calls, and not the network. For tests."""
    _replacements.append(adapter_for)
    try:
        yield
    finally:
        _replacements.pop()


def is_foreign(channel: Channel, app: App) -> bool:
    """Whether the channel was connected under another App UID or API URL: a production dump on staging."""
    return (channel.connected_app_uid, channel.connected_api_url) != (app.uid, app.api_url)


def hold_reason(channel: Channel) -> str:
    """Why nothing is sent for this channel now, for a person to read; empty when nothing holds it."""
    if channel.state != Channel.State.CONNECTED:
        return _("The channel is not connected: {state}.").format(state=channel.get_state_display())
    if channel.is_held:
        return _("The channel is held. Release it to go on.")
    try:
        app = conf.app(channel.app)
    except Exception as error:  # noqa: BLE001 - the host's own callable may answer for FRONT_CHANNEL_APPS
        return brief(error)
    if is_foreign(channel, app):
        return _(
            "The channel was connected with another App UID or API URL than the settings have. Adopt it."
        )
    return ""


class ChannelObserver:
    """Keeps the pauses of a channel's calls, and tells of each call.

    ``not_after`` is the last moment, on the monotonic clock, at which a request may start; None for any.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.not_after: float | None = None

    def started(self, request: ApiRequest) -> None:
        """Refuse to begin a request during a pause, or too late."""
        now = clock.now()
        until = pauses.until(self.channel, _conversation(request), now)
        if until is not None:
            raise FrontRateLimitError(
                "Front asked to wait", operation=request.operation, retry_after=(until - now).total_seconds()
            )
        if self.not_after is not None and time.monotonic() > self.not_after:
            raise FrontConnectionError(
                "Not sent: another worker may have taken over", operation=request.operation
            )

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        """Begin a pause on 429, and send ``api_call_finished``."""
        if isinstance(outcome.error, FrontRateLimitError):
            self.pause(request, outcome)
        api_call_finished.send_robust(
            sender=Channel,
            channel=self.channel,
            operation=request.operation,
            status_code=outcome.status_code,
            duration=outcome.duration,
            error=outcome.error,
        )

    def pause(self, request: ApiRequest, outcome: Outcome) -> None:
        """Pause the narrowest scope that Front's limit is about.

        Front's limits are per resource and per company (dev.frontapp.com/docs/rate-limiting). It is the company's
        when nothing remains of it, and never the app's: another company's calls go on.
        """
        scope, key = Pause.Scope.CHANNEL, str(self.channel.pk)
        if outcome.headers.get("x-ratelimit-remaining") == "0" and self.channel.company_host:
            scope, key = Pause.Scope.COMPANY, self.channel.company_host
        elif _conversation(request):
            scope, key = Pause.Scope.CONVERSATION, _conversation(request)
        now = clock.now()
        pauses.begin(scope, key, now + timedelta(seconds=_patience(outcome, now)))


def _patience(outcome: Outcome, now: datetime) -> float:
    """Seconds to wait after a 429: what Front says, or until its minute is over, or a guess."""
    said = getattr(outcome.error, "retry_after", None)
    if said:
        return float(said)
    reset = outcome.headers.get("x-ratelimit-reset", "")
    left = int(reset) - now.timestamp() if reset.isdecimal() and len(reset) <= LONGEST_EPOCH else 0.0
    return min(left, MINUTE) if left > 0 else GUESS


def _conversation(request: ApiRequest) -> str:
    kind, front_id = request.resource
    return front_id if kind == "conversation" else ""
