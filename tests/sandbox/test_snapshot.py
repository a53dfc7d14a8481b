"""The state in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_front_channel.sandbox import Sandbox, snapshot
from django_front_channel.sandbox.records import State

from .conftest import (
    APP_SECRET,
    APP_UID,
    STATIC_URL,
    Caller,
    Clock,
    Integration,
    form,
    import_message,
    inbound,
)
from .operations import OPERATIONS, World
from .test_server import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "front.json"


def again(path: Path, integration: Integration, clock: Clock) -> Caller:
    sandbox = Sandbox(
        app_uid=APP_UID,
        app_secret=APP_SECRET,
        webhook_url=STATIC_URL,
        send=integration,
        clock=clock,
        state=snapshot.load(path),
    )
    return Caller(sandbox, clock)


def test_everything_comes_back(path: Path) -> None:
    world = World()
    for operation in OPERATIONS[:-1]:
        world.send(operation)
    world.call.sandbox.run_until_quiet()
    snapshot.save(world.call.sandbox.state, path)
    call = again(path, world.integration, world.clock)
    assert call.sandbox.state == world.call.sandbox.state
    assert call.sandbox.snapshot() == world.call.sandbox.snapshot()
    for operation in OPERATIONS:
        if operation.method == "GET":
            before = world.send(operation)
            target = world.call.sandbox.journal.since(0)[-1]["url"]
            assert call("GET", target).body == before.body, operation.name
    known = import_message(call, inbound("sms-9", "thr-7"))
    assert known["_links"]["related"]["conversation"].endswith(world.ids["conversation_id"])


def test_what_was_accepted_is_imported_after_a_restart(
    call: Caller, integration: Integration, path: Path
) -> None:
    picture = ("attachments", "a.png", "image/png", b"\x89")
    fields = {
        "sender[handle]": "h",
        "body": "x",
        "metadata[external_id]": "mms-1",
        "metadata[external_conversation_id]": "thr-7",
    }
    uid = call("POST", "/channels/cha_1/inbound_messages", **form(fields, picture)).json["message_uid"]
    snapshot.save(call.sandbox.state, path)
    restarted = again(path, integration, call.clock)
    assert restarted.sandbox.run_until_quiet() == 1
    message = restarted("GET", f"/messages/alt:uid:{uid}").json
    assert integration.sent[0].json["payload"] == message
    repeated = restarted("POST", "/channels/cha_1/inbound_messages", **form(fields, picture))
    assert repeated.json["message_uid"] == uid
    assert restarted.sandbox.run_until_quiet() == 0


def test_a_reply_that_waits_is_sent_after_a_restart(
    call: Caller, integration: Integration, conversation: str, path: Path
) -> None:
    call("POST", f"/conversations/{conversation}/messages", {"body": "x"})
    snapshot.save(call.sandbox.state, path)
    restarted = again(path, integration, call.clock)
    restarted.sandbox.run_until_quiet()
    assert [webhook.json["type"] for webhook in integration.sent] == ["message"]


def test_a_file_that_is_not_there_is_empty(path: Path) -> None:
    assert snapshot.load(path) == State()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"messages": {"m": {}}}', '{"nonsense": {}}', "7"])
def test_a_file_of_something_else(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(ValueError, match="not written by the sandbox"):
        snapshot.load(path)


def test_a_failed_save_leaves_the_file_as_it_was(
    call: Caller, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot.save(call.sandbox.state, path)
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space"):
        snapshot.save(call.sandbox.state, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_only_the_owner_reads_the_file(call: Caller, path: Path) -> None:
    snapshot.save(call.sandbox.state, path)
    assert path.stat().st_mode & 0o077 == 0


@pytest.fixture
def kept(call: Caller, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    monkeypatch.setattr(snapshot, "GATHERING", 0.01)
    with snapshot.saved_in(call.sandbox.company, path):
        yield call


def test_changes_are_saved_soon(kept: Caller, path: Path, conversation: str) -> None:
    until(lambda: conversation in _saved(path)["conversations"])
    kept("PATCH", f"/conversations/{conversation}", {"tag_ids": ["tag_2"]})
    until(lambda: _saved(path)["conversations"][conversation]["tag_ids"] == ["tag_2"])
    kept.sandbox.autoreply(conversation_id=conversation, text="Later")
    until(lambda: len(_saved(path)["messages"]) == 2)


def test_the_end_is_saved(call: Caller, path: Path) -> None:
    with snapshot.saved_in(call.sandbox.company, path):
        assert _saved(path)["conversations"] == {}
        import_message(call, inbound())
    assert len(_saved(path)["conversations"]) == 1


def _saved(path: Path) -> Any:
    return json.loads(path.read_bytes())
