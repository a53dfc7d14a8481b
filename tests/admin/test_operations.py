"""Operators act on rows, and read clear results."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone
from requests.adapters import HTTPAdapter

from django_front_channel import gateway
from django_front_channel.admin.messages import MessageAdmin
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import FrontConnectionError
from django_front_channel.models import (
    Attachment,
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)
from django_front_channel.services import channels, messages
from django_front_channel.worker.loop import Worker
from tests.admin.conftest import Person, event, from_front, lane, page, queued, said
from tests.languages import in_german


def test_hold_and_release(boss: Person, channel: Channel):
    assert said(boss.operate("hold", channel)) == ["1 channel is held."]
    assert Channel.objects.get().is_held
    assert "The channel is held" in boss.open(Channel, channel).content.decode()

    assert said(boss.operate("release", channel)) == ["1 channel is released."]
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
    assert "[channel_connected_elsewhere]" in boss.open(Channel, channel).content.decode()

    boss.operate("adopt", channel)
    assert Channel.objects.get().connected_app_uid != "another"

    boss.operate("adopt", channel, confirmed="1")
    assert Channel.objects.get().connected_app_uid == "another"
    assert "[channel_connected_elsewhere]" not in boss.open(Channel, channel).content.decode()


def test_a_verb_is_enqueued_and_the_page_returns_at_once(boss: Person, front: Any):
    asked = boss.operate("set_status", front.channel)
    assert '<option value="offline">' in asked.content.decode()

    told = said(boss.operate("set_status", front.channel, confirmed="1", status="offline"))
    assert told == ["Queued for 1 row. A worker will send the request to Front soon."]
    entry = OutboxEntry.objects.get(operation="update-channel")
    assert (entry.actor, entry.payload) == ("boss", {"status": "offline"})
    assert LogEntry.objects.get().get_change_message() == "Set status"
    assert front.sandbox.journal.since(0) == before_the_worker(front)

    Worker().run_until_quiet()
    assert Channel.objects.get().status == "offline"


def before_the_worker(front: Any) -> list[Any]:
    """What the journal holds without requests that change something."""
    return [entry for entry in front.sandbox.journal.since(0) if entry["method"] not in ("PATCH", "PUT")]


@pytest.mark.parametrize("status", ["", "away"])
def test_a_wrong_argument_is_asked_for_again(boss: Person, front: Any, status: str):
    asked = boss.operate("set_status", front.channel, confirmed="1", status=status)

    assert asked.context["form"].errors
    assert not OutboxEntry.objects.filter(operation="update-channel").exists()


def test_what_only_the_client_can_refuse_is_told(boss: Person, front: Any):
    front.compose()

    (text,) = said(boss.operate("assign", Conversation.objects.get(), confirmed="1", teammate_id=".."))

    assert "teammate_id must not be" in text
    assert not OutboxEntry.objects.filter(operation="update-conversation-assignee").exists()


def test_arguments_of_every_kind_are_asked_for(boss: Person, front: Any):
    front.compose()
    conversation = Conversation.objects.get()

    boss.operate("add_tags", conversation, confirmed="1", tag_ids="tag_1, tag_2\ntag_3")
    moment = "2040-01-02 10:00:00"
    boss.operate("remind", conversation, confirmed="1", teammate_id="tea_1", scheduled_at=moment)
    boss.operate("replace_custom_fields", conversation, confirmed="1", custom_fields='{"VIP": true}')
    boss.operate("add_comment", conversation, confirmed="1", body="Look", is_pinned="true")

    given = [entry.payload for entry in OutboxEntry.objects.filter(kind="request").order_by("pk")]
    assert given[0]["tag_ids"] == ["tag_1", "tag_2", "tag_3"]
    assert given[1]["scheduled_at"] == 2209111200
    assert given[2]["replace_custom_fields"] == {"VIP": True}
    assert (given[3]["body"], given[3]["is_pinned"]) == ("Look", True)
    Worker().run_until_quiet()
    assert not OutboxEntry.objects.filter(kind="request").exclude(state="done").exists()


def test_what_is_dangerous_asks_first(boss: Person, front: Any):
    front.compose()
    conversation = Conversation.objects.get()

    assert "may be impossible to undo" in boss.operate("trash", conversation).content.decode()
    assert not OutboxEntry.objects.filter(operation="update-conversation").exists()

    boss.operate("trash", conversation, confirmed="1")
    assert OutboxEntry.objects.get(operation="update-conversation").payload["status"] == "deleted"


def test_what_is_not_available_is_not_offered_and_says_why(boss: Person, front: Any):
    front.compose()
    conversation = Conversation.objects.get()
    Conversation.objects.update(status="assigned")

    assert 'value="delete"' not in boss.open(Conversation, conversation).content.decode()
    (text,) = said(boss.operate("delete", conversation, confirmed="1"))
    assert text.endswith("[not_in_trash]")

    Conversation.objects.update(status="deleted")
    assert 'value="delete"' in boss.open(Conversation, conversation).content.decode()


def test_the_files_of_a_message_are_fetched(boss: Person, front: Any, media: Any):
    front.compose(attachments=[{"filename": "a.txt", "content": "YQ=="}])
    message = Message.objects.get()
    assert 'value="fetch"' in boss.open(Message, message).content.decode()

    boss.operate("fetch", message)
    Worker().run_until_quiet()

    assert Attachment.objects.get().is_stored
    assert 'value="fetch"' not in boss.open(Message, message).content.decode()
    (text,) = said(boss.operate("fetch", message))
    assert text.endswith("[file_fetched]")


def test_a_message_is_marked_as_seen(boss: Person, front: Any):
    front.compose()

    boss.operate("mark_seen", Message.objects.get())

    assert OutboxEntry.objects.get(operation="mark-message-seen").actor == "boss"


def test_calls_and_templates_are_the_host_s_affair(boss: Person, channel: Channel):
    page = boss.open(Channel, channel).content.decode()

    assert 'value="set_status"' in page
    assert 'value="add_recording"' not in page


def test_a_page_waits_for_front_for_few_seconds(boss: Person, front: Any, monkeypatch: pytest.MonkeyPatch):
    front.compose()
    message = Message.objects.get()
    given: list[Any] = []
    original = gateway.client_for

    def client_for(*args: Any, **kwargs: Any) -> Any:
        given.append(kwargs["timeout"])
        return original(*args, **kwargs)

    monkeypatch.setattr(gateway, "client_for", client_for)
    Pause.objects.extend(
        "default", Pause.Scope.CHANNEL, str(front.channel.pk), timezone.now() + timedelta(minutes=1)
    )
    (text,) = said(boss.operate("refresh", message))

    assert [0 < timeout <= 5 for timeout in given] == [True]
    assert "Front asked to wait" in text


def test_an_error_of_front_is_told_in_the_language_of_the_operator(
    boss: Person, front: Any, monkeypatch: pytest.MonkeyPatch
):
    in_german(monkeypatch, Code.FRONT_REFUSED_PERMISSION, "Front verbietet {operation}.")
    front.compose()
    message = Message.objects.get()
    front.sandbox.fail_next(status=403)
    boss.client.cookies["django_language"] = "de"

    (text,) = said(boss.operate("refresh", message))

    assert text.startswith(f"{message}: Front verbietet get-message.")
    assert text.endswith("[front_refused_permission]")


def test_all_rows_of_a_page_share_the_time_that_front_may_take(
    boss: Person, channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    """Each request may take what the requests before it have left. Without time, none is made."""
    given: list[float | None] = []
    moment = time.monotonic()

    def slow(*_channel: Any, timeout: float | None = None, **_options: Any) -> Any:
        nonlocal moment
        given.append(timeout)
        moment += 2.0
        raise FrontConnectionError("The response was lost.", operation="get-message")

    monkeypatch.setattr(time, "monotonic", lambda: moment)
    monkeypatch.setattr(gateway, "client_for", slow)
    told = said(boss.operate("refresh", *(from_front(channel, number) for number in range(4))))

    assert [round(timeout or 0) for timeout in given] == [5, 3, 1]
    assert [text.rpartition(" ")[2] for text in told] == ["[front_not_reached]"] * 3 + ["[not_allowed]"]


def test_what_fails_stops_no_other_and_is_not_listed_without_end(boss: Person, channel: Channel):
    rows = [queued(channel, number) for number in range(8)]
    Message.objects.filter(pk__in=[row.pk for row in rows[1:]]).update(state=Message.State.IMPORTED)

    told = said(boss.operate("cancel", *rows, confirmed="1"))

    assert told[0] == "1 message is cancelled."
    assert told[1].startswith(f"message {rows[7].pk}: ")
    assert told[1].endswith("[already_begun]")
    assert told[6:] == ["2 more rows failed."]
    assert Message.objects.get(external_id="m-0").state == Message.State.CANCELLED


def test_a_refusal_is_in_the_language_of_the_operator(
    boss: Person, channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    in_german(monkeypatch, Code.ALREADY_BEGUN, "Das Senden hat schon begonnen.")
    message = queued(channel, 1)
    Message.objects.update(state=Message.State.IMPORTED)

    boss.client.cookies["django_language"] = "de"
    (text,) = said(boss.operate("cancel", message, confirmed="1"))

    assert "Das Senden hat schon begonnen." in text


def test_who_did_what_is_in_the_history(boss: Person, channel: Channel):
    boss.operate("hold", channel)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (boss.user, str(channel.pk))
    assert entry.get_change_message() == "Hold"
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


def test_no_transaction_is_open_while_front_is_asked(
    transactional_db: None, boss: Person, front: Any, monkeypatch: pytest.MonkeyPatch
):
    seen: list[bool] = []

    def send(*args: Any, **kwargs: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return original(*args, **kwargs)

    original = HTTPAdapter.send
    monkeypatch.setattr(HTTPAdapter, "send", send)
    front.compose()
    boss.operate("refresh", Message.objects.get())

    assert seen == [False]


def test_retry_a_message_that_failed(boss: Person, channel: Channel):
    message = from_front(channel, state=Message.State.FAILED)

    assert said(boss.operate("retry", message)) == ["1 message will be tried again."]

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

    assert told[0].startswith(f"message {ours.pk}: ")
    assert told[0].endswith("[not_from_front]")
    assert told[1] == f"message {delivered.pk}: The message is already settled: delivered. [not_allowed]"


def test_refresh_asks_front_about_conversations_and_messages(boss: Person, front: Any):
    front.compose(subject="Invoice 17")
    conversation, message = Conversation.objects.get(), Message.objects.get()

    boss.operate("refresh", conversation)
    Worker().run_until_quiet()
    assert said(boss.operate("refresh", message)) == ["1 message is refreshed."]

    assert "Invoice 17" in boss.open(Conversation, conversation).content.decode()
    assert "Invoice 17" in boss.open(Conversation).content.decode()


def test_refresh_follows_a_merge(boss: Person, front: Any):
    first, second = front.compose(), front.compose()
    kept, absorbed = first["conversation_id"], second["conversation_id"]
    front.sandbox.merge(conversation_ids=[kept, absorbed], survivor=kept)

    boss.operate("refresh", Conversation.objects.get(front_id=absorbed))
    Worker().run_until_quiet()

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

    assert "[nothing_waits]" in said(boss.operate("retry", idle))[0]
    assert "[already_settled]" in said(boss.operate("retry", settled))[0]
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

    assert said(boss.operate("process_again", failed)) == ["A worker will process 1 webhook event again."]
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

    assert said(boss.operate("retry", message)) == ["1 message will be tried again."]
    entry = OutboxEntry.objects.filter(message=message).latest("pk")
    assert entry.payload["body"] == "Hello 1"


def test_what_a_customer_wrote_is_not_marked_as_seen(boss: Person, channel: Channel):
    (text,) = said(boss.operate("mark_seen", queued(channel, 1)))
    assert text.endswith("[not_outbound]")
