"""The signals. Receivers take keyword arguments.

A signal is sent after its fact is committed, at least once to each receiver, even after a crash. It is sent in the web
process, when the answer to Front has left, or in a worker. If a receiver raises, the error is logged, and the other
receivers are still called. Connect receivers in ``AppConfig.ready()``, so that every process has them: a process in
which a signal has no receivers stores nothing to announce.
"""

from __future__ import annotations

from django.dispatch import Signal


class FrontSignal(Signal):
    """A signal with its documentation, from which the reference is made.

    ``meaning``    the fact that it tells
    ``sender``     the name of the model class that is its sender
    ``arguments``  the names of the other arguments
    """

    def __init__(self, meaning: str, *, sender: str, arguments: tuple[str, ...]) -> None:
        super().__init__()
        self.__doc__ = self.meaning = meaning
        self.sender, self.arguments = sender, arguments


message_imported = FrontSignal(
    "Front has imported a message: it is in a conversation now. The ``event`` is None if we learned it by "
    "asking Front.",
    sender="Message",
    arguments=("channel", "message", "conversation", "event"),
)
teammate_message_received = FrontSignal(
    "A teammate wrote to the customer, and it was accepted for delivery.",
    sender="Message",
    arguments=("channel", "message", "conversation", "event"),
)
autoreply_received = FrontSignal(
    "A rule or autoresponder of Front wrote to the customer, and it was accepted for delivery.",
    sender="Message",
    arguments=("channel", "message", "conversation", "event"),
)
message_delivered = FrontSignal(
    "The customer has a message of Front, as far as the host knows. Earlier, the message may have been "
    "reported as failed.",
    sender="Message",
    arguments=("channel", "message"),
)
delivery_delayed = FrontSignal(
    "A message of Front has waited for a while, and still waits. A comment in its conversation tells "
    "the team.",
    sender="Message",
    arguments=("channel", "message", "error"),
)
delivery_failed = FrontSignal(
    "A message of Front will not reach the customer. Front is told.",
    sender="Message",
    arguments=("channel", "message", "error"),
)
sync_accepted = FrontSignal(
    "Front has accepted a message that was synced. It is not imported yet.",
    sender="Message",
    arguments=("channel", "message"),
)
sync_failed = FrontSignal(
    "A synced message will not be in Front: Front refused it, or all attempts failed until it was too old.",
    sender="Message",
    arguments=("channel", "message", "error"),
)
conversation_merged = FrontSignal(
    "Two conversations were merged: the last thread of the absorbed one has moved to another "
    "conversation. The one that remains is ``conversation``.",
    sender="Conversation",
    arguments=("channel", "conversation", "absorbed"),
)
channel_connected = FrontSignal(
    "Front has connected a channel. If it was connected before, ``created`` is False.",
    sender="Channel",
    arguments=("channel", "created"),
)
channel_disconnected = FrontSignal(
    "The channel was removed in Front, or disconnected here.",
    sender="Channel",
    arguments=("channel",),
)
channel_state_changed = FrontSignal(
    "The state of a channel has changed. Both ``old`` and ``new`` are values of ``Channel.State``.",
    sender="Channel",
    arguments=("channel", "old", "new"),
)
api_request_finished = FrontSignal(
    "A request to Front has ended. The signal is sent at once, for metrics, and is lost in a crash. The "
    "``duration`` is in seconds. Without a response, ``status_code`` is None. After a success, ``error`` is None.",
    sender="Channel",
    arguments=("channel", "operation", "status_code", "duration", "error"),
)

SIGNALS = {name: value for name, value in vars().items() if isinstance(value, FrontSignal)}
"""All signals by name."""
