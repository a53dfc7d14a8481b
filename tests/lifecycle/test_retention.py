"""Pruning deletes rows that are old and done. Rows that are young, unfinished or somebody else's stay."""

import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_front_channel.core import clock
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.retention import Pruned, prune
from django_front_channel.models import Batch, Channel, Message, OutboxAttempt, OutboxEntry, WebhookEvent
from django_front_channel.services import messages
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from tests.hostapp.models import Ticket
from tests.processes import SECONDS, Process

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=30, seconds=1)
YOUNG = NOW - timedelta(days=30)
PRUNE = """
import django
django.setup()
from datetime import UTC, datetime
from django_front_channel.lifecycle.retention import prune
print("ready", flush=True)
input()
pruned = prune(now=datetime(2026, 6, 1, 12, tzinfo=UTC), batch=7)
print(pruned.webhook_bodies, pruned.outbox_entries, pruned.outbox_attempts)
"""


@pytest.fixture
def channel(db: None) -> Channel:
    """With nothing that pruning could find."""
    channel = factories.connected_channel()
    WebhookEvent.objects.all().delete()
    OutboxEntry.objects.all().delete()
    return channel


def event(channel: Channel, received_at: datetime = OLD, **values: Any) -> WebhookEvent:
    name = f"{WebhookEvent.objects.count():064}"
    defaults: dict[str, Any] = {
        "app": "default",
        "channel": channel,
        "type": "message",
        "digest": name,
        "key": name,
        "content_digest": "c" * 64,
        "signed_timestamp": 1764000000000,
        "state": WebhookEvent.State.PROCESSED,
        "body": '{"type": "message"}',
        "answer_status": 200,
        "answer": {"type": "success"},
        "received_at": received_at,
    }
    return WebhookEvent.objects.create(**(defaults | values))


def entry(channel: Channel, settled_at: datetime | None = OLD, **values: Any) -> OutboxEntry:
    state = OutboxEntry.State.DONE if settled_at else OutboxEntry.State.PENDING
    defaults: dict[str, Any] = {"kind": OutboxEntry.Kind.REQUEST, "channel": channel, "state": state}
    return OutboxEntry.objects.create(settled_at=settled_at, **(defaults | values))


def attempt(entry: OutboxEntry) -> OutboxAttempt:
    return OutboxAttempt.objects.create(
        entry=entry, started_at=OLD, ended_at=OLD, outcome=OutboxAttempt.Outcome.FAILED, detail="503"
    )


def row(event: WebhookEvent) -> dict[str, Any]:
    return dict(WebhookEvent.objects.filter(pk=event.pk).values().get())


def test_what_an_old_event_says_of_people_goes_and_nothing_else_of_it(channel: Channel) -> None:
    personal: dict[str, Any] = {
        "body": "Where is it?",
        "external_conversation_id": "thr-1",
        "customer_handle": "+33",
        "detail": "Ana has moved.",
    }
    old, young = event(channel, **personal), event(channel, YOUNG, **personal)
    before = row(old), row(young)
    assert prune(now=NOW) == Pruned(webhook_bodies=1, outbox_entries=0, outbox_attempts=0)
    assert (row(old), row(young)) == (before[0] | dict.fromkeys(personal, ""), before[1])


@pytest.mark.fault("retention")
@pytest.mark.parametrize("state", WebhookEvent.State)
@pytest.mark.parametrize("waits", [True, False])
def test_what_an_event_says_goes_whatever_became_of_it(channel: Channel, state: str, *, waits: bool) -> None:
    """Also where a worker has yet to process it: what failed for so long will not succeed."""
    old = event(channel, state=state, customer_handle="+33")
    if waits:
        entry(channel, None, kind=OutboxEntry.Kind.PROCESS, event=old)
    assert prune(now=NOW).webhook_bodies == 1
    assert (row(old)["body"], row(old)["customer_handle"], row(old)["state"]) == ("", "", state)
    assert prune(now=NOW).webhook_bodies == 0


@pytest.mark.fault("retention")
def test_an_event_without_a_body_loses_what_else_it_says(channel: Channel) -> None:
    old = event(channel, body="", detail="Ana has moved.")
    assert prune(now=NOW).webhook_bodies == 1
    assert row(old)["detail"] == ""


@pytest.mark.fault("retention")
def test_a_finished_batch_goes_with_its_last_entry(channel: Channel) -> None:
    old = Batch.objects.create(kind="backfill", actor="Rita", finished_at=OLD)
    young, running = (Batch.objects.create(kind="backfill", finished_at=each) for each in (YOUNG, None))
    busy = Batch.objects.create(kind="backfill", finished_at=OLD)
    entry(channel, None, batch=busy)
    assert prune(now=NOW, dry_run=True).batches == 1
    assert prune(now=NOW).batches == 1
    assert set(Batch.objects.all()) == {young, running, busy}
    assert not Batch.objects.filter(pk=old.pk)


@pytest.mark.parametrize(
    "state", [OutboxEntry.State.DONE, OutboxEntry.State.FAILED, OutboxEntry.State.CANCELLED]
)
def test_an_old_settled_entry_goes_with_its_attempts(channel: Channel, state: str) -> None:
    old, young = entry(channel, state=state), entry(channel, YOUNG, state=state)
    attempt(old), attempt(old)
    kept = attempt(young)
    assert prune(now=NOW) == Pruned(webhook_bodies=0, outbox_entries=1, outbox_attempts=2)
    assert list(OutboxEntry.objects.all()) == [young]
    assert list(OutboxAttempt.objects.all()) == [kept]


@pytest.mark.fault("F91")
@pytest.mark.parametrize("is_new", [True, False])
def test_an_unsettled_entry_stays_however_old_it_is(channel: Channel, *, is_new: bool) -> None:
    waits = entry(channel, None, is_new=is_new)
    OutboxEntry.objects.filter(pk=waits.pk).update(created_at=OLD - timedelta(days=365))
    kept = attempt(waits)
    assert prune(now=NOW) == Pruned(0, 0, 0)
    assert OutboxEntry.objects.filter(pk=waits.pk).exists()
    assert OutboxAttempt.objects.filter(pk=kept.pk).exists()


def test_ages_come_from_the_settings_and_the_databases_clock(channel: Channel, settings: Settings) -> None:
    settings.FRONT_CHANNEL_RETENTION = {"WEBHOOK_BODIES": timedelta(days=2), "OUTBOX_ENTRIES": 3600}
    event(channel, NOW - timedelta(days=1)), event(channel, NOW - timedelta(days=3))
    entry(channel, NOW - timedelta(minutes=59)), entry(channel, NOW - timedelta(minutes=61))
    with clock.replaced(lambda: NOW):
        assert prune() == Pruned(webhook_bodies=1, outbox_entries=1, outbox_attempts=0)


@pytest.mark.fault("F91")
def test_a_repeated_message_gets_its_first_answer_after_pruning(channel: Channel) -> None:
    front = FrontWebhookClient()
    body = bodies.message(front_id="msg_1")
    first = front.post(channel, body)
    assert first.status_code == 200
    assert prune(now=clock.now() + timedelta(days=31)).webhook_bodies == 1

    again = front.post(channel, body)
    assert (again.status_code, again.json()) == (200, first.json())
    assert Message.objects.count() == 1


def test_messages_stay_and_so_does_what_a_host_has_tied_to_them(channel: Channel) -> None:
    message = factories.customer_message(channel)
    messages.cancel(message)
    ticket = Ticket.objects.create(title="Parcel", message=message)
    assert prune(now=clock.now() + timedelta(days=31)).outbox_entries == 1
    ticket.refresh_from_db()
    assert ticket.message == Message.objects.get()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_batches_leave_nothing_over(channel: Channel, count: int) -> None:
    for _ in range(count):
        event(channel)
        attempt(entry(channel))
    entry(channel, YOUNG)
    assert prune(now=NOW, batch=2) == Pruned(count, count, count)
    assert not WebhookEvent.objects.exclude(body="").exists()
    assert OutboxEntry.objects.get().settled_at == YOUNG


@pytest.mark.django_db(transaction=True)
def test_every_batch_is_a_transaction_of_its_own(channel: Channel) -> None:
    for _ in range(3):
        event(channel)
        attempt(entry(channel))
    sizes = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith(("UPDATE", "DELETE")):
            assert connection.in_atomic_block
            sizes.append(context["cursor"].rowcount)
        return result

    with connection.execute_wrapper(note), CaptureQueriesContext(connection) as queries:
        prune(now=NOW, batch=2)
    # Bodies, then attempts and entries, two of each and then one.
    assert sizes == [2, 1, 2, 2, 1, 1]
    assert sum(query["sql"] == "COMMIT" for query in queries) == 4


@pytest.mark.django_db(transaction=True)
def test_a_callers_transaction_is_refused(channel: Channel) -> None:
    event(channel)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        prune(now=NOW)
    assert WebhookEvent.objects.exclude(body="").exists()


@pytest.mark.parametrize("batch", [0, True, "10", 1.5, None], ids=repr)
def test_a_batch_is_at_least_one_row(db: None, batch: Any) -> None:
    with pytest.raises(InvalidArgument, match="batch must be a number of rows"):
        prune(batch=batch)


@pytest.mark.parametrize("now", [NOW.replace(tzinfo=None), NOW.date(), 0, "2026-06-01"], ids=repr)
def test_ages_are_counted_from_an_aware_datetime(channel: Channel, now: Any) -> None:
    event(channel)
    with pytest.raises(InvalidArgument, match="now must be an aware datetime"):
        prune(now=now)
    assert WebhookEvent.objects.exclude(body="").exists()


@pytest.mark.django_db(transaction=True)
def test_two_prunes_at_once_count_every_row_once(channel: Channel, child_environment: dict[str, str]) -> None:
    for _ in range(60):
        event(channel)
        attempt(entry(channel))
    waits = entry(channel, None)
    command = [sys.executable, "-W", "error", "-c", PRUNE]
    with Process(command, env=child_environment) as first, Process(command, env=child_environment) as second:
        children = first, second
        ready = [child.line() for child in children]
        for child in children:
            child.say("")
        counts = [[int(word) for word in child.line().split()] for child in children]
        ended = [child.wait(SECONDS) for child in children]

    assert (ready, ended) == (["ready\n", "ready\n"], [0, 0])
    assert [sum(column) for column in zip(*counts, strict=True)] == [60, 60, 60]
    assert not WebhookEvent.objects.exclude(body="").exists()
    assert list(OutboxEntry.objects.all()) == [waits]
    assert not OutboxAttempt.objects.exists()


def said(*arguments: str) -> str:
    output = StringIO()
    with clock.replaced(lambda: NOW):
        call_command("front_channel_prune", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_counts_first_and_prunes_then(channel: Channel) -> None:
    event(channel), event(channel), event(channel, YOUNG)
    attempt(entry(channel)), entry(channel)
    before = OutboxEntry.objects.count(), row(WebhookEvent.objects.earliest("pk"))
    assert said("--dry-run") == (
        "2 webhook bodies would be blanked\n2 outbox entries and 1 attempts would be deleted\n"
        "0 stray files would be deleted\n0 idle lanes, 0 pauses and 0 batches would be deleted\n"
    )
    assert (OutboxEntry.objects.count(), row(WebhookEvent.objects.earliest("pk"))) == before

    assert said() == (
        "2 webhook bodies blanked\n2 outbox entries and 1 attempts deleted\n0 stray files deleted\n"
        "0 idle lanes, 0 pauses and 0 batches deleted\n"
    )
    assert said() == (
        "0 webhook bodies blanked\n0 outbox entries and 0 attempts deleted\n0 stray files deleted\n"
        "0 idle lanes, 0 pauses and 0 batches deleted\n"
    )
