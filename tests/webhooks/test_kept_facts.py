"""Facts that cannot be processed at once are kept, answered, and processed by a worker."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from django_front_channel import services
from django_front_channel.core.log_events import LogEvent
from django_front_channel.models import (
    Channel,
    Conversation,
    Message,
    OutboxEntry,
    WebhookEvent,
)
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from django_front_channel.testing import FrontWebhookClient, factories
from django_front_channel.worker.loop import Worker
from tests.log_records import events
from tests.webhooks.examples import IMPORTED, changed
from tests.webhooks.kept import threads
from tests.webhooks.listening import Announced, listening
from tests.webhooks.times import later

SUCCESS = {"type": "success"}


@pytest.mark.django_db
def test_a_fact_that_cannot_be_processed_is_kept_and_processed_later(
    channel: Channel,
    front: FrontWebhookClient,
    announced: Announced,
    worker: Worker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Another row has taken Front's id, so the import cannot be noted.
    wrong = factories.imported_message(channel, external_id="wrong", external_conversation_id="thr-9")
    Message.objects.filter(pk=wrong.pk).update(front_id="msg_1sagx9sk")
    message = factories.customer_message(
        channel, external_id="prov-msg-980", external_conversation_id="thr-7"
    )
    OutboxEntry.objects.filter(kind="request").delete()
    announced.clear()

    response = front.post(channel, IMPORTED)

    assert (response.status_code, response.json()) == (200, SUCCESS)
    event = WebhookEvent.objects.get(front_id="msg_1sagx9sk")
    assert event.state == WebhookEvent.State.FAILED
    assert event.code == "processing_failed"
    assert "IntegrityError" in event.detail
    assert json.loads(event.body) == IMPORTED
    assert threads(channel) == {"thr-9": "cnv_1"}, "of the failed effect nothing is left"
    assert LogEvent.WEBHOOK_KEPT in events(caplog.records)
    assert announced == []
    assert front.post(channel, IMPORTED).json() == SUCCESS

    Message.objects.filter(pk=wrong.pk).update(front_id="msg_other")
    assert worker.run_until_quiet() == 0, "it is not due yet"
    with later(10):
        worker.run_until_quiet()

    message.refresh_from_db()
    event.refresh_from_db()
    assert (message.state, message.front_id) == (Message.State.IMPORTED, "msg_1sagx9sk")
    assert (event.state, event.code, event.detail) == (WebhookEvent.State.PROCESSED, "", "")
    assert announced.names == ["message_imported"]
    assert OutboxEntry.objects.get(kind="process").state == OutboxEntry.State.DONE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (changed(IMPORTED, id=None), "import_without_id"),
        ({**changed(IMPORTED), "metadata": {}}, "import_without_thread"),
    ],
    ids=["no id", "no external conversation"],
)
def test_a_fact_that_says_too_little_is_kept(
    channel: Channel, front: FrontWebhookClient, body: dict[str, Any], code: str
) -> None:
    assert front.post(channel, body).json() == SUCCESS
    event = WebhookEvent.objects.get(type="message_imported")
    assert (event.state, event.code) == (WebhookEvent.State.FAILED, code)
    assert OutboxEntry.objects.get(kind="process").event == event


class Wire:
    """Notes the webhooks that a sandbox sends, and answers them with success."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def __call__(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.sent.append(json.loads(body))
        return 200, {}, json.dumps({**SUCCESS, "webhook_url": "https://chan.example.org/"}).encode()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def sandbox(settings: Any, wire: Wire) -> Iterator[Sandbox]:
    """A Front that the app calls over loopback, and whose webhooks the test carries."""
    app = settings.FRONT_CHANNEL_APPS["default"]
    sandbox = Sandbox(
        app_uid=app["APP_UID"],
        app_secret=app["APP_SECRET"],
        webhook_url="https://chan.example.org/",
        send=wire,
        import_delay=3600,
    )
    sandbox.connect(token="any", channel_id="cha_55c8c")
    with serving(sandbox) as url:
        settings.FRONT_CHANNEL_API_URL = url
        yield sandbox


def anonymous(body: dict[str, Any]) -> dict[str, Any]:
    """The import as it may come, too: without our id and without the 202's."""
    body = deepcopy(body)
    body["payload"]["metadata"] = {}
    del body["payload"]["message_uid"]
    return body


@pytest.mark.django_db
def test_an_import_that_does_not_say_of_what_is_asked_for(
    sandbox: Sandbox, wire: Wire, channel: Channel, front: FrontWebhookClient, worker: Worker
) -> None:
    message = factories.customer_message(channel)
    worker.run_until_quiet()
    sandbox.run_until_quiet()

    with listening("message_imported") as announced:
        assert front.post(channel, anonymous(wire.sent[-1])).json() == SUCCESS
        event = WebhookEvent.objects.get(type="message_imported")
        assert event.state == WebhookEvent.State.PENDING
        message.refresh_from_db()
        assert message.state == Message.State.ACCEPTED
        assert announced == []

        with later(10):
            worker.run_until_quiet()
    message.refresh_from_db()
    event.refresh_from_db()
    assert (message.state, message.front_id) == (Message.State.IMPORTED, event.front_id)
    assert event.state == WebhookEvent.State.PROCESSED
    assert Message.objects.count() == 1
    assert [arguments["message"] for arguments in announced.of("message_imported")] == [message]
    calls = [entry["url"] for entry in sandbox.journal.since(0) if entry["method"] == "GET"]
    assert calls == [f"/messages/{event.front_id}"]


@pytest.mark.fault("F60")
@pytest.mark.django_db
def test_an_unknown_message_that_front_knows_is_created_once(
    sandbox: Sandbox, wire: Wire, channel: Channel, front: FrontWebhookClient, worker: Worker
) -> None:
    message = factories.customer_message(channel)
    worker.run_until_quiet()
    sandbox.run_until_quiet()
    OutboxEntry.objects.all().delete()
    message.delete()  # a lost database

    for _ in range(2):
        front.post(channel, anonymous(wire.sent[-1]))
    with later(10):
        worker.run_until_quiet()

    assert Message.objects.get().external_id == message.external_id


WHILE_ASKING = {
    401: "front_refused_credentials",
    429: "front_rate_limited",
    500: "front_failed",
    503: "front_unavailable",
}


@pytest.mark.django_db
@pytest.mark.parametrize("status", list(WHILE_ASKING))
def test_front_is_asked_again_when_it_does_not_answer(
    sandbox: Sandbox, wire: Wire, channel: Channel, front: FrontWebhookClient, status: int
) -> None:
    message = factories.customer_message(channel)
    worker = Worker()
    worker.run_until_quiet()
    sandbox.run_until_quiet()
    front.post(channel, anonymous(wire.sent[-1]))

    # As often as the client itself asks.
    sandbox.fail_next(status=status, count={401: 2, 503: 3}.get(status, 1))
    with later(10):
        worker.run_until_quiet()
    entry = OutboxEntry.objects.get(kind="process")
    assert (entry.state, entry.code) == (OutboxEntry.State.PENDING, WHILE_ASKING[status])
    with later(700):
        worker.run_until_quiet()
    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED


@pytest.mark.django_db
def test_front_is_not_asked_about_a_channel_of_another_installation(
    sandbox: Sandbox, channel: Channel, front: FrontWebhookClient, worker: Worker, settings: Any
) -> None:
    front.message_imported(channel, external_id=None, external_conversation_ids=["thr-1"])
    settings.FRONT_CHANNEL_API_URL += "/elsewhere"
    with later(10):
        worker.run_until_quiet()
    entry = OutboxEntry.objects.get(kind="process")
    assert (entry.state, entry.attempts) == (OutboxEntry.State.PENDING, 0)
    assert (entry.code, entry.detail) == ("channel_connected_elsewhere", "")
    assert [call["kind"] for call in sandbox.journal.since(0)] == ["webhook"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": 403}, "front_refused_permission"),
        ({"status": 200, "body": '{"id":"msg_5"}'}, "import_unknown"),
    ],
    ids=["not ours", "without our id"],
)
def test_an_import_that_front_cannot_explain_either_is_given_up(
    sandbox: Sandbox,
    channel: Channel,
    front: FrontWebhookClient,
    worker: Worker,
    *,
    answer: dict[str, Any],
    code: str,
) -> None:
    sandbox.fail_next(**answer)
    front.message_imported(channel, external_id=None, external_conversation_ids=["thr-1"], front_id="msg_5")
    with later(10):
        worker.run_until_quiet()
    entry = OutboxEntry.objects.get(kind="process")
    assert entry.state == OutboxEntry.State.FAILED
    assert entry.code == code
    event = WebhookEvent.objects.get(type="message_imported")
    assert (event.state, event.code) == (WebhookEvent.State.FAILED, code)
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_message_that_front_does_not_show_yet_is_asked_for_again(
    sandbox: Sandbox, channel: Channel, front: FrontWebhookClient, worker: Worker
) -> None:
    front.message_imported(channel, external_id=None, external_conversation_ids=["thr-1"], front_id="msg_5")
    sandbox.fail_next(status=404)
    with later(10):
        worker.run_until_quiet()
    assert OutboxEntry.objects.get(kind="process").state == OutboxEntry.State.PENDING

    sandbox.fail_next(status=404, count=20)
    for minutes in range(1, 20):
        with later(minutes * 1000):
            worker.run_until_quiet()
    assert OutboxEntry.objects.get(kind="process").state == OutboxEntry.State.FAILED
    assert WebhookEvent.objects.get(type="message_imported").state == WebhookEvent.State.FAILED


@pytest.mark.fault("F59")
@pytest.mark.django_db(transaction=True)
def test_an_import_that_front_tells_of_before_its_202(
    live_server: Any, settings: Any, worker: Worker
) -> None:
    app = settings.FRONT_CHANNEL_APPS["default"]
    sandbox = Sandbox(
        app_uid=app["APP_UID"], app_secret=app["APP_SECRET"], webhook_url=f"{live_server.url}/front/default/"
    )
    sandbox.configure(webhook_before_202=True)
    with serving(sandbox) as url:
        settings.FRONT_CHANNEL_API_URL = url
        new = services.channels.create(name="Support")
        assert sandbox.connect(token=new.token)["error"] is None
        new.channel.refresh_from_db()
        messages = [
            factories.customer_message(new.channel, external_conversation_id=thread)
            for thread in ("thr-1", "thr-1", "thr-2")
        ]
        worker.run_until_quiet()

        for message in messages:
            message.refresh_from_db()
        kinds = [(entry["kind"], entry["status"]) for entry in sandbox.journal.since(1)]
    assert kinds == [("api", 202), ("webhook", 200)] * 3
    assert [message.state for message in messages] == [Message.State.IMPORTED] * 3
    assert all(message.message_uid and message.front_id for message in messages)
    assert Conversation.objects.count() == 2
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {"done"}
