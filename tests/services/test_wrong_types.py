"""Arguments of wrong types: each verb refuses each of them clearly, or leaves it to Front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from django.db import transaction
from django.db.models import Model

from django_front_channel import services
from django_front_channel.exceptions import FrontAPIError, InvalidArgument
from django_front_channel.models import Channel, Conversation, Message, OutboxEntry, OutboxLane, Pause
from django_front_channel.sandbox import Sandbox
from tests.front import calls, work
from tests.services.every import ARGUMENTS, DIRECT, LISTS, VERBS, World, call, enqueue

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
FURTHER = {
    "conversations.add_comment": ("author_id", "is_pinned", "attachments"),
    "conversations.add_followers": ("ignore_errors",),
    "conversations.create_draft": ("html", "to", "mode", "channel_id", "attachments", "subject"),
    "conversations.events": ("limit",),
    "conversations.messages": ("limit", "sort_order"),
    "conversations.remind": ("status_id",),
    "conversations.reply": ("html", "cc", "channel_id", "text_version", "tag_ids", "archive", "attachments"),
    "calls.update": ("occurred_at", "agent_email_address"),
    "messages.download": ("limit",),
}
"""What the verbs may be given besides the arguments of the table."""


def wrong() -> Iterator[Any]:
    yield from (b"tag_1", 7, True, float("nan"), object(), {"tag_1"}, "", {}, {7: "a"}, {"a\0": "b"})
    yield from ("\ud800", "a\0b", ["\ud800"], ["a\0b"], [None], LONG_AGO, LONG_AGO.replace(tzinfo=None))
    yield (each for each in ("tag_1",))


def attempts(world: World, verb: str) -> Iterator[dict[str, Any]]:
    is_asked_for = verb in ("conversations.remove_links", "messages.download")
    given = world.arguments(verb) if is_asked_for else ARGUMENTS.get(verb, {})
    for name in (*given, *FURTHER.get(verb, ())):
        for value in wrong():
            yield {**given, name: value}


def test_no_verb_stumbles(front: Sandbox, channel: Channel) -> None:
    world = World(front, channel)
    arguments = {verb: list(attempts(world, verb)) for verb in DIRECT}
    stumbled: list[tuple[str, dict[str, Any], Exception]] = []
    for verb in DIRECT:
        for given in arguments[verb]:
            try:
                with transaction.atomic():
                    call(verb, world.row(verb), **given)
            except (InvalidArgument, FrontAPIError):
                pass
            except Exception as error:
                stumbled.append((verb, given, error))

    assert stumbled == []
    assert not Pause.objects.exists()  # Front has judged what was sent


def test_nothing_is_queued_by_a_mistake(front: Sandbox, channel: Channel) -> None:
    world = World(front, channel)
    arguments = {verb: list(attempts(world, verb)) for verb in VERBS}
    stumbled: list[tuple[str, dict[str, Any], Exception]] = []
    before, queued = OutboxEntry.objects.count(), 0
    for verb in VERBS:
        for given in arguments[verb]:
            try:
                with transaction.atomic():
                    enqueue(verb, world.row(verb), **given)
                    queued += 1
            except InvalidArgument:
                pass
            except Exception as error:
                stumbled.append((verb, given, error))

    assert stumbled == []
    assert OutboxEntry.objects.count() == before + queued


@pytest.mark.parametrize("tag_ids", ["", b"", {}, set(), 0, iter(())], ids=lambda value: type(value).__name__)
def test_only_an_empty_list_removes_every_tag(front: Sandbox, channel: Channel, tag_ids: Any) -> None:
    world = World(front, channel)
    services.conversations.add_tags(world.conversation, tag_ids=["tag_1"])

    with pytest.raises(InvalidArgument):
        services.conversations.replace_tags(world.conversation, tag_ids=tag_ids)

    assert services.conversations.refresh(world.conversation).tags == ["Urgent"]


@pytest.mark.parametrize(
    ("verb", "arguments", "named"),
    [
        ("conversations.add_comment", {"body": "a\0b"}, "body"),
        ("conversations.replace_custom_fields", {"custom_fields": {"City": "a\0b"}}, "replace_custom_fields"),
        ("calls.add_summary", {"external_call_id": "call-1", "content": "a\0b"}, "content"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_database_stores_is_named(
    front: Sandbox, channel: Channel, verb: str, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidArgument, match=f"^{named} holds NUL"):
        enqueue(verb, World(front, channel).row(verb), **arguments)


@pytest.mark.parametrize("verb", sorted(LISTS))
def test_a_list_is_that_of_a_stored_conversation(front: Sandbox, channel: Channel, verb: str) -> None:
    listed = getattr(services.conversations, verb.partition(".")[2])
    before = len(calls(front, ""))

    with pytest.raises(InvalidArgument, match=f"{verb}\\(\\) expects a Conversation, got Channel"):
        listed(channel)
    with pytest.raises(InvalidArgument, match="expects a stored"):
        listed(Conversation(channel=channel, front_id="cnv_1"))

    assert len(calls(front, "")) == before


@pytest.mark.parametrize("verb", ["messages.refresh", "messages.seen", "messages.download"])
def test_what_is_only_read_is_about_a_stored_row(front: Sandbox, channel: Channel, verb: str) -> None:
    given: dict[str, Any] = {"attachment_id": "fil_1", "to": None} if verb == "messages.download" else {}
    before = len(calls(front, ""))

    with pytest.raises(InvalidArgument, match=rf"{verb}\(\) expects a Message, got Conversation"):
        call(verb, Conversation(channel=channel, front_id="cnv_1"), **given)
    with pytest.raises(InvalidArgument, match="expects a stored"):
        call(verb, Message(channel=channel), **given)

    assert len(calls(front, "")) == before


def told(channel: Any) -> Message:
    return services.messages.sync_inbound(
        channel, sender="ana", text="Hi", external_id="sms-1", external_conversation_id="one"
    )


def told_of_the_team(channel: Any) -> Message:
    return services.messages.sync_outbound(
        channel, to=["ana"], text="Hi", external_id="sms-1", external_conversation_id="one"
    )


def reported(message: Any) -> Message | None:
    return services.messages.report_delivery(message, state="failed")


def reported_by_id(channel: Any) -> Message | None:
    return services.messages.report_delivery(channel=channel, delivery_id="d-1", state="failed")


ABOUT: dict[Callable[[Any], Any], type[Model]] = {
    services.channels.rotate_token: Channel,
    services.channels.disconnect: Channel,
    services.channels.hold: Channel,
    services.channels.release: Channel,
    services.channels.adopt: Channel,
    services.client_for: Channel,
    told: Channel,
    told_of_the_team: Channel,
    reported_by_id: Channel,
    services.messages.retry: Message,
    services.messages.cancel: Message,
    reported: Message,
    services.outbox.retry: OutboxEntry,
    services.outbox.retry_lane: OutboxLane,
}
"""What calls nobody, or no verb of Front's: the rows that it is about."""


@pytest.mark.parametrize(("verb", "kind"), ABOUT.items(), ids=[verb.__name__ for verb in ABOUT])
@pytest.mark.parametrize("given", [None, "", "default", 7, Conversation(pk=1), "unsaved"], ids=ascii)
def test_a_row_is_one_of_the_kind_and_stored(
    front: Sandbox, channel: Channel, *, verb: Callable[[Any], Any], kind: type[Model], given: Any
) -> None:
    services.channels.set_status.enqueue(channel, status="ok")
    work("sync")
    before = stored()

    with pytest.raises(InvalidArgument):
        verb(kind() if given == "unsaved" else given)

    assert stored() == before


def stored() -> list[list[tuple[Any, ...]]]:
    kinds = (Channel, Message, OutboxEntry, OutboxLane)
    return [list(kind._default_manager.values_list()) for kind in kinds]


def test_none_is_not_every_row_that_has_none(front: Sandbox, channel: Channel) -> None:
    """Django filters by it: the entries of no message would be the ones to be tried again."""
    front.fail_next(status=500)
    services.channels.set_status.enqueue(channel, status="ok")
    work("sync")
    due = OutboxLane.objects.get().due_at

    with pytest.raises(InvalidArgument, match=r"messages\.retry\(\) expects a Message, got NoneType"):
        services.messages.retry(cast("Message", None))

    assert OutboxLane.objects.get().due_at == due


@pytest.mark.parametrize("app", [["default"], 7, b"default"], ids=ascii)
def test_an_alias_is_a_text(db: None, app: Any) -> None:
    with pytest.raises(InvalidArgument, match="app must be a str"):
        services.channels.create(app, name="SMS")


class TestSync:
    def given(self, **changes: Any) -> dict[str, Any]:
        ids = {"external_id": "sms-1", "external_conversation_id": "one"}
        return {**ids, "sender": "+33612345678", "text": "Hi", **changes}

    def test_a_contact_is_stored_without_nul(self, channel: Channel) -> None:
        contact = services.Contact("+336\0", "A\0na", "ana\0@example.com")
        message = services.messages.sync_inbound(channel, **self.given(sender=contact))

        stored = Message.objects.get(pk=message.pk)
        assert stored.sender == {"handle": "+336", "name": "Ana", "email": "ana@example.com"}

    @pytest.mark.parametrize(
        "mistake",
        [
            {"sender": "\0"},
            {"sender": "\ud800"},
            {"written_at": "2026-01-02"},
            {"written_at": 1767312000},
            {"written_at": LONG_AGO},
            {"host_data": ["a"]},
            {"host_data": "a"},
            {"host_data": {"a": {"b": "\0"}}},
        ],
        ids=str,
    )
    def test_a_mistake_stores_nothing(self, channel: Channel, mistake: dict[str, Any]) -> None:
        with pytest.raises(InvalidArgument, match=next(iter(mistake))):
            services.messages.sync_inbound(channel, **self.given(**mistake))
        assert not Message.objects.exists()
        assert not OutboxEntry.objects.filter(kind="request").exists()

    @pytest.mark.parametrize("to", [7, None, "", "+33", {}, {"handle": "+33"}, [None], [b"+33"]], ids=repr)
    def test_a_mistake_about_the_recipients(self, channel: Channel, to: Any) -> None:
        given = self.given(to=to)
        del given["sender"]
        with pytest.raises(InvalidArgument, match="to"):
            services.messages.sync_outbound(channel, **given)
        assert not Message.objects.exists()

    def test_data_that_is_too_deep(self, channel: Channel) -> None:
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        with pytest.raises(InvalidArgument, match="host_data must be JSON"):
            services.messages.sync_inbound(channel, **self.given(host_data={"a": deep}))
