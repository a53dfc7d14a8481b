"""The catalogue of verbs: one declaration is all that a verb needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils.functional import lazy
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from django_front_channel import services
from django_front_channel.client.all_operations import OPERATIONS
from django_front_channel.client.conversations import Conversations
from django_front_channel.client.operations import Request, nothing, operation
from django_front_channel.client.request_bodies import json_content
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.gateway import network_replaced
from django_front_channel.lifecycle.effects import Done
from django_front_channel.models import Channel, Conversation, OutboxAttempt, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services.verb_arguments import Argument, ArgumentKind
from django_front_channel.services.verbs import CATALOGUE, SERVICES, Verb, may_repeat, verb
from django_front_channel.services.verbs import Request as Asked
from docs.generated import operation_rows, verb_rows
from tests.docs.pages import names
from tests.front import MovableClock, calls, work
from tests.hostapp.models import User
from tests.services.conversations import imported, in_front
from tests.services.every import SHELF, VERBS, World, enqueue, on_the_shelf

WAVE = "wave-at-customer"
NAME = "tests.hostapp.waving.wave"


class Stub(BaseAdapter):
    """A network that answers 204, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str, Any]] = []

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        body = json.loads(request.body or "null")
        self.asked.append((str(request.method), str(request.path_url), body))
        response = Response()
        response.status_code, response.raw, response.url = 204, BytesIO(), str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    with network_replaced(lambda _app: made):
        yield made


@pytest.fixture
def conversation(db: None) -> Conversation:
    channel = services.channels.create(name="SMS").channel
    Channel.objects.update(
        state="connected",
        front_id="cha_1",
        connected_app_uid="a1b2c3d4e5f60718",
        connected_api_url="https://api2.frontapp.com",
    )
    channel.refresh_from_db()
    return Conversation.objects.create(channel=channel, front_id="cnv_1")


def count_waves(done: Done) -> None:
    """What the host's rows show after a wave: the whole effect of the made-up verb."""
    assert done.conversation is not None
    rows = Conversation.objects.filter(pk=done.conversation.pk)
    rows.update(host_data={"waves": done.arguments["times"]}, subject="Hello")


def is_long_wave(arguments: Mapping[str, Any]) -> bool:
    return bool(arguments["times"] > 9)


@pytest.fixture
def wave(monkeypatch: pytest.MonkeyPatch) -> Iterator[Verb[Conversation, Any, Conversation]]:
    """A made-up operation of the client, and a host's verb for it: each is declared once."""

    def method(self: Conversations, conversation_id: str, *, times: int) -> Request:
        return Request(ids={"conversation_id": conversation_id}, content=json_content({"times": times}))

    method.__module__, method.__name__ = Conversations.__module__, "wave"
    declare = operation(WAVE, "POST", "/conversations/{conversation_id}/waves", status=204, reads=nothing)
    monkeypatch.setattr(Conversations, "wave", declare(method), raising=False)

    def wave(conversation: Conversation, *, times: int, why: str | None = None) -> Asked[Conversation]:
        """Wave at the customer, several times."""
        return Asked(times=times)

    wave.__module__, wave.__qualname__ = NAME.rsplit(".", 1)
    yield verb(WAVE, effect=count_waves, asks_after=is_long_wave)(wave)
    del OPERATIONS[WAVE], SERVICES[WAVE], CATALOGUE[NAME]


def test_a_verb_needs_one_declaration_to_be_done_now(
    wave: Verb[Conversation, Any, Conversation], stub: Stub, conversation: Conversation
) -> None:
    assert wave(conversation, times=3) is conversation
    assert stub.asked == [("POST", "/conversations/cnv_1/waves", {"times": 3})]
    assert conversation.subject == "Hello"
    conversation.refresh_from_db()
    assert conversation.host_data == {"waves": 3}


def test_and_to_be_done_later(
    wave: Verb[Conversation, Any, Conversation], stub: Stub, conversation: Conversation
) -> None:
    entry = wave.enqueue(conversation, times=2)
    assert stub.asked == []

    work("sync")

    entry.refresh_from_db()
    assert (entry.state, entry.payload) == ("done", {})
    assert stub.asked == [("POST", "/conversations/cnv_1/waves", {"times": 2})]
    conversation.refresh_from_db()
    assert (conversation.host_data, conversation.subject) == ({"waves": 2}, "Hello")
    assert not OutboxEntry.objects.unsettled().exists()


def test_and_front_is_asked_afterwards_if_the_declaration_says_so(
    wave: Verb[Conversation, Any, Conversation], stub: Stub, conversation: Conversation
) -> None:
    wave.enqueue(conversation, times=10)

    work("sync")

    assert stub.asked[:2] == [
        ("POST", "/conversations/cnv_1/waves", {"times": 10}),
        ("GET", "/conversations/cnv_1", None),
    ]


def test_and_to_be_in_the_catalogue_and_in_the_documentation(
    wave: Verb[Conversation, Any, Conversation],
) -> None:
    assert CATALOGUE[NAME] is wave
    assert [names(cell) for cell in {row[0]: row for row in operation_rows()}[f"`{WAVE}`"]] == [
        [WAVE],
        ["conversations.wave"],
        [NAME],
        ["POST /conversations/{conversation_id}/waves"],
    ]
    assert f"`{NAME}`" in {name for name, *_ in verb_rows()}


def test_and_to_be_offered_and_done_in_the_admin(
    wave: Verb[Conversation, Any, Conversation], stub: Stub, conversation: Conversation, client: Client
) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    path = reverse("admin:front_channel_conversation_changelist")
    slug = NAME.replace(".", "_")
    assert f'<option value="{slug}">Wave at the customer</option>' in client.get(path).content.decode()

    posted = {"action": slug, "_selected_action": [conversation.pk]}
    assert 'name="times"' in client.post(path, posted).content.decode()
    client.post(path, {**posted, "times": "4", "confirmed": "1"})
    assert stub.asked == []

    work("sync")
    assert stub.asked == [("POST", "/conversations/cnv_1/waves", {"times": 4})]


@pytest.mark.parametrize(
    "given", [{}, {"times": 1, "wait": 5}, {"times": object()}], ids=["none", "more", "odd"]
)
def test_wrong_arguments_are_refused_in_both_forms(
    wave: Verb[Conversation, Any, Conversation], stub: Stub, conversation: Conversation, given: dict[str, Any]
) -> None:
    for form in (wave, wave.enqueue):
        with pytest.raises(InvalidArgument):
            form(conversation, **given)
    assert (stub.asked, OutboxEntry.objects.count()) == ([], 0)


def test_a_verb_is_declared_once_and_says_its_row(wave: Verb[Conversation, Any, Conversation]) -> None:
    with pytest.raises(TypeError, match="declared twice"):
        verb(WAVE)(wave.function)
    with pytest.raises(TypeError, match="annotate the first parameter"):
        verb(WAVE)(lambda row: Asked())
    assert len(SERVICES[WAVE]) == 1


def test_a_label_is_not_translated_before_somebody_reads_it() -> None:
    """Hosts may import the services before the apps, and so the translations, are ready."""

    def translate() -> str:
        raise AssertionError

    def nod(conversation: Conversation) -> Asked[Conversation]:
        return Asked()

    made = Verb(function=nod, operation="update-conversation", label=lazy(translate, str)())
    assert made.label is not None


def test_the_kinds_of_arguments_are_read_from_the_annotations() -> None:
    assert services.conversations.create_draft.arguments[:2] == (
        Argument("text", ArgumentKind.TEXT, is_required=False),
        Argument("html", ArgumentKind.TEXT, is_required=False),
    )
    kinds = {(each.name, each.kind, each.is_required) for name in VERBS for each in CATALOGUE[name].arguments}
    assert kinds >= {
        ("attachments", ArgumentKind.FILES, False),
        ("custom_fields", ArgumentKind.JSON, True),
        ("ignore_errors", ArgumentKind.FLAG, False),
        ("lines", ArgumentKind.JSON, True),
        ("link_external_urls", ArgumentKind.TEXTS, False),
        ("name", ArgumentKind.TEXT, True),
        ("recording", ArgumentKind.FILE, True),
        ("scheduled_at", ArgumentKind.MOMENT, True),
        ("tag_ids", ArgumentKind.IDS, True),
        ("teammate_id", ArgumentKind.ID, True),
    }
    (status,) = services.channels.set_status.arguments
    assert (status.kind, status.choices) == (ArgumentKind.CHOICE, ("ok", "offline"))


def test_every_verb_is_about_a_row_and_has_a_label_and_an_operation() -> None:
    for name in VERBS:
        assert str(CATALOGUE[name].label)
        assert CATALOGUE[name].operation in OPERATIONS


def test_every_declaration_says_whether_a_post_may_be_repeated() -> None:
    posts = {name for name in VERBS if OPERATIONS[CATALOGUE[name].operation].method == "POST"}

    assert {name for name in posts if CATALOGUE[name].may_repeat is None} == set()


def test_a_post_is_not_repeated_unless_its_declaration_says_so(
    wave: Verb[Conversation, Any, Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (wave.is_repeated, may_repeat(WAVE)) == (False, False)

    monkeypatch.setattr(wave, "may_repeat", True)
    assert (wave.is_repeated, may_repeat(WAVE)) == (True, True)
    assert services.conversations.archive.may_repeat is None
    assert services.conversations.archive.is_repeated


WITH_FILES: dict[str, dict[str, Any]] = {
    "conversations.reply": {"text": "Look", "author_id": "tea_1"},
    "conversations.create_draft": {"text": "Look", "author_id": "tea_1"},
    "conversations.add_comment": {"body": "Look", "author_id": "tea_1"},
}


class TestFiles:
    @pytest.mark.parametrize("name", WITH_FILES)
    def test_a_worker_opens_them(self, front: Sandbox, channel: Channel, name: str) -> None:
        (conversation,) = imported(front, channel, "one")
        file = on_the_shelf("bills/7.txt", b"gold")

        entry = enqueue(name, conversation, **WITH_FILES[name], attachments=[file, file])
        assert entry.payload["stored_files"] == {
            "attachments": 2 * [{"name": "bills/7.txt", "storage": SHELF, "filename": "7.txt"}]
        }
        work("sync")

        entry.refresh_from_db()
        assert (entry.state, entry.detail, entry.payload) == ("done", "", {})
        assert calls(front, conversation.front_id)[-1]["body"].count("gold") == 2

    def test_a_recording(self, front: Sandbox, channel: Channel) -> None:
        World(front, channel)
        sound = services.StoredFile("call.mp3", SHELF, filename="a call.mp3")
        services.calls.add_recording.enqueue(
            channel, external_call_id="call-1", recording=sound, recording_type="call"
        )
        work("sync")

        (call,) = front.snapshot()["channels"][0]["calls"]
        assert [(each["filename"], each["size"]) for each in call["recordings"]] == [("a call.mp3", 5)]

    def test_one_that_is_gone_by_then_is_given_up(self, front: Sandbox, channel: Channel) -> None:
        (conversation,) = imported(front, channel, "one")
        file = on_the_shelf("gone.txt", b"gold")
        entry = services.conversations.add_comment.enqueue(conversation, body="Look", attachments=[file])
        storages[SHELF].delete("gone.txt")
        before = len(calls(front, ""))

        work("sync")

        entry.refresh_from_db()
        assert (entry.state, len(calls(front, ""))) == ("failed", before)
        assert (entry.code, entry.parameters) == ("file_missing", {"file": "attachments[0]"})
        with pytest.raises(InvalidArgument, match=r"attachments\[0\] is not in the storage"):
            services.conversations.add_comment(conversation, body="Look", attachments=[file])

    def test_one_that_changes_while_it_is_sent_is_not_sent(self, front: Sandbox, channel: Channel) -> None:
        (conversation,) = imported(front, channel, "one")
        file = on_the_shelf("note.txt", b"gold")
        entry = services.conversations.add_comment.enqueue(conversation, body="Look", attachments=[file])
        on_the_shelf("note.txt", b"more gold")

        work("sync")

        entry.refresh_from_db()
        assert entry.state == "done"  # by reference: what is there when the request is made
        assert "more gold" in calls(front, "/comments")[-1]["body"]


@pytest.mark.parametrize(
    ("name", "arguments", "times"),
    [
        ("conversations.add_comment", {"body": "Look", "author_id": "tea_1"}, 1),
        ("conversations.create_draft", {"text": "Look", "author_id": "tea_1"}, 1),
        ("conversations.reply", {"text": "Look", "author_id": "tea_1"}, 1),
        ("calls.add_summary", {"external_call_id": "call-1", "content": "All well"}, 1),
        ("conversations.archive", {}, 2),
    ],
)
def test_what_must_not_happen_twice_is_not_repeated_while_its_outcome_is_unknown(
    front: Sandbox, channel: Channel, time: MovableClock, *, name: str, arguments: dict[str, Any], times: int
) -> None:
    entry = enqueue(name, World(front, channel).row(name), **arguments)
    before = len(calls(front, ""))
    front.cut_next()

    work("sync")
    assert OutboxAttempt.objects.get(entry=entry).outcome == "ambiguous"
    time.advance(3600)
    work("sync")

    entry.refresh_from_db()
    assert len(calls(front, "")) - before == times
    assert (entry.state, entry.code) == (("failed", "maybe_done") if times == 1 else ("done", ""))


def test_what_certainly_did_not_happen_is_repeated(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    (conversation,) = imported(front, channel, "one")
    entry = services.conversations.add_comment.enqueue(conversation, body="Look", author_id="tea_1")
    front.fail_next(status=503)

    work("sync")
    time.advance(3600)
    work("sync")

    entry.refresh_from_db()
    assert entry.state == "done"


def test_an_entry_says_who_asked(front: Sandbox, channel: Channel) -> None:
    (conversation,) = imported(front, channel, "one")
    with services.acting_as("rita"):
        asked = services.conversations.archive.enqueue(conversation)
        with services.acting_as("bo"):
            inner = services.conversations.reopen.enqueue(conversation)
    nobody = services.conversations.refresh.enqueue(conversation)

    assert [each.actor for each in (asked, inner, nobody)] == ["rita", "bo", ""]
    with pytest.raises(InvalidArgument, match="actor"), services.acting_as("x" * 201):
        raise AssertionError


def test_a_refresh_may_be_enqueued(front: Sandbox, channel: Channel) -> None:
    (conversation,) = imported(front, channel, "one")
    services.conversations.refresh.enqueue(conversation)

    work("sync")

    conversation.refresh_from_db()
    assert conversation.subject == in_front(front, conversation)["subject"]
