"""``message_imported``: Front has created a message, and says where."""

from typing import Any

import pytest

from django_front_channel import services
from django_front_channel.models import (
    Channel,
    Conversation,
    Message,
    OutboxEntry,
    WebhookEvent,
)
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from django_front_channel.worker.loop import Worker
from tests.hostapp.models import Ticket
from tests.webhooks.conftest import UseHandler
from tests.webhooks.examples import HOST, IMPORTED, changed
from tests.webhooks.handlers import TicketHandler
from tests.webhooks.kept import accepted, threads
from tests.webhooks.listening import Announced
from tests.webhooks.times import now_in_ms

SUCCESS = {"type": "success"}


@pytest.mark.django_db
def test_a_message_of_ours(channel: Channel, front: FrontWebhookClient, announced: Announced) -> None:
    message = factories.customer_message(
        channel, external_id="prov-msg-980", external_conversation_id="thr-7"
    )
    response = front.post(channel, IMPORTED)
    assert (response.status_code, response.json()) == (200, SUCCESS)

    message.refresh_from_db()
    assert (message.state, message.front_id) == (Message.State.IMPORTED, "msg_1sagx9sk")
    assert message.message_uid == "1eab543f84a0785f7b6b8967cck18f4d"
    assert message.conversation is not None
    assert message.conversation.front_id == "cnv_1042nr10"
    assert threads(channel) == {"thr-7": "cnv_1042nr10", "thr-12": "cnv_1042nr10"}
    [arguments] = announced.of("message_imported")
    assert announced.names == ["message_imported"]
    assert (arguments["channel"], arguments["message"]) == (channel, message)
    assert arguments["conversation"] == message.conversation
    assert arguments["event"] == WebhookEvent.objects.get(type="message_imported")


@pytest.mark.fault("F59")
@pytest.mark.django_db
def test_an_import_that_is_known_before_the_202_proves_the_call(
    channel: Channel, front: FrontWebhookClient, worker: Worker, settings: Any
) -> None:
    # Whoever calls Front now would meet a closed door.
    settings.FRONT_CHANNEL_API_URL = "http://127.0.0.1:9"
    services.channels.adopt(channel)
    message = factories.customer_message(channel)
    front.message_imported(channel, message, external_conversation_ids=["thr-1"])

    worker.run_until_quiet()

    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED
    assert OutboxEntry.objects.get(kind="request").state == OutboxEntry.State.DONE


@pytest.mark.django_db
def test_fronts_own_ids_find_a_message_that_ours_does_not(
    channel: Channel, front: FrontWebhookClient
) -> None:
    by_id = factories.teammate_message(channel, external_conversation_ids=["thr-1"], front_id="msg_7")
    by_uid = factories.customer_message(channel)
    Message.objects.filter(pk=by_uid.pk).update(state="accepted", message_uid="uid-1")
    named: list[dict[str, Any]] = [{"front_id": "msg_7"}, {"message_uid": "uid-1"}]
    for names in named:
        response = front.message_imported(
            channel, external_id="another", external_conversation_ids=["thr-1"], **names
        )
        assert response.status_code == 200
    assert set(Message.objects.all()) == {by_id, by_uid}
    by_uid.refresh_from_db()
    assert by_uid.state == Message.State.IMPORTED
    assert not WebhookEvent.objects.exclude(state=WebhookEvent.State.PROCESSED).exists()


@pytest.mark.django_db
def test_a_message_that_was_found_by_its_uid(channel: Channel, front: FrontWebhookClient) -> None:
    message = factories.customer_message(channel)
    Message.objects.filter(pk=message.pk).update(state="accepted", message_uid="uid-1")
    front.message_imported(
        channel, external_id=None, message_uid="uid-1", external_conversation_ids=["thr-1"], front_id="msg_5"
    )
    message.refresh_from_db()
    assert (message.state, message.front_id) == (Message.State.IMPORTED, "msg_5")


@pytest.mark.fault("F60")
@pytest.mark.django_db
def test_the_same_import_again_is_answered_alike_and_told_once(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    factories.customer_message(channel, external_id="prov-msg-980")
    responses = [front.post(channel, IMPORTED) for _ in range(3)]
    assert {(response.status_code, response.content) for response in responses} == {
        (200, responses[0].content)
    }
    assert announced.names == ["message_imported"]
    assert WebhookEvent.objects.filter(type="message_imported").count() == 1


@pytest.mark.fault("F61")
@pytest.mark.django_db
def test_an_import_of_a_message_that_the_team_wrote_changes_nothing(
    channel: Channel, front: FrontWebhookClient
) -> None:
    message = factories.teammate_message(channel, external_conversation_ids=["thr-1"], front_id="msg_7")
    response = front.message_imported(
        channel, external_id=message.external_id, front_id="msg_7", external_conversation_ids=["thr-1"]
    )
    assert response.status_code == 200
    message.refresh_from_db()
    assert message.state == Message.State.RECEIVED
    assert Message.objects.count() == 1


@pytest.mark.fault("F60")
@pytest.mark.django_db
@pytest.mark.parametrize("is_inbound", [True, False])
def test_a_message_that_these_tables_do_not_know(
    channel: Channel, front: FrontWebhookClient, announced: Announced, is_inbound: bool
) -> None:
    front.message_imported(
        channel, external_id="elsewhere-1", external_conversation_ids=["thr-1"], is_inbound=is_inbound
    )
    message = Message.objects.get()
    assert (message.external_id, message.state, message.source) == ("elsewhere-1", "imported", "host")
    assert message.direction == ("inbound" if is_inbound else "outbound")
    assert message.text == "Where is my parcel?"
    customer = message.sender if is_inbound else message.to[0]
    assert customer["handle"] == bodies.CUSTOMER
    assert threads(channel) == {"thr-1": "cnv_1"}
    assert announced.of("message_imported")[0]["message"] == message
    assert not OutboxEntry.objects.exists(), "an import is never sent back"


@pytest.mark.django_db
def test_an_import_shows_a_merge(channel: Channel, front: FrontWebhookClient, announced: Announced) -> None:
    first = factories.imported_message(channel, external_conversation_id="a", conversation_id="cnv_1")
    second = factories.imported_message(channel, external_conversation_id="b", conversation_id="cnv_2")
    absorbed, survivor = first.conversation, second.conversation
    announced.clear()

    third = factories.customer_message(channel, external_conversation_id="a")
    front.message_imported(channel, third, conversation_id="cnv_2", external_conversation_ids=["b", "a"])

    assert threads(channel) == {"a": "cnv_2", "b": "cnv_2"}
    assert announced.names == ["conversation_merged", "message_imported"]
    [merged] = announced.of("conversation_merged")
    assert (merged["conversation"], merged["absorbed"]) == (survivor, absorbed)
    assert announced.of("message_imported")[0]["conversation"] == survivor
    first.refresh_from_db()
    assert first.conversation == survivor, "without a change to the message"


@pytest.mark.fault("F62")
@pytest.mark.django_db
def test_an_older_fact_that_comes_later_moves_nothing(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    first = factories.customer_message(channel, external_id="one")
    second = factories.customer_message(channel, external_id="two")
    fields = {"external_conversation_ids": ["thr-1"]}
    newer = bodies.message_imported(external_id="one", conversation_id="cnv_new", **fields)  # type: ignore[arg-type]
    older = bodies.message_imported(external_id="two", conversation_id="cnv_old", **fields)  # type: ignore[arg-type]
    now = now_in_ms()

    front.post(channel, newer, timestamp=now)
    front.post(channel, older, timestamp=now - 1000)

    assert threads(channel) == {"thr-1": "cnv_new"}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("imported", "imported")
    assert "conversation_merged" not in announced.names
    conversations = [arguments["conversation"].front_id for arguments in announced.of("message_imported")]
    assert conversations == ["cnv_new", "cnv_new"]


@pytest.mark.django_db
def test_a_known_conversation_may_have_got_another_thread(
    channel: Channel, front: FrontWebhookClient
) -> None:
    factories.imported_message(channel, external_conversation_id="thr-1")
    message = factories.customer_message(channel, external_conversation_id="thr-1")
    front.message_imported(channel, message, external_conversation_ids=["thr-1", "thr-2"])
    assert threads(channel) == {"thr-1": "cnv_1", "thr-2": "cnv_1"}
    assert Conversation.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["disconnected", "pending", "auth_failed"])
def test_an_import_is_kept_whatever_the_state_of_the_channel(
    channel: Channel, front: FrontWebhookClient, state: str
) -> None:
    message = factories.customer_message(channel)
    Channel.objects.filter(pk=channel.pk).update(state=state)
    front.message_imported(channel, message, external_conversation_ids=["thr-1"])
    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED


@pytest.mark.django_db
def test_an_import_that_names_no_conversation_of_front(
    channel: Channel, front: FrontWebhookClient, announced: Announced
) -> None:
    message = factories.customer_message(
        channel, external_id="prov-msg-980", external_conversation_id="thr-7"
    )
    assert front.post(channel, changed(IMPORTED, _links=None)).json() == SUCCESS
    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED
    assert threads(channel) == {"thr-7": None, "thr-12": None}
    assert announced.of("message_imported")[0]["conversation"] is None


TOO_MANY: list[dict[str, Any]] = [
    {"attachments": [{"id": f"fil_{number}"} for number in range(51)]},
    {"recipients": [{"handle": str(number), "role": "to"} for number in range(101)]},
]


@pytest.mark.django_db
@pytest.mark.parametrize("many", TOO_MANY, ids=["attachments", "recipients"])
def test_a_fact_about_a_message_with_long_lists_is_no_less_a_fact(
    channel: Channel, front: FrontWebhookClient, many: dict[str, Any]
) -> None:
    message = factories.customer_message(
        channel, external_id="prov-msg-980", external_conversation_id="thr-7"
    )
    assert front.post(channel, changed(IMPORTED, **many)).json() == SUCCESS
    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED


@pytest.mark.django_db
@pytest.mark.parametrize("many", TOO_MANY, ids=["attachments", "recipients"])
def test_of_a_message_that_these_tables_do_not_know_long_lists_are_cut(
    channel: Channel, front: FrontWebhookClient, many: dict[str, Any]
) -> None:
    assert front.post(channel, changed(IMPORTED, **many)).json() == SUCCESS
    message = Message.objects.get()
    kept = (message.attachments.count(), len(message.to))
    assert kept == ((50, 1) if "attachments" in many else (0, 100))


@pytest.mark.django_db
def test_a_message_stays_in_its_own_thread_when_front_lists_another_first(
    channel: Channel, front: FrontWebhookClient
) -> None:
    factories.imported_message(channel, external_conversation_id="mine")
    message = factories.customer_message(channel, external_conversation_id="mine")
    front.message_imported(channel, message, external_conversation_ids=["another", "mine"])
    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED
    assert message.thread is not None
    assert message.thread.external_conversation_id == "mine"


@pytest.mark.django_db
def test_a_teammates_message_that_an_import_has_created_is_not_delivered(
    channel: Channel, front: FrontWebhookClient, announced: Announced, use_handler: UseHandler
) -> None:
    use_handler(TicketHandler)
    front.message_imported(
        channel, external_id="elsewhere-1", front_id="msg_5", external_conversation_ids=["thr-1"]
    )
    announced.clear()

    answers = [front.message(channel, front_id="msg_5").json() for _ in range(2)]
    expected = {"type": "success", "external_id": "elsewhere-1", "external_conversation_id": "thr-1"}
    assert answers == [expected, expected]
    assert accepted(front.message(channel, front_id="msg_5")).state == Message.State.IMPORTED
    assert not OutboxEntry.objects.exists()
    assert not Ticket.objects.exists()
    assert announced == []


@pytest.mark.django_db
@pytest.mark.fault("known-conversation")
@pytest.mark.parametrize("metadata", [None, {}, {"external_conversation_ids": []}])
def test_without_ids_it_joins_the_newest_thread_of_its_conversation(
    channel: Channel, front: FrontWebhookClient, metadata: dict[str, Any] | None
) -> None:
    """Of a message that these tables do not know, and that Front's links alone place."""
    factories.imported_message(channel, external_conversation_id="thr-7", conversation_id="cnv_1042nr10")
    body = changed(IMPORTED)
    if metadata is None:
        del body["metadata"]
    else:
        body["metadata"] = metadata
    body["payload"]["_links"]["related"]["conversation"] = f"{HOST}/conversations/cnv_1042nr10"

    assert front.post(channel, body).status_code == 200

    message = Message.objects.get(front_id=body["payload"]["id"])
    assert (message.external_conversation_id, message.state) == ("thr-7", Message.State.IMPORTED)
    assert threads(channel) == {"thr-7": "cnv_1042nr10"}
    event = WebhookEvent.objects.get(front_id=body["payload"]["id"])
    assert event.state == WebhookEvent.State.PROCESSED
