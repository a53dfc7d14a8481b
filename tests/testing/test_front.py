"""A Front in the same process, used as a host's tests use it."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from pytest_django import Settings

from django_front_channel import services, signals
from django_front_channel.core import clock
from django_front_channel.exceptions import (
    DeliveryFailed,
    FrontRateLimitError,
    InvalidArgument,
    MessageRefused,
)
from django_front_channel.handlers import Authorization, ChannelHandler
from django_front_channel.models import Channel, Message
from django_front_channel.testing.front import Front, NeverQuiet, in_process
from django_front_channel.testing.plugin import front
from tests.front import APP, Courier, courier, heard, state_of, tell

__all__ = ["courier", "front", "heard"]


@pytest.fixture
def channel(front: Front) -> Channel:
    return front.connect(name="SMS", address="+33100000000")


def test_a_channel_is_connected(front: Front) -> None:
    channel = front.connect(name="SMS", address="+33100000000")

    assert (channel.name, channel.address, channel.state) == ("SMS", "+33100000000", "connected")
    [shown] = front.sandbox().snapshot()["channels"]
    assert (shown["id"], shown["name"], shown["address"]) == (channel.front_id, "SMS", "+33100000000")


def test_a_message_is_imported_and_heard_of(front: Front, channel: Channel, heard) -> None:
    accepted, imported = heard(signals.sync_accepted), heard(signals.message_imported)
    message = tell(channel, "m-1", text="Hello")
    assert front.inbox == []

    front.run()

    assert state_of(message) == Message.State.IMPORTED
    [conversation] = front.inbox
    assert conversation.external_conversation_ids == ("thread-1",)
    assert [(each.text, each.is_inbound, each.handles) for each in conversation.messages] == [
        ("Hello", True, ("+33612345678",))
    ]
    assert [each["message"] for each in accepted] == [message]
    assert [each["conversation"].front_id for each in imported] == [conversation.id]


def test_a_reply_is_delivered_by_the_hosts_handler(
    courier: type[Courier], front: Front, channel: Channel, heard
) -> None:
    told, delivered = heard(signals.teammate_message_received), heard(signals.message_delivered)
    question = tell(channel, "m-1")
    front.run()

    reply = front.reply(question, "It left today.")
    assert (reply.status, reply.error, reply.handles) == ("sent", None, ("+33612345678",))
    assert [each["message"].text for each in told] == ["It left today."]
    assert courier.tried == []
    front.run()

    assert courier.tried == ["It left today."]
    assert [each["message"].external_id for each in delivered] == [reply.external_id]
    assert front.inbox[0].texts == ["text of m-1", "It left today."]
    assert front.failures == []


def test_a_teammate_reads_why_a_message_failed(
    courier: type[Courier], front: Front, channel: Channel
) -> None:
    courier.outcomes.append(DeliveryFailed("The number does not exist."))
    front.compose(channel, "Hello?", to="+33600000000")
    front.run()

    assert [(each.text, each.error) for each in front.failures] == [("Hello?", "The number does not exist.")]


class Closed(ChannelHandler):
    def accept(self, message: Message) -> None:
        raise MessageRefused("The customer has left.")


def test_a_refused_message_is_seen_at_once(front: Front, channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.Closed"}}
    refused = front.compose(channel, "Hello", to=["+33600000000", "+33600000001"], subject="Your order")

    assert (refused.status, refused.error) == ("failed", "The customer has left.")
    assert front.failures == [refused]
    assert refused.handles == ("+33600000000", "+33600000001")
    assert front.inbox[0].subject == "Your order"


def test_files_of_a_teammate(courier: type[Courier], front: Front, channel: Channel) -> None:
    label = ContentFile(b"%PDF", name="label.pdf")
    photo = SimpleUploadedFile("photo", b"GIF89a", content_type="image/gif")
    composed = front.compose(channel, "Look", to="+33600000000", attachments=[label, photo])
    front.run()

    assert [(each.filename, each.content_type, each.content) for each in composed.attachments] == [
        ("label.pdf", "application/pdf", b"%PDF"),
        ("photo", "image/gif", b"GIF89a"),
    ]
    kept = Message.objects.get().attachments.values_list("filename", "size")
    assert list(kept) == [("label.pdf", 4), ("photo", 6)]


@pytest.mark.usefixtures("media")
def test_files_of_a_customer(front: Front, channel: Channel) -> None:
    tell(channel, "m-1", attachments=[ContentFile(b"GIF89a", name="broken.gif")])
    front.run()

    [message] = front.inbox[0].messages
    assert [(each.filename, each.content) for each in message.attachments] == [("broken.gif", b"GIF89a")]


def test_a_rule_answers(courier: type[Courier], front: Front, channel: Channel, heard) -> None:
    told = heard(signals.autoreply_received)
    tell(channel, "m-1")
    front.run()

    front.autoreply("thread-1", "We are closed.")
    front.run()

    assert [each["message"].text for each in told] == courier.tried == ["We are closed."]


def test_conversations_merge(courier: type[Courier], front: Front, channel: Channel, heard) -> None:
    merged = heard(signals.conversation_merged)
    first, second = tell(channel, "m-1", "thread-1"), tell(channel, "m-2", "thread-2")
    front.run()
    [other] = [each for each in front.inbox if "thread-2" in each.external_conversation_ids]

    survivor = front.merge("thread-1", "thread-2")
    assert [each.id for each in front.inbox] == [survivor.id]
    assert set(survivor.external_conversation_ids) == {"thread-1", "thread-2"}
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.conversation is not None
    assert second.conversation is not None
    services.conversations.archive(second.conversation)  # is answered with a redirect

    second.refresh_from_db()
    assert second.conversation == first.conversation
    assert [each.status for each in front.inbox] == ["archived"]
    front.run()
    assert [each["absorbed"].front_id for each in merged] == [other.id]


@pytest.mark.parametrize("later", range(5))
def test_a_later_merge_wins(courier: type[Courier], front: Front, channel: Channel, later: int) -> None:
    """What Front says by a redirect, and what it signs, are in the order in which they happened."""
    messages = [tell(channel, f"m-{number}", f"thread-{number}") for number in range(3)]
    front.run()
    front.clock.advance(hours=later)
    front.merge("thread-1", "thread-0")
    messages[0].refresh_from_db()
    assert messages[0].conversation is not None
    services.conversations.archive(messages[0].conversation)
    front.merge("thread-2", "thread-1")
    tell(channel, "m-4", "thread-0")
    front.run()

    messages[0].refresh_from_db()
    assert messages[0].conversation is not None
    assert [messages[0].conversation.front_id] == [each.id for each in front.inbox]


@pytest.mark.parametrize("name", ["row", "message", "seen", "inbox", "front_id", "thread"])
def test_a_conversation_is_named_in_any_way(
    courier: type[Courier], front: Front, channel: Channel, name: str
) -> None:
    message = tell(channel, "m-1")
    front.run()
    message.refresh_from_db()
    [conversation] = front.inbox
    names: dict[str, Any] = {
        "row": message.conversation,
        "message": message,
        "seen": conversation.messages[0],
        "inbox": conversation,
        "front_id": conversation.id,
        "thread": "thread-1",
    }

    assert front.reply(names[name], "Yes").conversation_id == conversation.id


def test_an_unknown_conversation_is_said_to_be_so(front: Front, channel: Channel) -> None:
    waiting = tell(channel, "m-1")

    with pytest.raises(LookupError, match=r"call front\.run\(\) first"):
        front.reply(waiting, "Too early")
    with pytest.raises(LookupError, match="nowhere"):
        front.autoreply("nowhere", "Hello")


def test_a_failure_of_front_is_tried_again_when_its_time_has_come(front: Front, channel: Channel) -> None:
    message = tell(channel, "m-1")
    front.fail_next(status=503)
    front.run()
    assert state_of(message) == Message.State.QUEUED

    front.run()
    assert state_of(message) == Message.State.QUEUED  # the time stands still
    front.clock.advance(minutes=1)
    front.run()

    assert state_of(message) == Message.State.IMPORTED
    assert [(each.kind, each.status) for each in front.journal] == [
        ("webhook", 200),
        ("api", 503),
        ("api", 202),
        ("webhook", 200),
    ]


def test_front_asks_to_wait(front: Front, channel: Channel) -> None:
    message = tell(channel, "m-1")
    front.rate_limit(seconds=30)
    front.run()
    front.clock.advance(seconds=29)
    front.run()
    assert state_of(message) == Message.State.QUEUED

    front.clock.advance(seconds=1)
    front.run()
    assert state_of(message) == Message.State.IMPORTED


def test_a_pause_ends_with_its_story(front: Front, channel: Channel) -> None:
    """Inside a transaction only the process knows of a pause, and the next test has the same channel's key."""
    front.rate_limit(seconds=3600)
    with transaction.atomic(), pytest.raises(FrontRateLimitError):
        services.channels.set_status(channel, status="offline")

    with in_process() as another:
        [shown] = front.sandbox().state.channels.values()
        another.sandbox().state.channels[shown.id] = shown
        services.channels.set_status(channel, status="offline")
    assert shown.status == "offline"


def test_the_clock_moves_the_whole_world(courier: type[Courier], front: Front, channel: Channel) -> None:
    """Signatures and JWTs too: days later Front and the app still believe each other."""
    before = front.clock()
    front.clock.advance(days=3, hours=2)
    assert (clock.now() - before).days == 3
    message = tell(channel, "m-1")
    front.run()
    front.reply(message, "Yes")
    front.run()

    assert state_of(message) == Message.State.IMPORTED
    assert courier.tried == ["Yes"]


def test_what_is_queued_after_an_advance_is_as_old_as_the_story_says(front: Front, channel: Channel) -> None:
    front.clock.advance(days=4)  # more than MAX_AGE
    message = tell(channel, "m-1")
    assert message.created_at == message.written_at == front.clock()
    front.fail_next(status=500)
    front.run()
    assert state_of(message) == Message.State.QUEUED

    front.clock.advance(hours=1)
    front.run()
    assert state_of(message) == Message.State.IMPORTED


def test_a_removed_channel(front: Front, channel: Channel) -> None:
    front.disconnect(channel)

    assert state_of(channel) == Channel.State.DISCONNECTED
    with pytest.raises(InvalidArgument, match="no channel"):
        front.compose(channel, "Hello", to="+33600000000")


def test_an_endless_conversation_is_named(courier: type[Courier], front: Front, channel: Channel) -> None:
    """Within the worker's turns, and within one of Front's."""

    def echo(message: Message, **arguments: Any) -> None:
        tell(channel, f"{message.external_id}-again"[-200:])

    signals.message_imported.connect(echo)
    try:
        tell(channel, "m-1")
        with pytest.raises(NeverQuiet, match=r"answer its own messages(.|\n)*api POST /channels/cha_"):
            front.run(steps=20)
    finally:
        signals.message_imported.disconnect(echo)
    front.run()  # the steps are counted anew


def test_an_endless_conversation_of_direct_calls_is_named(
    courier: type[Courier], front: Front, channel: Channel
) -> None:
    def answer(message: Message, **arguments: Any) -> None:
        assert message.conversation is not None
        services.conversations.reply(message.conversation, text="Again")

    signals.teammate_message_received.connect(answer)
    try:
        message = tell(channel, "m-1")
        front.run()
        front.reply(message, "Hello")
        with pytest.raises(NeverQuiet, match="webhook POST https://testserver/"):
            front.run(steps=20)
    finally:
        signals.teammate_message_received.disconnect(answer)


def test_running_inside_a_transaction_is_refused(front: Front, channel: Channel) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match=r"inside transaction\.atomic"):
        front.run()


def test_an_error_of_the_hosts_deliver_is_not_hidden(
    courier: type[Courier], front: Front, channel: Channel
) -> None:
    courier.outcomes.append(ValueError("no such column"))
    front.compose(channel, "Hello", to="+33600000000")
    front.run()

    message = Message.objects.get()
    assert message.state == Message.State.DELIVERING
    assert "no such column" in message.detail


def test_several_apps(front: Front, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {
        "sms": {**APP, "HANDLER": "tests.front.Courier"},
        "chat": {
            "APP_UID": "f" * 16,
            "APP_SECRET": "another secret of 32 characters.",
            "API_URL": "http://x/v",
        },
    }
    with pytest.raises(ImproperlyConfigured, match=r"\(sms, chat\).*front\.connect\(app=…\)"):
        front.connect()
    sms, chat = front.connect(app="sms"), front.connect(app="chat")
    messages = [tell(sms, "m-1", "thread-1"), tell(chat, "m-2", "thread-2")]
    front.fail_next(status=400, app="chat")
    front.run()

    assert [state_of(message) for message in messages] == ["imported", "failed"]
    assert [each.texts for each in front.inbox] == [["text of m-1"]]
    tell(chat, "m-3", "thread-2")
    front.run()
    assert [each.texts for each in front.inbox] == [["text of m-1"], ["text of m-3"]]


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"FRONT_CHANNEL_APPS": {}}, ImproperlyConfigured, r"no app 'default'.*front\.connect\(app=…\)"),
        ({"FRONT_CHANNEL_APPS": {"default": {"APP_UID": "u"}}}, ImproperlyConfigured, "APP_SECRET"),
        (
            {"FRONT_CHANNEL_APPS": {"default": {**APP, "HANDLER": "tests.nowhere.Handler"}}},
            ImproperlyConfigured,
            "nowhere",
        ),
        (
            {"ROOT_URLCONF": "django_front_channel.urls"},
            ImproperlyConfigured,
            "include django_front_channel.urls",
        ),
    ],
    ids=["no app", "no secret", "no such handler", "no URLs"],
)
def test_what_is_missing_is_said(
    front: Front, settings: Settings, changes: dict[str, Any], error: type[Exception], match: str
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    with pytest.raises(error, match=match):
        front.connect()


def test_the_only_app_need_not_be_named(front: Front, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"sms": APP}

    assert front.connect().app == "sms"


def test_a_callable_answers_for_the_apps(front: Front, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = lambda alias: APP if alias == "vault" else None

    with pytest.raises(ImproperlyConfigured, match=r"front\.connect\(app=…\)"):
        front.connect()
    assert front.connect(app="vault").app == "vault"


def test_nobody_delivers(front: Front, channel: Channel, caplog: pytest.LogCaptureFixture, heard) -> None:
    with caplog.at_level(logging.WARNING, "django_front_channel.testing"):
        front.compose(channel, "Hello", to="+33600000000")
    assert "names no HANDLER with deliver()" in caplog.text
    caplog.clear()

    heard(signals.teammate_message_received)
    front.compose(channel, "Hello", to="+33600000000")
    assert caplog.text == ""


class OwnTokens(ChannelHandler):
    """A host that knows its tokens by itself."""

    def authorize(self, authorization: Authorization) -> Channel:
        if authorization.token != "token of Ana":
            return super().authorize(authorization)
        return Channel.objects.get_or_create(name="Ana", app=self.app.alias)[0]


def test_a_token_that_the_host_knows(front: Front, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": f"{__name__}.OwnTokens"}}

    assert front.connect(token="token of Ana").name == "Ana"
    with pytest.raises(AssertionError, match=r"the admin reads: Unknown token\."):
        front.connect(token="token of Bob")


def test_ids_and_files_arrive_unchanged(front: Front, channel: Channel) -> None:
    name = "call/1 ü?#%2F"
    sound = services.StoredFile(
        storages["shelf"].save("call.mp3", ContentFile(b"sound")), "shelf", "call.mp3"
    )
    services.calls.create(
        channel,
        external_call_id=name,
        direction="inbound",
        party="+33612345678",
        initial_status="ringing",
        parent_external_call_id=name,
    )
    services.calls.add_summary(channel, external_call_id=name, content="All well")
    services.calls.add_recording(channel, external_call_id=name, recording=sound, recording_type="call")

    [shown] = front.sandbox().snapshot()["channels"][0]["calls"]
    assert (shown["external_call_id"], shown["summary"]) == (name, "All well")
    assert [(each["filename"], each["size"]) for each in shown["recordings"]] == [("call.mp3", 5)]


@pytest.mark.parametrize("is_redirected", [False, True])
def test_a_file_comes_back(front: Front, channel: Channel, is_redirected: bool) -> None:
    front.sandbox().configure(download_redirect=is_redirected)
    file = ContentFile(b"%PDF" * 50_000, name="label.pdf")
    front.compose(channel, "Look", to="+33600000000", attachments=[file])
    message, fetched = Message.objects.get(), io.BytesIO()

    services.messages.download(message, attachment_id=message.attachments.get().front_id, to=fetched)

    assert fetched.getvalue() == b"%PDF" * 50_000
