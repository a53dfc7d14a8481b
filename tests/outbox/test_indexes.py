"""The queries of webhooks and workers use an index, so that a full history slows nothing down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_front_channel.core.digests import digest
from django_front_channel.models import (
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxEntry,
    OutboxLane,
    WebhookEvent,
)
from django_front_channel.models.outbox import LaneName
from django_front_channel.outbox import queues
from django_front_channel.outbox.admission import Admission
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import messages
from tests.front import Courier, receive, reply, state_of, tell, work

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 3000
OURS = "front_channel_"


LARGE = [
    model._meta.db_table
    for model in (Conversation, ConversationThread, Message, WebhookEvent, OutboxLane, OutboxEntry)
]
SCANS = (
    f"SELECT id FROM {OURS}message WHERE subject = 'x'",
    f"SELECT m.id FROM {OURS}message m JOIN {OURS}channel c ON c.id = m.channel_id WHERE subject = 'x'",
    f"UPDATE {OURS}outboxentry SET state = 'pending' WHERE detail = 'x'",
)


def history(channel: Channel) -> None:
    """Rows as they lie there after a while: nearly everything is settled."""
    now = timezone.now()
    for number in range(2):
        Channel.objects.create(name="another", token_digest=digest(f"token {number}"))
    conversations = Conversation.objects.bulk_create(
        Conversation(channel=channel, front_id=f"cnv_{number}") for number in range(ROWS)
    )
    threads = ConversationThread.objects.bulk_create(
        ConversationThread(channel=channel, external_conversation_id=f"old {row.front_id}", conversation=row)
        for row in conversations
    )
    told = Message.objects.bulk_create(
        Message(
            channel=channel,
            external_conversation_id=thread.external_conversation_id,
            thread=thread,
            direction="inbound",
            source="host",
            state="imported",
            external_id=f"old {number}",
            delivery_id=f"delivery {number}",
            front_id=f"msg_{number}",
            message_uid=f"uid {number}",
            written_at=now,
            content_digest=digest(""),
        )
        for number, thread in enumerate(threads)
    )
    events = WebhookEvent.objects.bulk_create(
        WebhookEvent(
            app="default",
            channel=channel,
            type="message_imported",
            digest=digest(f"event {number}"),
            key=digest(f"key {number}"),
            signed_timestamp=0,
            state="processed",
            answer_status=200,
            answer={},
            received_at=now,
        )
        for number in range(ROWS)
    )
    OutboxLane.objects.bulk_create(
        OutboxLane(
            channel=channel,
            direction="sync",
            external_conversation_id=thread.external_conversation_id,
        )
        for thread in threads
    )
    OutboxEntry.objects.bulk_create(
        OutboxEntry(
            kind="request" if number % 3 else "process",
            state="done",
            channel=channel,
            direction="sync" if number % 3 else "",
            external_conversation_id=message.external_conversation_id if number % 3 else "",
            message=message,
            event=event,
            due_at=now - timedelta(hours=1),
            settled_at=now,
        )
        for number, (message, event) in enumerate(zip(told, events, strict=True))
    )
    analyze()


def analyze() -> None:
    """Do what the database does by itself after a while; SQLite does nothing."""
    kinds = {"postgresql": "ANALYZE", "mysql": "ANALYZE TABLE"}
    if connection.vendor in kinds:
        with connection.cursor() as cursor:
            for table in LARGE:
                cursor.execute(f"{kinds[connection.vendor]} {table}")


def scanned(sql: str) -> list[str]:
    """The steps of a statement's plan that read a good part of a large table."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}")
        names = [column[0] for column in cursor.description]
        steps = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if connection.vendor == "postgresql":
        lines = [step["QUERY PLAN"].strip() for step in steps]
        return [line for line in lines if any(f"Seq Scan on {table}" in line for table in LARGE)]
    if connection.vendor == "sqlite":
        # Without a condition it reads as many rows as are asked for.
        details = [step["detail"] for step in steps if "WHERE" in sql]
        return [each for each in details if each.startswith("SCAN") and each.split()[1] in (*LARGE, "m")]
    # MariaDB says "1 (0%)" of rows that it filters by another index first.
    return [str(step) for step in steps if int(str(step["rows"] or 0).split()[0]) > ROWS // 10]


@pytest.fixture
def no_scan(channel: Channel) -> Iterator[None]:
    """Everything that is run from now on must find its rows by an index."""
    history(channel)
    for sql in SCANS:
        assert scanned(sql), "The check is blind."
    with CaptureQueriesContext(connection) as captured:
        yield
    kinds = ("SELECT", "UPDATE", "DELETE")
    statements = [query["sql"] for query in captured if query["sql"].startswith(kinds)]
    ours = [sql for sql in statements if OURS in sql]
    assert ours
    slow = {sql: plan for sql in ours if (plan := scanned(sql))}
    assert not slow, "\n\n".join(f"{sql}\n{plan}" for sql, plan in slow.items())


def test_hot_queries(channel: Channel, no_scan) -> None:
    now = timezone.now()
    entries, lanes = OutboxEntry.objects, OutboxLane.objects
    name = LaneName(channel.pk, "sync", "", "old cnv_7")
    for query in (
        WebhookEvent.objects.filter(digest=digest("event 7")),
        WebhookEvent.objects.filter(key=digest("key 7")),
        Message.objects.filter(channel=channel, external_id="old 7"),
        Message.objects.filter(channel=channel, delivery_id="delivery 7"),
        Message.objects.filter(channel=channel, front_id="msg_7"),
        Message.objects.filter(channel=channel, message_uid="uid 7"),
        ConversationThread.objects.named(channel, ["old cnv_7", "old cnv_8"]),
        Message.objects.filter(external_conversation_id="old cnv_7"),
        lanes.due(now).filter(queue=7).with_next()[:16],
        lanes.filter(pk__in=[7, 8]).with_next(),
        lanes.filter(queue=7, due_at__isnull=False).order_by("due_at")[:1],
        queues.due_queues("sync", now),
        lanes.named([name, name._replace(external_conversation_id="old cnv_8")]).order_by("pk"),
        entries.unsettled().in_lane(name).order_by("pk")[:16],
        Admission("request").next_portion(),
        entries.unsettled().due(now).filter(kind="process", direction=""),
    ):
        list(query)


def test_a_round_trip(front: Sandbox, channel: Channel, courier: type[Courier], no_scan) -> None:
    """What webhooks and workers really ask, a repetition, a conflict and failures included."""
    courier.outcomes += ["SM-42", ConnectionError("reset")]
    tell(channel, "sms-1")
    work()
    front.run_until_quiet()
    imported = [entry for entry in front.journal.since(0) if entry["kind"] == "webhook"][-1]
    assert front.resend(number=imported["number"])["status"] == 200
    front.fail_next(status=503)
    tell(channel, "sms-2")
    tell(channel, "sms-2")
    received = receive(front, channel)
    reply(front, front.snapshot()["conversations"][1]["id"], "again")
    work()
    messages.report_delivery(channel=channel, delivery_id="SM-42", state="delivered")
    assert state_of(received) == "delivered"
    assert channel.front_id
    front.delete_channel(channel_id=channel.front_id)
    channel.refresh_from_db()
    assert channel.state == "disconnected"
