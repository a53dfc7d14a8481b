"""The client: one per channel."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django_front_channel.exceptions import FrontRateLimitError, InvalidArgument

from . import arguments, hosts
from .arguments import validate_id
from .exchanges import Exchanges
from .observer import CallObserver, Unobserved
from .operations import Operation, Request
from .tokens import Secret, Signer
from .transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from .calls import Calls
    from .channels import Channels
    from .conversations import Conversations
    from .messages import Messages
    from .templates import Templates

Result = TypeVar("Result")

# Seconds, where Front asks for patience without a number.
UNKNOWN_WAIT = 1.0
JWT_LIFETIMES = range(1, 31)


class FrontClient:
    """Calls Front on behalf of one channel. Threads may share it.

    ``app_uid``, ``app_secret``  of the Front app (not the OAuth pair)
    ``channel_id``    ``cha_…``, from the ``authorization`` webhook
    ``api_url``       https; plain http for loopback hosts, or where ``adapter`` stands in for the network
    ``timeout``       seconds for one call altogether, its redirects, repetitions and files included
    ``patience``      seconds that one call may wait besides, altogether, where Front or the observer asks to;
                      by default it raises ``FrontRateLimitError`` at once
    ``jwt_lifetime``  seconds; Front is known to refuse more than 30
    ``adapter``       replaces the network, such as a sandbox in the same process
    ``clock``         returns unix seconds, by which JWTs are dated
    ``observer``      is told about every HTTP request, and may stop it

    Every method raises ``InvalidArgument`` before anything is sent, or a ``FrontAPIError``. One that yields the
    items of a collection makes a call for each page, when the caller gets there. No call is repeated here,
    except: once after a 401; along the redirects of merged conversations; and, for a question (GET), twice after
    a failed connection or a 502, 503 or 504.
    Front: https://dev.frontapp.com/docs/creating-a-partner-channel
    """

    def __init__(
        self,
        app_uid: str,
        app_secret: str,
        channel_id: str,
        *,
        api_url: str = "https://api2.frontapp.com",
        timeout: float = 10.0,
        patience: float = 0.0,
        jwt_lifetime: int = 20,
        adapter: BaseAdapter | None = None,
        clock: Callable[[], float] = time.time,
        observer: CallObserver | None = None,
    ) -> None:
        # Error reports list the variables of this frame when a check below fails.
        secret = Secret(app_secret)
        del app_secret
        self.channel_id, self.api_url = channel_id, api_url
        if arguments.seconds(timeout, "timeout") == 0:
            raise InvalidArgument("timeout must be more than 0 seconds.")
        if jwt_lifetime not in JWT_LIFETIMES:
            raise InvalidArgument("jwt_lifetime must be 1 to 30 whole seconds: Front refuses longer ones.")
        self.channel_id = validate_id(channel_id, "channel_id")
        self.api_url = hosts.normalize_api_url(api_url, has_adapter=adapter is not None)
        self._patience = arguments.seconds(patience, "patience")
        arguments.text(app_uid, "app_uid")
        secret.check("app_secret")
        signer = Signer(app_uid, secret, self.channel_id, jwt_lifetime, clock=clock)
        self._transport = Transport(self.api_url, signer, adapter)
        self._exchanges = Exchanges(self._transport, self.api_url, timeout, observer or Unobserved())

    def __repr__(self) -> str:
        return f"<FrontClient {self.channel_id} at {self.api_url}>"

    # A group of operations is imported by the first who uses it: hardly anybody uses all.

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

    def call(self, operation_id: str, /, **arguments: Any) -> object:
        """Call the method for Front's operation ``operation_id`` with its keyword ``arguments``.

        ``call("update-channel", status="ok")`` is ``channels.update(status="ok")``.
        """
        from .catalog import OPERATIONS

        if operation_id not in OPERATIONS:
            raise InvalidArgument(f"Unknown operation {operation_id!r}: use one of {', '.join(OPERATIONS)}.")
        made = OPERATIONS[operation_id]
        method = getattr(getattr(self, made.group), made.name)
        result: object = method(**arguments)
        return result

    def close(self) -> None:
        """Close the idle connections. The client may be used again."""
        self._transport.close()

    def _perform(self, operation: Operation[Result], request: Request, /) -> Result:
        request = request._replace(ids={"channel_id": self.channel_id, **request.ids})
        patience = self._patience
        while True:
            try:
                return self._exchanges.perform(operation, request)
            except FrontRateLimitError as error:
                # 429 means: not carried out. So is a call that the observer stopped.
                wait = error.retry_after or UNKNOWN_WAIT
                if wait > patience:
                    raise
            patience -= wait
            time.sleep(wait)
