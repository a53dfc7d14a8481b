"""The rows that a webhook leaves."""

from typing import Any

from django_front_channel.models import Channel, ConversationThread, Message


def threads(channel: Channel) -> dict[str, str | None]:
    """Front's conversation by external conversation id."""
    rows = ConversationThread.objects.filter(channel=channel)
    return dict(rows.values_list("external_conversation_id", "conversation__front_id"))


def accepted(response: Any) -> Message:
    """The message that a successful answer promises."""
    assert response.status_code == 200, response.content
    answer = response.json()
    assert set(answer) == {"type", "external_id", "external_conversation_id"}
    assert answer["type"] == "success"
    message = Message.objects.get(external_id=answer["external_id"])
    assert message.thread is not None
    assert message.thread.external_conversation_id == answer["external_conversation_id"]
    return message
