"""Makes requests to Front now, and bounds how long they may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django_front_channel import gateway
from django_front_channel.core import database
from django_front_channel.exceptions import FrontAPIError, InvalidArgument
from django_front_channel.lifecycle.attachments import FileLost, opened
from django_front_channel.lifecycle.conversations import ASK, ask_later
from django_front_channel.lifecycle.effects import note_effect
from django_front_channel.lifecycle.merges import MergeObserver
from django_front_channel.models import Channel, Conversation
from django_front_channel.services.rows import check_row

if TYPE_CHECKING:
    from django_front_channel.client import FrontClient
    from django_front_channel.client.conversations import Conversations
    from django_front_channel.client.patience import Patience

_patience: ContextVar[Patience | None] = ContextVar("patience", default=None)
_timeout: ContextVar[float | None] = ContextVar("timeout", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let the direct verbs inside wait up to ``seconds`` in all for pauses that Front asked for.

    This holds for the reading verbs and the clients of ``client_for``, too. Outside, they raise
    ``FrontRateLimitError`` at once during a pause. Inside, they do so if the pause ends later than that;
    ``retry_after`` is the number of seconds left. An inner block replaces the outer one. A Python thread that is
    started inside has no patience. Raises ``InvalidArgument`` unless ``seconds`` is a number of 0 or more.
    """
    from django_front_channel.client.patience import Patience

    token = _patience.set(Patience(seconds, "seconds"))
    try:
        yield
    finally:
        _patience.reset(token)


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """Give each operation inside at most this many seconds and no patience, because somebody waits for a page."""
    token = _timeout.set(seconds)
    try:
        with patience(0):
            yield
    finally:
        _timeout.reset(token)


def client_for(channel: Channel) -> FrontClient:
    """Return a client that makes requests to Front as this channel, for what no verb covers. Threads may share it.

    Its requests wait for pauses as ``patience`` says where it is made. A response of 429 begins a pause for all
    processes. When Front redirects a request because conversations were merged, our threads then belong to the one
    that is left, and ``conversation_merged`` is sent; nothing else is noted.

    Raises ``ChannelUnavailable`` when the channel, as it is given, is not connected or is held, or was connected
    with another App UID or API URL than the settings name now; ``ImproperlyConfigured`` when the settings lack its
    app.
    """
    check_row("client_for", Channel, channel)
    return _client(channel, MergeObserver(channel))


def lists_for(verb: str, conversation: Conversation) -> Conversations:
    """Lists, page after page, what Front knows of the conversation. Raises ``InvalidArgument``."""
    check_row(f"conversations.{verb}", Conversation, conversation)
    return client_for(conversation.channel).conversations


def carry_out(channel: Channel, operation: str, arguments: dict[str, Any]) -> tuple[Any, Conversation | None]:
    """Make the request now, and update our rows with what it changed.

    ``arguments`` are those of an entry. Returns what the client returned, and the conversation that the request was
    carried out in, if any.
    """
    observer = MergeObserver(channel)
    try:
        with closing(_client(channel, observer)) as client, opened(operation, arguments) as given:
            result = client.perform(operation, **given)
    except FileLost as error:
        raise InvalidArgument(str(error), code=error.reason.code, argument="attachments") from None
    with database.hidden_conflicts_told(), database.atomic():
        kept, is_untold = note_effect(channel, operation, arguments, result, observer.answered)
    return result, _asked(kept) if kept is not None and is_untold else kept


def _client(channel: Channel, observer: MergeObserver) -> FrontClient:
    return gateway.client_for(
        channel, patience=_patience.get() or 0.0, timeout=_timeout.get(), observer=observer
    )


def _asked(conversation: Conversation) -> Conversation:
    """Ask Front what it shows now. The request before has succeeded, so this one must not fail it."""
    try:
        with patience(0):
            _, kept = carry_out(conversation.channel, ASK, {"conversation_id": conversation.front_id})
    except FrontAPIError:
        ask_later(conversation)
        return conversation
    return kept or conversation
