"""What a webhook costs the database, besides beginning and ending transactions."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_front_channel.models import Channel
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from tests.webhooks.listening import listening
from tests.webhooks.times import now_in_ms

pytestmark = pytest.mark.django_db

CONTROL = re.compile(
    r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT|START TRANSACTION)\b", re.IGNORECASE
)
THREADS = ["thr-1", "thr-2"]


@contextmanager
def at_most(most: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    statements = [query["sql"] for query in captured if not CONTROL.match(query["sql"])]
    assert 0 < len(statements) <= most, "\n".join(statements)


@pytest.fixture(params=[True, False], ids=["heard", "unheard"])
def heard(request: pytest.FixtureRequest, channel: Channel) -> Iterator[None]:
    """With and without a receiver in the host."""
    with listening(*(["message_imported", "teammate_message_received"] if request.param else [])):
        yield


@pytest.mark.usefixtures("heard")
def test_an_import_into_a_known_conversation(channel: Channel, front: FrontWebhookClient) -> None:
    for thread in THREADS:
        factories.imported_message(channel, external_conversation_id=thread)
    message = factories.customer_message(channel)
    with at_most(7):
        front.message_imported(channel, message, external_conversation_ids=THREADS)
    message.refresh_from_db()
    assert message.state == "imported"


@pytest.mark.usefixtures("heard")
def test_an_import_into_a_new_conversation(channel: Channel, front: FrontWebhookClient) -> None:
    message = factories.customer_message(channel)
    with at_most(10):
        front.message_imported(channel, message, external_conversation_ids=THREADS)
    message.refresh_from_db()
    assert message.state == "imported"


@pytest.mark.usefixtures("heard")
def test_a_repeated_import(channel: Channel, front: FrontWebhookClient) -> None:
    body = bodies.message_imported(external_id="a", external_conversation_ids=THREADS)
    stamp = now_in_ms()
    front.post(channel, body, timestamp=stamp)
    for again in (stamp, stamp + 1):
        with at_most(2):
            assert front.post(channel, body, timestamp=again).status_code == 200


@pytest.mark.usefixtures("heard")
def test_a_message_of_the_team(channel: Channel, front: FrontWebhookClient) -> None:
    factories.teammate_message(channel, external_conversation_ids=THREADS)
    with at_most(10):
        assert front.message(channel, external_conversation_ids=THREADS).status_code == 200


@pytest.mark.fault("F37")
@pytest.mark.usefixtures("heard")
def test_many_recipients_and_files_cost_no_more(channel: Channel, front: FrontWebhookClient) -> None:
    factories.teammate_message(channel, external_conversation_ids=THREADS)
    files = [{"id": f"fil_{number}", "filename": "a.png"} for number in range(50)]
    with at_most(10):
        response = front.message(
            channel,
            to=[str(number) for number in range(99)],
            attachments=files,
            external_conversation_ids=THREADS,
        )
    assert response.status_code == 200
