"""Clients for requests that are made to Front at once, and how long those may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django_front_channel import gateway
from django_front_channel.lifecycle.merges import MergeObserver
from django_front_channel.models import Channel, Conversation
from django_front_channel.services.rows import check_row

if TYPE_CHECKING:
    from django_front_channel.client import FrontClient
    from django_front_channel.client.conversations import Conversations
    from django_front_channel.client.wait_budget import WaitBudget

_patience: ContextVar[WaitBudget | None] = ContextVar("patience", default=None)
_timeout: ContextVar[float | None] = ContextVar("timeout", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let the direct verbs in the block wait up to ``seconds`` in total for pauses that Front asked for.

    The time also counts for functions that read from Front, and for clients that ``client_for`` returns in the block.
    Outside such a block, all of them raise ``FrontRateLimitError`` at once during a pause. Inside a block, they raise
    it if the pause ends too late. The number of seconds left is ``retry_after``.

    An inner block replaces the outer one. A Python thread that starts inside a block does not wait. Raises
    ``InvalidArgument`` unless ``seconds`` is a number of 0 or more.
    """
    from django_front_channel.client.wait_budget import WaitBudget

    token = _patience.set(WaitBudget(seconds, "seconds"))
    try:
        yield
    finally:
        _patience.reset(token)


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """Limit each operation in the block to ``seconds``, and do not wait for pauses. For pages that people wait for."""
    token = _timeout.set(seconds)
    try:
        with patience(0):
            yield
    finally:
        _timeout.reset(token)


def client_for(channel: Channel) -> FrontClient:
    """Return a client that makes requests to Front as this channel. Use it for operations that have no verb.

    Python threads may share it. It waits for pauses if it is made inside ``patience``. A response of 429 begins a pause
    for all processes. If Front redirects a request because conversations were merged, our threads then belong to the
    remaining conversation, and ``conversation_merged`` is sent. Other effects of its requests are not stored.

    Raises ``ChannelUnavailable`` if the channel is not connected, is held, or was connected with an App UID or API URL
    that the settings no longer have, and ``ImproperlyConfigured`` if the settings lack its app.
    """
    check_row("client_for", Channel, channel)
    return observed_client(channel, MergeObserver(channel))


def lists_for(verb: str, conversation: Conversation) -> Conversations:
    """Return the client's methods that list the parts of a conversation. Raises ``InvalidArgument`` for another row.

    ``verb``  the name that the error uses for the calling function
    """
    check_row(f"conversations.{verb}", Conversation, conversation)
    return client_for(conversation.channel).conversations


def observed_client(channel: Channel, observer: MergeObserver) -> FrontClient:
    """Return a client as ``client_for`` does, with its own observer."""
    return gateway.client_for(
        channel, patience=_patience.get() or 0.0, timeout=_timeout.get(), observer=observer
    )
