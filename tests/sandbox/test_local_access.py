"""Only this machine's own pages and tools control the sandbox: no web page, and no name that leads here by DNS."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import requests

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.local_access import LocalAccess
from django_front_channel.sandbox.server import serving

from .conftest import APP_SECRET, APP_UID, Caller

pytestmark = pytest.mark.fault("local-server")
VERB = "/_sandbox/run_due"
LOCAL = ["localhost", "localhost:8090", "127.0.0.1:8090", "127.7.7.7", "[::1]:8090", "LOCALHOST"]
FOREIGN = [
    "evil.example",
    "evil.example:8090",
    "localhost.evil.example",
    "192.0.2.1",
    "127.0.0.1.evil.example",
    "[",
]
PAGES = ["/", "/_inbox/page.js", "/_inbox/files/fil_1", "/_sandbox/", "/_sandbox/state"]


@pytest.mark.parametrize("host", LOCAL)
def test_this_machine_controls(call: Caller, host: str) -> None:
    assert call("POST", VERB, {}, HTTP_HOST=host).status == 200
    assert call("GET", "/", HTTP_HOST=host).status == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name_neither_controls_nor_reads(call: Caller, host: str) -> None:
    refused = call("POST", VERB, {}, HTTP_HOST=host)

    assert refused.status == 403
    assert "--host" in refused.json["error"]
    assert {call("GET", path, HTTP_HOST=host).status for path in PAGES} == {403}


def test_the_api_has_any_name(call: Caller) -> None:
    """Its tokens protect it, and a site in a container reaches it by the name of another container."""
    assert call("GET", "/messages/none", HTTP_HOST="sandbox:8090").status == 404


@pytest.mark.parametrize(
    ("listens_on", "host", "is_allowed"),
    [
        ("front.test", "front.test:8090", True),
        ("front.test", "Front.Test", True),
        ("front.test", "localhost", True),
        ("front.test", "other.test", False),
        ("192.0.2.7", "192.0.2.7:80", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("0.0.0.0", "192.0.2.8", True),
        ("::", "[2001:db8::1]:80", True),
        ("0.0.0.0", "evil.example", False),
    ],
)
def test_the_host_that_the_sandbox_listens_on_is_its_own(
    listens_on: str, host: str, is_allowed: bool
) -> None:
    access = LocalAccess()
    access.listen_on(listens_on)

    assert access.knows_host(host) is is_allowed


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:9999", "http://evil.example", "null"]
)
def test_another_origin_is_refused(call: Caller, origin: str) -> None:
    assert call("POST", VERB, {}, HTTP_HOST="localhost:8090", HTTP_ORIGIN=origin).status == 403
    assert call("GET", "/_sandbox/state", HTTP_HOST="localhost:8090", HTTP_ORIGIN=origin).status == 403


def test_the_inbox_page_is_of_the_same_origin(call: Caller) -> None:
    headers = {"HTTP_HOST": "localhost:8090", "HTTP_ORIGIN": "http://localhost:8090"}

    assert call("POST", VERB, {}, **headers, HTTP_SEC_FETCH_SITE="same-origin").status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_a_browser_says_that_another_site_asks(call: Caller, site: str) -> None:
    assert call("POST", VERB, {}, HTTP_SEC_FETCH_SITE=site).status == 403
    assert call("GET", "/_sandbox/state", HTTP_SEC_FETCH_SITE=site).status == 403
    # A link from anywhere opens the page.
    assert call("GET", "/", HTTP_SEC_FETCH_SITE=site).status == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_every_verb_needs_a_json_content_type(call: Caller, content_type: str) -> None:
    """Any other can be sent by a form of any web page, a body or not."""
    answer = call("POST", VERB, CONTENT_TYPE=content_type)

    assert answer.status == 400
    assert "application/json" in answer.json["error"]


def test_a_path_is_read_for_python_only(call: Caller, conversation: str, tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("secret")
    files = [{"path": str(file)}]
    arguments = {"conversation_id": conversation, "text": "x", "attachments": files}
    composed = {"channel_id": "cha_1", "to": ["h"], "text": "x", "attachments": files}

    for verb, document in (("reply", arguments), ("compose", composed)):
        answer = call("POST", f"/_sandbox/{verb}", document)
        assert answer.status == 400
        assert "path" in answer.json["error"]
    assert b"secret" not in call("GET", "/_sandbox/state").body
    assert call.sandbox.reply(conversation_id=conversation, text="x", attachments=files)["message_id"]


def test_content_in_base64_comes_over_http(call: Caller, conversation: str) -> None:
    file = {"filename": "a.txt", "content": base64.b64encode(b"hello").decode()}
    arguments = {"conversation_id": conversation, "text": "x", "attachments": [file]}

    assert call("POST", "/_sandbox/reply", arguments).status == 200
    with pytest.raises(InvalidArgument):
        call.sandbox.reply(conversation_id=conversation, text="x", attachments=[{"filename": "a.txt"}])


def test_a_server_knows_the_host_that_it_listens_on() -> None:
    front = Sandbox(app_uid=APP_UID, app_secret=APP_SECRET, webhook_url="http://127.0.0.1:9/")
    with serving(front) as address:
        assert requests.get(f"{address}/_sandbox/", timeout=5).status_code == 200
        foreign = requests.get(f"{address}/_sandbox/", headers={"Host": "evil.example"}, timeout=5)
        assert foreign.status_code == 403
