"""No verb calls Front for a channel that is held, disconnected or connected elsewhere, or for a row that it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import ChannelUnavailable, InvalidArgument
from django_front_channel.models import Attachment, Channel, Conversation, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services.verbs import CATALOGUE
from tests.front import APP, calls, work
from tests.services.every import DIRECT, SHELF, TASKS, World, call


def hold(channel: Channel, _: Settings) -> None:
    services.channels.hold(channel)


def restore_elsewhere(_: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "APP_UID": "0000000000000000"}}


def disconnect(channel: Channel, _: Settings) -> None:
    services.channels.disconnect(channel)


@pytest.mark.parametrize(
    ("stop", "advice"),
    [(hold, "release it"), (restore_elsewhere, "adopt it"), (disconnect, "Add it in Front")],
    ids=["held", "elsewhere", "disconnected"],
)
def test_no_verb_calls_front(
    front: Sandbox,
    channel: Channel,
    settings: Settings,
    *,
    stop: Callable[[Channel, Settings], None],
    advice: str,
) -> None:
    world = World(front, channel)
    # Those about tasks last: the sandbox answers their next requests with what they want.
    in_turn = sorted(DIRECT, key=TASKS.__contains__)
    arguments = {verb: world.arguments(verb) for verb in in_turn}
    stop(channel, settings)
    before = len(calls(front, ""))

    for verb in DIRECT:
        row = world.row(verb)
        with pytest.raises(ChannelUnavailable, match=advice):
            call(verb, type(row).objects.get(pk=row.pk), **arguments[verb])
    entry = services.conversations.archive.enqueue(world.conversation)
    work("sync")

    assert len(calls(front, "")) == before
    assert list(OutboxEntry.objects.unsettled()) == [entry]


def leave_the_trash(world: World) -> Conversation:
    services.conversations.reopen(world.conversation)
    return world.conversation


def from_the_customer(_world: World) -> Message:
    return Message.objects.filter(direction="inbound")[0]


def not_accepted(world: World) -> Message:
    message = world.received
    Message.objects.filter(pk=message.pk).update(front_id=None, message_uid="")
    return message


def not_named(world: World) -> Attachment:
    attachment = world.received.attachments.get()
    attachment.front_id = ""
    attachment.save()
    return attachment


@pytest.mark.parametrize("form", ["now", "later"])
@pytest.mark.parametrize(
    ("verb", "row", "code"),
    [
        ("conversations.delete", leave_the_trash, Code.NOT_IN_TRASH),
        ("messages.mark_seen", from_the_customer, Code.NOT_OUTBOUND),
        ("messages.mark_seen", not_accepted, Code.NOT_ACCEPTED),
        ("attachments.fetch", not_named, Code.FILE_NOT_NAMED),
    ],
)
def test_both_forms_refuse_a_row_for_which_the_verb_is_not_available(
    front: Sandbox, channel: Channel, *, form: str, verb: str, row: Callable[[World], Any], code: Code
) -> None:
    refused = row(World(front, channel))
    before = len(calls(front, ""))
    chosen = CATALOGUE[verb] if form == "now" else CATALOGUE[verb].enqueue

    with pytest.raises(InvalidArgument) as caught:
        chosen(refused)

    assert caught.value.code == code
    assert caught.value.argument == type(refused).__name__.lower()
    assert str(caught.value) == code.sentence
    assert (len(calls(front, "")), OutboxEntry.objects.unsettled().count()) == (before, 0)


def test_what_is_known_of_a_row_is_read_again_before_it_is_refused(front: Sandbox, channel: Channel) -> None:
    world = World(front, channel)
    stale = Message.objects.get(pk=world.received.pk)
    stale.front_id, stale.message_uid = None, ""

    assert services.messages.mark_seen(stale) is stale


def test_both_forms_make_no_request_if_nothing_is_left_to_do(front: Sandbox, channel: Channel) -> None:
    attachment = World(front, channel).received.attachments.get()
    stale = Attachment.objects.get(pk=attachment.pk)
    Attachment.objects.filter(pk=attachment.pk).update(storage=SHELF, name="bill.pdf")
    before = len(calls(front, ""))

    assert services.attachments.fetch(stale) is stale
    entry = services.attachments.fetch.enqueue(Attachment.objects.get(pk=attachment.pk))

    assert (entry.state, entry.code, entry.payload) == ("done", "file_fetched", {})
    assert entry.settled_at is not None
    work("sync")
    assert len(calls(front, "")) == before
