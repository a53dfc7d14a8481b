"""What operators can do, and what they are told."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from requests.adapters import HTTPAdapter

from django_front_channel.admin.messages import MessageAdmin
from django_front_channel.models import (
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxEntry,
    OutboxLane,
    WebhookEvent,
)
from django_front_channel.services import channels, messages
from django_front_channel.worker.loop import Worker
from tests.admin.conftest import Person, event, from_front, lane, page, queued, said


def test_hold_and_release(boss: Person, channel: Channel):
    assert said(boss.operate("hold", channel)) == ["1 channel is held."]
    assert Channel.objects.get().is_held
    assert "The channel is held" in boss.open(Channel, channel).content.decode()

    assert said(boss.operate("release", channel)) == ["1 channel goes on."]
    assert not Channel.objects.get().is_held


def test_several_at_once_are_counted(boss: Person, channel: Channel):
    other = channels.create(name="Other").channel

    assert said(boss.operate("hold", channel, other)) == ["2 channels are held."]


def test_disconnect_asks_first(boss: Person, channel: Channel):
    asked = boss.operate("disconnect", channel)

    assert "Disconnect these channels?" in asked.content.decode()
    assert Channel.objects.get().state == Channel.State.CONNECTED

    hidden = dict(asked.context["hidden"])
    done = boss.client.post(page(Channel, "changelist"), {**hidden, "confirmed": "1"}, follow=True)
    assert said(done) == ["1 channel is disconnected."]
    assert Channel.objects.get().state == Channel.State.DISCONNECTED


def test_adopt_asks_first_and_lets_a_foreign_channel_go_on(boss: Person, channel: Channel, settings: Any):
    settings.FRONT_CHANNEL_APPS = {"default": {"APP_UID": "another", "APP_SECRET": "s"}}
    assert "connected with another App UID" in boss.open(Channel, channel).content.decode()

    boss.operate("adopt", channel)
    assert Channel.objects.get().connected_app_uid != "another"

    boss.operate("adopt", channel, confirmed="1")
    assert Channel.objects.get().connected_app_uid == "another"
    assert "connected with another App UID" not in boss.open(Channel, channel).content.decode()


def test_the_status_of_a_channel_is_told_to_front(boss: Person, front: Any):
    assert said(boss.operate("set_offline", front.channel)) == ["1 channel is shown as offline in Front."]
    assert Channel.objects.get().status == "offline"
    assert said(boss.operate("set_online", front.channel)) == ["1 channel is shown as online in Front."]
    sent = [entry["body"] for entry in patches(front)]
    assert sent == ['{"status":"offline"}', '{"status":"ok"}']


def patches(front: Any) -> list[Any]:
    entries = front.sandbox.journal.since(0)
    return [entry for entry in entries if entry["method"] == "PATCH"]


def test_an_error_of_front_is_told(boss: Person, front: Any):
    front.sandbox.fail_next(status=403)

    (text,) = said(boss.operate("set_offline", front.channel))

    assert text.startswith("Shop chat: update-channel (403)")
    assert Channel.objects.get().status == ""


def test_what_fails_stops_no_other_and_is_not_listed_without_end(boss: Person, channel: Channel):
    rows = [queued(channel, number) for number in range(8)]
    Message.objects.filter(pk__in=[row.pk for row in rows[1:]]).update(state=Message.State.IMPORTED)

    told = said(boss.operate("cancel", *rows, confirmed="1"))

    assert told[0] == "1 message is cancelled."
    assert told[1] == "m-7: Only a message that nobody has begun to send can be cancelled."
    assert told[6:] == ["2 more rows failed."]
    assert Message.objects.get(external_id="m-0").state == Message.State.CANCELLED


def test_who_did_what_is_in_the_history(boss: Person, channel: Channel):
    boss.operate("hold", channel)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (boss.user, str(channel.pk))
    assert entry.get_change_message() == "Hold: let everything wait"
    channel.refresh_from_db()
    assert channel.held_by == boss.user.get_username()


def test_from_a_row_s_page_one_comes_back_to_it(boss: Person, channel: Channel):
    response = boss.operate("hold", channel, stay="1")

    assert response.redirect_chain == [(page(Channel, "change", channel.pk), 302)]
    assert said(response) == ["1 channel is held."]


def test_verbs_that_call_front_take_few_rows_at_once(boss: Person, channel: Channel):
    rows = [from_front(channel, number) for number in range(21)]

    assert said(boss.operate("refresh", *rows)) == ["Choose at most 20 rows at a time."]


def test_everything_that_a_filter_shows_can_be_chosen(boss: Person, channel: Channel):
    first, second = queued(channel, 1), queued(channel, 2)
    path = page(Message, "changelist") + "?q=m-1"
    chosen = {"action": "cancel", "_selected_action": [first.pk], "select_across": "1"}

    asked = boss.client.post(path, chosen)
    assert dict(asked.context["hidden"])["select_across"] == "1"
    boss.client.post(path, {**chosen, "confirmed": "1"})

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (Message.State.CANCELLED, Message.State.QUEUED)


def test_no_transaction_is_open_while_an_operation_runs(
    transactional_db: None, boss: Person, front: Any, monkeypatch: pytest.MonkeyPatch
):
    seen: list[bool] = []

    def send(*args: Any, **kwargs: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return original(*args, **kwargs)

    original = HTTPAdapter.send
    monkeypatch.setattr(HTTPAdapter, "send", send)
    boss.operate("set_offline", front.channel)

    assert seen == [False]


def test_retry_a_message_that_failed(boss: Person, channel: Channel):
    message = from_front(channel, state=Message.State.FAILED)

    assert said(boss.operate("retry", message)) == ["1 message is tried again."]

    message.refresh_from_db()
    assert message.state == Message.State.RECEIVED
    assert OutboxEntry.objects.get().kind == OutboxEntry.Kind.DELIVER


def test_report_failure_asks_why(boss: Person, channel: Channel):
    message = from_front(channel)

    assert 'name="detail"' in boss.operate("report_failure", message).content.decode()
    empty = boss.operate("report_failure", message, confirmed="1", detail="")
    assert "This field is required" in empty.content.decode()
    assert OutboxEntry.objects.count() == 0

    boss.operate("report_failure", message, confirmed="1", detail="No such number")
    message.refresh_from_db()
    assert (message.state, message.detail) == (Message.State.FAILED, "No such number")
    assert OutboxEntry.objects.get().operation == "update-external-message-status"


def test_a_failure_is_not_reported_of_what_was_delivered(boss: Person, channel: Channel):
    delivered = from_front(channel, state=Message.State.DELIVERED)
    ours = queued(channel)

    told = said(boss.operate("report_failure", ours, delivered, confirmed="1", detail="x"))

    assert told[0].startswith("m-1: Only messages that came from Front")
    assert told[1] == "front-msg_1: The message is settled already: delivered."


def test_refresh_asks_front_about_conversations_and_messages(boss: Person, front: Any):
    front.compose(subject="Invoice 17")
    conversation, message = Conversation.objects.get(), Message.objects.get()

    assert said(boss.operate("refresh", conversation)) == ["1 conversation is refreshed."]
    assert said(boss.operate("refresh", message)) == ["1 message is refreshed."]

    assert "Invoice 17" in boss.open(Conversation, conversation).content.decode()
    assert "Invoice 17" in boss.open(Conversation).content.decode()


def test_refresh_follows_a_merge(boss: Person, front: Any):
    first, second = front.compose(), front.compose()
    kept, absorbed = first["conversation_id"], second["conversation_id"]
    front.sandbox.merge(conversation_ids=[kept, absorbed], survivor=kept)

    boss.operate("refresh", Conversation.objects.get(front_id=absorbed))

    threads = ConversationThread.objects.values_list("conversation__front_id", flat=True)
    assert set(threads) == {kept}


def test_an_entry_and_a_lane_are_due_now(boss: Person, channel: Channel, later: Any):
    queued(channel)
    waiting = lane(channel, "t-1", due_at=later)
    entry = OutboxEntry.objects.get()

    assert said(boss.operate("retry", entry)) == ["1 outbox entry is due now."]
    assert OutboxLane.objects.get().due_at < later

    OutboxLane.objects.update(due_at=later)
    assert said(boss.operate("retry", waiting)) == ["1 outbox lane is due now."]
    assert OutboxLane.objects.get().due_at < later


def test_a_settled_entry_and_an_idle_lane_stay_as_they_are(boss: Person, channel: Channel):
    idle = lane(channel, "t-1")
    settled = OutboxEntry.objects.create(kind="announce", state="done", channel=channel)

    assert "Nothing waits in this lane" in said(boss.operate("retry", idle))[0]
    assert "The entry is settled" in said(boss.operate("retry", settled))[0]
    assert OutboxLane.objects.get().due_at is None
    assert OutboxEntry.objects.get().due_at is None


def test_an_entry_without_a_lane_has_its_own_time(boss: Person, channel: Channel, later: Any):
    entry = OutboxEntry.objects.create(kind="announce", state="pending", channel=channel, due_at=later)

    boss.operate("retry", entry)

    assert OutboxEntry.objects.get().due_at < later


@pytest.mark.parametrize("has_entry", [True, False])
def test_a_failed_event_is_processed_again(boss: Person, channel: Channel, later: Any, has_entry: bool):
    failed = event(channel)
    if has_entry:
        OutboxEntry.objects.create(
            kind="process", state="pending", channel=channel, event=failed, due_at=later
        )

    assert said(boss.operate("process_again", failed)) == ["1 webhook event is processed again by a worker."]
    OutboxEntry.objects.get()
    if not has_entry:
        boss.operate("retry", OutboxEntry.objects.get())
    Worker().run_until_quiet()

    failed.refresh_from_db()
    assert failed.state == WebhookEvent.State.PROCESSED
    assert Channel.objects.get().state == Channel.State.DISCONNECTED


@pytest.mark.parametrize(
    "values", [{"state": "processed"}, {"state": "refused"}, {"type": "message_imported", "body": ""}]
)
def test_other_events_are_not_processed_again(boss: Person, channel: Channel, values: dict[str, Any]):
    (text,) = said(boss.operate("process_again", event(channel, **values)))

    assert " cha_1: " in text
    assert not OutboxEntry.objects.exists()


def test_what_the_lists_defer_is_read_at_once_for_an_operation(boss: Person, channel: Channel):
    assert "text" in MessageAdmin.heavy_fields
    message = queued(channel)
    messages.cancel(message)

    assert said(boss.operate("retry", message)) == ["1 message is tried again."]
    entry = OutboxEntry.objects.filter(message=message).latest("pk")
    assert entry.payload["body"] == "Hello 1"
