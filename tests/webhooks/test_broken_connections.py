"""The database server ends connections before, during and after webhooks: no fact is lost, no reply refused."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from django_front_channel import services
from django_front_channel.models import Attachment, Channel, Message, OutboxEntry, WebhookEvent
from django_front_channel.testing import bodies, factories, sign
from django_front_channel.testing.webhook_client import encode
from tests.hosts.serving import free_port
from tests.processes import Process
from tests.webhooks import served

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]

SECRET = "0123456789abcdef0123456789abcdef"
# Five sites, so more than 200 on each database. For more on each site, set it.
KILLS = int(os.environ.get("FRONT_CHANNEL_TEST_KILLS", "50"))
NO_STATEMENT = ("0", "commit")


class Site:
    """The site, and what Front sends to it."""

    def __init__(self, process: Process, channel: Channel) -> None:
        self.process, self.channel = process, channel
        self.url = f"http://127.0.0.1:{int(process.line())}/front/default/{channel.webhook_key}/"
        self.kills = 0

    def send(self, body: dict[str, Any], kill_at: str) -> bool:
        """Send the webhook, and again when it is answered. Returns whether the connection was killed."""
        content = encode(body)
        first = self._post(content, kill_at)
        killed = self.process.line() == "killed\n"
        self.kills += killed
        assert (first.status_code, killed or kill_at not in NO_STATEMENT) == (200, True), first.text
        again = self._post(content, "0")
        self.kills += self.process.line() == "killed\n"
        assert (again.status_code, again.json()) == (200, first.json())
        return killed

    def _post(self, content: bytes, kill_at: str) -> requests.Response:
        headers = {**sign(content, SECRET), "Kill-At": kill_at}
        return requests.post(self.url, content, headers=headers, timeout=60)


def by_wsgiref(age: int | None, checks: bool) -> list[str]:
    return [sys.executable, "-m", served.__name__, str(age), str(checks)]


def by_gunicorn(age: int | None, checks: bool) -> list[str]:
    port = free_port()
    application = f"{served.__name__}:for_gunicorn('{age}', '{checks}', {port})"
    where = ["--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", application, *where]


SITES = {
    "new": (by_wsgiref, 0, False),
    "kept": (by_wsgiref, None, False),
    "kept and checked": (by_wsgiref, None, True),
    "new by gunicorn": (by_gunicorn, 0, False),
    "kept by gunicorn": (by_gunicorn, None, False),
}


@pytest.fixture(params=list(SITES.values()), ids=list(SITES))
def site(request: pytest.FixtureRequest, child_environment: dict[str, str]) -> Iterator[Site]:
    channel = factories.connected_channel(front_id="cha_55c8c")
    command, *kept = request.param
    with Process(command(*kept), env=child_environment) as process:
        yield Site(process, channel)
        process.terminate()  # so that gunicorn ends its worker, too
        process.wait(60)


def moments() -> Iterator[str]:
    """Every moment of a webhook, as long as the site says that there is one more."""
    yield from NO_STATEMENT
    for number in itertools.count(1):
        yield str(number)
        yield f"{number}+"


def imported(channel: Channel, number: int) -> dict[str, Any]:
    message = factories.customer_message(
        channel, external_id=f"in-{number}", external_conversation_id=f"thr-{number}"
    )
    return bodies.message_imported(
        front_id=f"msg_in{number}",
        external_id=message.external_id,
        external_conversation_ids=[message.external_conversation_id],
        conversation_id=f"cnv_{number}",
    )


def replied(channel: Channel, number: int) -> dict[str, Any]:
    return bodies.message(
        front_id=f"msg_out{number}",
        external_conversation_ids=[f"thr-{number}"],
        attachments=[{"id": f"fil_{number}", "filename": "a.png"}],
    )


@pytest.mark.fault("F125")
@pytest.mark.fault("broken-connections")
def test_no_import_is_lost_and_no_reply_refused(site: Site) -> None:
    number = 0
    while site.kills < KILLS:
        for make in (imported, replied):
            for moment in moments():
                number += 1
                if not site.send(make(site.channel, number), moment):
                    break
    arrived = Message.objects.filter(state=Message.State.IMPORTED)
    taken = Message.objects.filter(state=Message.State.RECEIVED)
    assert arrived.count() + taken.count() == Message.objects.count() == number
    assert Attachment.objects.count() == taken.count()
    events = WebhookEvent.objects.exclude(type="authorization")
    assert list(events.values_list("state", flat=True)) == [WebhookEvent.State.PROCESSED] * number
    assert not OutboxEntry.objects.filter(kind=OutboxEntry.Kind.PROCESS).exists(), "nothing is put off"


def test_a_channel_is_connected_and_removed(site: Site) -> None:
    for moment in ("0", "1", "1+", "2", "2+", "commit"):
        new = services.channels.create(name="Support")
        token = {"Authorization": f"Bearer {new.token}"}
        body = encode(bodies.authorization(f"cha_{new.channel.pk}"))
        url = site.url.rpartition("default/")[0] + "default/"
        answer = requests.post(
            url, body, headers={**sign(body, SECRET), **token, "Kill-At": moment}, timeout=60
        )
        assert (answer.status_code, site.process.line()) == (200, "killed\n"), answer.text
        body = encode(bodies.delete(f"cha_{new.channel.pk}"))
        headers = {**sign(body, SECRET), **token, "Kill-At": moment}
        answer = requests.delete(
            json.loads(answer.text)["webhook_url"], data=body, headers=headers, timeout=60
        )
        assert (answer.status_code, site.process.line()) == (200, "killed\n"), answer.text
        new.channel.refresh_from_db()
        assert new.channel.state == Channel.State.DISCONNECTED
