"""The signals. Receivers take keyword arguments; ``sender`` is the model class named here.

A signal is sent after its fact is committed, at least once to each receiver, even after a crash: either in the web
process, when the answer to Front has left, or in a worker. If a receiver raises, the error is logged and the other
receivers are still called. Connect receivers in ``AppConfig.ready()``, so that every process has them: where nobody
listens, nothing is stored to be announced.
"""

from __future__ import annotations

from django.dispatch import Signal

# Front has imported a message: it is in a conversation now.
# sender: Message. Arguments: channel, message, conversation, event (None if we learned it by asking Front)
message_imported = Signal()

# A teammate wrote to the customer, and it was accepted for delivery.
# sender: Message. Arguments: channel, message, conversation, event
teammate_message_received = Signal()

# A rule or autoresponder of Front wrote to the customer, and it was accepted for delivery.
# sender: Message. Arguments: channel, message, conversation, event
autoreply_received = Signal()

# The customer has a message of Front, as far as the host knows. It may have been reported as failed before.
# sender: Message. Arguments: channel, message
message_delivered = Signal()

# A message of Front has waited for a while, and still waits. A comment in its conversation tells the team.
# sender: Message. Arguments: channel, message, error (text)
delivery_delayed = Signal()

# A message of Front will not reach the customer. Front is told.
# sender: Message. Arguments: channel, message, error (text)
delivery_failed = Signal()

# Front has accepted a message that was synced. It is not imported yet.
# sender: Message. Arguments: channel, message
sync_accepted = Signal()

# A synced message will not be in Front: Front refused it, or all attempts failed until it was too old.
# sender: Message. Arguments: channel, message, error (text)
sync_failed = Signal()

# Two conversations were merged: the last thread of the absorbed one has moved to another conversation.
# sender: Conversation. Arguments: channel, conversation (the survivor), absorbed
conversation_merged = Signal()

# Front has connected a channel. created is False if it was connected before.
# sender: Channel. Arguments: channel, created
channel_connected = Signal()

# The channel was removed in Front, or disconnected here.
# sender: Channel. Arguments: channel
channel_disconnected = Signal()

# The state of a channel has changed.
# sender: Channel. Arguments: channel, old, new (values of Channel.State)
channel_state_changed = Signal()

# A request to Front has ended. Sent at once, for metrics; not kept across a crash.
# sender: Channel. Arguments: channel, operation, status_code (or None), duration (seconds), error (or None)
api_request_finished = Signal()
