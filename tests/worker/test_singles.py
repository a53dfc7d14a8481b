"""Entries in no lane: signals that a crash has left unsent, and webhook events to process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_front_channel import signals
from django_front_channel.core import clock
from django_front_channel.lifecycle import imports
from django_front_channel.models import Channel, Message, OutboxAttempt, OutboxEntry, WebhookEvent
from django_front_channel.outbox.announcements import announce
from django_front_channel.outbox.enqueue import enqueue_processing
from django_front_channel.sandbox import Sandbox
from tests.front import MovableClock, calls, entry_of, receive, state_of, tell, work


def left_by_a_crash(channel: Channel, signal: str = "sync_accepted", **arguments: Any) -> OutboxEntry:
    """What a process leaves that dies between the commit and the signals."""
    (announcement,) = announce(signal, channel, now=clock.now(), **arguments)
    return announcement.entry


def test_a_signal_that_a_crash_has_left_is_sent_by_a_worker(
    channel: Channel, time: MovableClock, heard
) -> None:
    accepted = heard(signals.sync_accepted)
    message = tell(channel, "sms-1")
    left_by_a_crash(channel, message=message)

    work("announce")
    assert accepted == [], "Its own process may still be about to send it."

    time.advance(31)
    work("announce")
    assert [(each["channel"], each["message"], each["sender"]) for each in accepted] == [
        (channel, message, Message)
    ]
    assert not OutboxEntry.objects.filter(kind="announce").exists()


def test_every_argument_comes_back_as_it_was(channel: Channel, time: MovableClock, heard) -> None:
    changed = heard(signals.channel_state_changed)
    left_by_a_crash(channel, "channel_state_changed", old="pending", new="connected")
    time.advance(31)
    work("announce")
    assert (changed[0]["old"], changed[0]["new"]) == ("pending", "connected")


def test_a_worker_that_died_while_sending_a_signal(channel: Channel, time: MovableClock, heard) -> None:
    accepted = heard(signals.sync_accepted)
    entry = left_by_a_crash(channel, message=tell(channel, "sms-1"))
    OutboxEntry.objects.filter(pk=entry.pk).update(
        attempt_started_at=timezone.now(), lease_until=timezone.now(), lease_token=1
    )
    time.advance(31)
    work("announce")
    time.advance(600)
    work("announce")

    assert len(accepted) == 1
    assert not OutboxEntry.objects.filter(kind="announce").exists()
    assert not OutboxAttempt.objects.exists()


def test_a_receiver_that_raises_stops_no_other(
    channel: Channel, time: MovableClock, heard, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_arguments: object) -> None:
        raise RuntimeError("A bug of the host.")

    signals.sync_accepted.connect(broken)
    accepted = heard(signals.sync_accepted)
    try:
        left_by_a_crash(channel, message=tell(channel, "sms-1"))
        time.advance(31)
        work("announce")
    finally:
        signals.sync_accepted.disconnect(broken)

    assert len(accepted) == 1
    assert "A bug of the host." in caplog.text


def test_nothing_is_kept_where_nobody_listens(channel: Channel) -> None:
    assert announce("sync_accepted", channel, now=clock.now(), message=tell(channel, "sms-1")) == []
    assert not OutboxEntry.objects.filter(kind="announce").exists()


def test_a_signal_about_a_row_that_is_gone_is_given_up(channel: Channel, time: MovableClock, heard) -> None:
    accepted = heard(signals.sync_accepted)
    message = tell(channel, "sms-1")
    entry = left_by_a_crash(channel, message=message)
    OutboxEntry.objects.filter(message=message).delete()
    message.delete()
    time.advance(31)
    work("announce")

    entry.refresh_from_db()
    assert (accepted, entry.state) == ([], "failed")


def test_a_signal_is_sent_by_the_worker_that_made_the_fact(front: Sandbox, channel: Channel, heard) -> None:
    accepted = heard(signals.sync_accepted)
    message = tell(channel, "sms-1")
    work("sync")
    assert [each["message"] for each in accepted] == [message]
    assert not OutboxEntry.objects.filter(kind="announce").exists()


@pytest.fixture
def unnamed(front: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Message:
    """A message that another system told Front about, and an import that does not say which it is."""
    message = tell(channel, "sms-1")
    work("sync")
    Message.objects.filter(pk=message.pk).update(message_uid="")
    complete = front.company.documents.imported_webhook

    def nameless(imported: Any) -> Any:
        document = complete(imported)
        del document["payload"]["message_uid"], document["payload"]["metadata"]
        return document

    monkeypatch.setattr(front.company.documents, "imported_webhook", nameless)
    front.run_until_quiet()
    return message


def test_an_import_without_ids_is_asked_for(
    front: Sandbox, unnamed: Message, time: MovableClock, heard
) -> None:
    imported = heard(signals.message_imported)
    event = WebhookEvent.objects.get(type="message_imported")
    assert (event.state, state_of(unnamed)) == ("pending", "accepted")

    time.advance(10)
    work("sync")

    event.refresh_from_db()
    assert (event.state, state_of(unnamed)) == ("processed", "imported")
    assert [each["message"] for each in imported] == [unnamed]
    assert OutboxEntry.objects.get(kind="process").state == "done"
    assert Message.objects.count() == 1


def test_front_that_is_down_is_asked_again(front: Sandbox, unnamed: Message, time: MovableClock) -> None:
    time.advance(10)
    front.fail_next(status=503, count=6)  # the client may repeat a question at once
    work("sync")
    assert state_of(unnamed) == "accepted"
    assert OutboxEntry.objects.get(kind="process").attempts == 1
    for _ in range(6):
        time.advance(601)
        work("sync")
    assert state_of(unnamed) == "imported"
    assert [call["status"] for call in calls(front, "/messages/")] == [503] * 6 + [200]


def test_a_question_that_front_cannot_answer_is_given_up(
    front: Sandbox, unnamed: Message, time: MovableClock
) -> None:
    time.advance(10)
    front.fail_next(status=400)
    work("sync")
    assert OutboxEntry.objects.get(kind="process").state == "failed"
    assert state_of(unnamed) == "accepted"


def test_asking_does_not_hold_up_the_lanes(front: Sandbox, unnamed: Message, time: MovableClock) -> None:
    time.advance(10)
    front.fail_next(status=503)
    later = tell(unnamed.channel, "sms-2")
    work("sync")
    time.advance(60)
    work("sync")
    assert state_of(later) == "accepted"


def test_an_event_whose_processing_failed_is_processed_again(
    front: Sandbox, channel: Channel, time: MovableClock, monkeypatch: pytest.MonkeyPatch, heard
) -> None:
    """A fact that Front may never repeat is kept, even when a bug keeps it from having its effect."""
    imported = heard(signals.message_imported)
    message = tell(channel, "sms-1")
    work("sync")
    with monkeypatch.context() as broken:
        broken.setattr(imports, "mark_imported", None)
        front.run_until_quiet()
    assert WebhookEvent.objects.get(type="message_imported").state == "failed"
    assert state_of(message) == "accepted"

    time.advance(10)
    work("sync")
    assert state_of(message) == "imported"
    assert WebhookEvent.objects.get(type="message_imported").state == "processed"
    assert len(imported) == 1


def test_an_event_of_a_type_that_this_version_does_not_process_waits(
    channel: Channel, time: MovableClock
) -> None:
    """A newer version has stored it, and its workers will process it."""
    event = WebhookEvent.objects.create(
        app=channel.app,
        channel=channel,
        type="message_recalled",
        state="pending",
        digest="1" * 64,
        signed_timestamp=int(time().timestamp() * 1000) + 1000,
        received_at=time(),
        answer_status=200,
        answer={"type": "success"},
    )
    entry = enqueue_processing(event)
    time.advance(10)
    work("sync")

    channel.refresh_from_db()
    event.refresh_from_db()
    entry.refresh_from_db()
    assert (channel.state, event.state) == ("connected", "pending")
    assert (entry.state, entry.code, entry.attempts) == ("pending", "unexpected_error", 1)


def test_a_single_that_another_worker_holds_is_left_alone(
    channel: Channel, time: MovableClock, heard
) -> None:
    accepted = heard(signals.sync_accepted)
    entry = left_by_a_crash(channel, message=tell(channel, "sms-1"))
    time.advance(31)
    until = time() + timedelta(seconds=30)
    OutboxEntry.objects.filter(pk=entry.pk).update(lease_until=until, due_at=until)
    work("announce")
    assert accepted == []
    time.advance(31)
    work("announce")
    assert len(accepted) == 1


def test_a_teammates_message_is_announced_once(front: Sandbox, channel: Channel, heard, time) -> None:
    received = heard(signals.teammate_message_received)
    message = receive(front, channel)
    time.advance(60)
    work()
    assert [each["message"] for each in received] == [message]
    assert state_of(message) == "received"
    assert entry_of(tell(channel, "sms-1")).kind == "request"
