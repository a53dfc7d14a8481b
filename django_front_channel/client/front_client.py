"""The client for the operations of one channel."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django_front_channel.exceptions import FrontRateLimitError, InvalidArgument
from django_front_channel.secret import Secret

from . import arguments, hosts
from .executor import Executor
from .front_limits import LONGEST_JWT_LIFETIME
from .observer import RequestObserver, Unobserved
from .operations import Operation, Request
from .transport import Signer, Transport
from .wait_budget import WaitBudget

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from .calls import Calls
    from .channels import Channels
    from .conversations import Conversations
    from .messages import Messages
    from .templates import Templates

Result = TypeVar("Result")

# Seconds to wait when Front asks to wait and does not say how long.
UNKNOWN_WAIT = 1.0
# Seconds.
JWT_LIFETIMES = range(1, LONGEST_JWT_LIFETIME + 1)


class FrontClient:
    """Performs Front's operations on behalf of one channel. Python threads may share it.

    * ``app_uid``, ``app_secret``: the App UID and App secret of the Front app, not its OAuth credentials.
    * ``channel_id``: ``cha_…``, from the ``authorization`` webhook.
    * ``api_url``: an https URL. Plain http is allowed for loopback hosts, or when ``adapter`` replaces the network.
    * ``timeout``: seconds, more than 0, for one operation with all its redirects, retries and files.
    * ``patience``: seconds that each operation may wait in all, in addition to ``timeout``, when Front or the observer
      asks it to wait. Pass a ``WaitBudget`` to give all operations one budget. By default an operation does not wait,
      but raises ``FrontRateLimitError`` at once.
    * ``jwt_lifetime``: whole seconds, 1 to 30. Front refuses longer lifetimes.
    * ``adapter``: replaces the network, for example with a sandbox in the same process.
    * ``clock``: returns unix seconds, for the expiry of JWTs.
    * ``observer``: is told about every HTTP request, and may stop it.

    Every method raises ``InvalidArgument``, before anything is sent, or a ``FrontAPIError``. A method that yields
    items requests each page when the caller reaches it.

    The client repeats a request in three cases only: once after a 401, when it follows the redirect of a merged
    conversation, and, for a GET, twice after a failed connection or a 502, 503 or 504.

    Front: https://dev.frontapp.com/docs/creating-a-partner-channel
    """

    def __init__(
        self,
        app_uid: str,
        app_secret: str | Secret,
        channel_id: str,
        *,
        api_url: str = "https://api2.frontapp.com",
        timeout: float = 10.0,
        patience: float | WaitBudget = 0.0,
        jwt_lifetime: int = 20,
        adapter: BaseAdapter | None = None,
        clock: Callable[[], float] = time.time,
        observer: RequestObserver | None = None,
    ) -> None:
        # Keep no plain secret in this frame: when a check below fails, error reports list the frame's variables.
        secret = Secret.of(app_secret)
        del app_secret
        self.channel_id, self.api_url = channel_id, api_url
        if arguments.seconds(timeout, "timeout") == 0:
            raise InvalidArgument(
                "timeout must be more than 0 seconds.", code="out_of_range", argument="timeout"
            )
        if jwt_lifetime not in JWT_LIFETIMES:
            raise InvalidArgument(
                f"jwt_lifetime must be 1 to {LONGEST_JWT_LIFETIME} whole seconds: Front refuses longer ones.",
                code="out_of_range",
                argument="jwt_lifetime",
            )
        self.channel_id = arguments.validate_id(channel_id, "channel_id")
        self.api_url = hosts.normalize_api_url(api_url, has_adapter=adapter is not None)
        if not isinstance(patience, WaitBudget):
            arguments.seconds(patience, "patience")
        self._patience = patience
        arguments.text(app_uid, "app_uid")
        arguments.check_text(secret.reveal, "app_secret")
        signer = Signer(app_uid, secret, self.channel_id, jwt_lifetime, clock=clock)
        self._transport = Transport(self.api_url, signer, adapter)
        self._executor = Executor(self._transport, self.api_url, timeout, observer or Unobserved())

    def __repr__(self) -> str:
        return f"<FrontClient {self.channel_id} at {self.api_url}>"

    # The first use of a group imports it, because few programs use all groups.

    @cached_property
    def calls(self) -> Calls:
        from .calls import Calls

        return Calls(self._perform, self.channel_id)

    @cached_property
    def channels(self) -> Channels:
        from .channels import Channels

        return Channels(self._perform, self.channel_id)

    @cached_property
    def conversations(self) -> Conversations:
        from .conversations import Conversations

        return Conversations(self._perform, self.channel_id)

    @cached_property
    def messages(self) -> Messages:
        from .messages import Messages

        return Messages(self._perform, self.channel_id)

    @cached_property
    def templates(self) -> Templates:
        from .templates import Templates

        return Templates(self._perform, self.channel_id)

    def perform(self, operation_id: str, /, **arguments: Any) -> object:
        """Call the method for Front's operation ``operation_id`` with ``arguments``, and return its result.

        ``perform("update-channel", status="ok")`` is ``channels.update(status="ok")``. Raises ``InvalidArgument``
        for an unknown operation, and whatever the method raises.
        """
        from .all_operations import OPERATIONS

        if operation_id not in OPERATIONS:
            raise InvalidArgument(
                f"Unknown operation {operation_id!r}: use one of {', '.join(OPERATIONS)}.",
                code="unknown",
                argument="operation_id",
            )
        operation = OPERATIONS[operation_id]
        method = getattr(getattr(self, operation.group), operation.name)
        result: object = method(**arguments)
        return result

    def close(self) -> None:
        """Close the idle connections. The client can still be used afterwards."""
        self._transport.close()

    def _perform(self, operation: Operation[Result], request: Request, /) -> Result:
        request = request._replace(ids={"channel_id": self.channel_id, **request.ids})
        patience = self._patience
        budget = patience if isinstance(patience, WaitBudget) else WaitBudget(patience)
        while True:
            try:
                return self._executor.perform(operation, request)
            except FrontRateLimitError as error:
                # Front did not carry out a request that it refused with 429, and a request that the observer stopped
                # was not sent. Both may be sent again.
                wait = error.retry_after or UNKNOWN_WAIT
                if not budget.spend(wait):
                    raise
            time.sleep(wait)
