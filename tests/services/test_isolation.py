"""A host may choose another isolation level: the message that exists is returned, or an error has a code."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from django_front_channel.core import database
from django_front_channel.exceptions import ExternalIdConflict, SnapshotTooOld
from django_front_channel.models import Channel, Conversation, Message
from django_front_channel.testing import factories
from tests.front import tell

pytestmark = [
    pytest.mark.servers,
    pytest.mark.fault("isolation"),
    pytest.mark.fault("F121"),
    pytest.mark.django_db(transaction=True),
]
LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """What the host has chosen for its connection."""
    statements = {
        "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {}",
        "mysql": "SET SESSION TRANSACTION ISOLATION LEVEL {}",
    }
    with connection.cursor() as cursor:
        cursor.execute(statements[connection.vendor].format(request.param))
    yield request.param
    connection.close()


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Any]]:
    """Does something in another thread, with a connection of its own, and waits for it."""

    def work(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        yield lambda *arguments, **keywords: pool.submit(work, *arguments, **keywords).result(60)


@pytest.fixture
def channel(transactional_db: None) -> Channel:
    return factories.connected_channel()


def tell_late(channel: Channel, elsewhere: Callable[..., Any], text: str = "Hello") -> Message:
    """Another process is faster, after this transaction has taken its snapshot."""
    with transaction.atomic():
        # Takes the snapshot, and on MariaDB's strictest level locks no row that the other one needs.
        assert not Conversation.objects.exists()
        elsewhere(tell, channel, "sms-1", text=text)
        return tell(channel, "sms-1", text="Hello")


def test_a_repeat_of_what_was_committed_meanwhile(
    channel: Channel, elsewhere: Callable[..., Any], level: str
) -> None:
    found = None
    with suppress(SnapshotTooOld):
        found = tell_late(channel, elsewhere)
    stored = Message.objects.get()
    assert found == stored or (found is None and level != "READ COMMITTED")
    # As the error asks: the second time it is there.
    with transaction.atomic():
        assert tell(channel, "sms-1", text="Hello") == stored


def test_other_content_that_was_committed_meanwhile(
    channel: Channel, elsewhere: Callable[..., Any], level: str
) -> None:
    with pytest.raises((ExternalIdConflict, SnapshotTooOld)):
        tell_late(channel, elsewhere, "Another text")
    assert Message.objects.get().text == "Another text"


@database.hidden_conflicts_told()
def conflict() -> None:
    raise IntegrityError("DETAIL: Key (external_id)=(secret) already exists.")


def test_the_error_has_a_code_and_quotes_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "isolation_level", lambda: "repeatable read")
    with pytest.raises(SnapshotTooOld) as raised:
        conflict()
    assert raised.value.code == "snapshot_too_old"
    assert "secret" not in "".join(traceback.format_exception(raised.value))
