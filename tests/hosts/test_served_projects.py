"""The story of a message, in demanding hosts, under the servers that people use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.hosts.serving import SECONDS, Site, copied, gunicorn, prepare, running, uwsgi
from tests.processes import until

pytestmark = [pytest.mark.fault("guest"), pytest.mark.once]
# uWSGI cannot be built for Python 3.15 yet.
SERVERS = (gunicorn, uwsgi) if sys.version_info < (3, 15) else (gunicorn,)
PROJECTS = ("apps_tuple", "catch_all", "no_admin", "plain", "sub_path", "tenants", "tracker", "walls")
BIG = 12 * 1024 * 1024


@pytest.fixture(scope="module")
def prepared(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(folder)
    return folder


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.__name__)
@pytest.mark.parametrize("project", PROJECTS)
def test_a_question_and_its_answer_arrive(
    project: str, server: Callable[[int], list[str]], prepared: Path, tmp_path: Path
) -> None:
    prefix = "/shop" if project == "sub_path" else ""
    with running(project, server, copied(prepared, tmp_path), prefix) as site:
        assert site.front.connect(token=site.token)["error"] is None
        site.customer_writes("sms-1")
        until(lambda: site.states() == ["imported"])
        assert reply(site, "Yes, this morning.") is None
        until(lambda: site.states() == ["imported", "delivered"])
        refused_before_its_body_is_read(site)


def test_an_error_trackers_event_holds_no_message(prepared: Path, tmp_path: Path) -> None:
    """With the filter that the docs show. Without it, the event has the body, the signature and the URL's key."""
    with running("tracker", gunicorn, copied(prepared, tmp_path)) as site:
        assert site.front.connect(token=site.token)["error"] is None
        site.customer_writes("sms-1")
        until(lambda: site.states() == ["imported"])
        assert reply(site, "Meet the private story") is not None

        events = (tmp_path / "events").read_text()
        (webhook,) = {
            each.url for _number, each in site.front.company.webhooks._sent if each.method == "POST"
        } - {f"{site.url}/front/default/"}
    assert "a bug of the host" in events
    private = ("Meet the private story", "X-Front-Signature", webhook)
    assert [text for text in private if text.lower() in events.lower()] == []


def reply(site: Site, text: str) -> str | None:
    """A teammate replies to the customer. Returns what the teammate reads if it is refused."""
    (conversation,) = site.front.state.conversations.values()
    refusal: str | None = site.front.reply(conversation_id=conversation.id, text=text)["error"]
    return refusal


def refused_before_its_body_is_read(site: Site) -> None:
    """However large the body of a refused request is, a client that sends all of it first gets the answer."""
    assert status_of("PUT", site) == 405
    assert status_of("POST", site) == 413


def status_of(method: str, site: Site) -> int:
    """The status of a large request. Unlike ``requests``, this client does not forgive a broken pipe."""
    url = urlsplit(site.url)
    connection = HTTPConnection(url.netloc, timeout=SECONDS)
    with closing(connection):
        connection.request(method, f"{url.path}/front/default/", body=b"x" * BIG)
        return connection.getresponse().status
