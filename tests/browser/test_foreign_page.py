"""A web page of somebody else, open in a browser on this machine, gets nothing from a running sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving

from .conftest import FLAGS

pytestmark = [pytest.mark.outside, pytest.mark.fault("local-server")]

FOREIGN = "evil.example"
READ = "url => fetch(url).then(answer => answer.text(), () => 'blocked')"
WRITE = """async ([url, mode, type, body]) => {
    try {
        const answer = await fetch(url, {method: "POST", mode, headers: {"Content-Type": type}, body})
        return answer.type === "opaque" ? "opaque" : answer.status
    } catch { return "blocked" }
}"""
WRITES: dict[str, dict[str, Any]] = {"configure": {"imports": False}, "fail_next": {"status": 500}}


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def foreign_site() -> Iterator[str]:
    """An empty page of another origin, for its scripts. Gives the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://{FOREIGN}:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def sandbox() -> Iterator[tuple[Sandbox, str]]:
    front = Sandbox(app_uid="u", app_secret="s" * 32, webhook_url="http://127.0.0.1:9/front/default/")
    with serving(front) as address:
        yield front, address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that takes the foreign name for this machine, as DNS rebinding makes it."""
    rules = f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1"
    own = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, rules])
    yield own.new_page()
    own.close()


@pytest.mark.parametrize("path", ["/", "/_sandbox/", "/_sandbox/state", "/_sandbox/journal"])
def test_a_name_that_leads_to_this_machine_reads_nothing(
    sandbox: tuple[Sandbox, str], page: Page, path: str
) -> None:
    _front, address = sandbox
    rebound = address.replace("127.0.0.1", FOREIGN)

    answer = page.goto(rebound + path)

    assert answer is not None
    assert answer.status == 403
    assert "the host given by --host" in page.content()


def test_a_page_of_another_origin_reads_nothing(
    sandbox: tuple[Sandbox, str], foreign_site: str, page: Page
) -> None:
    _front, address = sandbox
    page.goto(foreign_site)

    assert page.evaluate(READ, f"{address}/_sandbox/state") == "blocked"


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
@pytest.mark.parametrize("type_", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("is_rebound", [True, False])
def test_a_foreign_page_writes_nothing(
    sandbox: tuple[Sandbox, str], foreign_site: str, page: Page, *, mode: str, type_: str, is_rebound: bool
) -> None:
    front, address = sandbox
    before = front.snapshot()
    if is_rebound:
        address = address.replace("127.0.0.1", FOREIGN)
        page.goto(f"{address}/")  # the page is then of the sandbox's own origin, as far as the browser knows
    else:
        page.goto(foreign_site)

    for verb, arguments in WRITES.items():
        attempt = [f"{address}/_sandbox/{verb}", mode, type_, json.dumps(arguments)]
        assert page.evaluate(WRITE, attempt) in ("blocked", "opaque", 403)
    assert front.snapshot() == before


def test_the_same_writes_work_for_a_tool_of_this_machine(sandbox: tuple[Sandbox, str]) -> None:
    """Without this, the tests above could try something that never changes anything."""
    front, address = sandbox
    for verb, arguments in WRITES.items():
        before = front.snapshot()

        requests.post(f"{address}/_sandbox/{verb}", json=arguments, timeout=60).raise_for_status()
        assert front.snapshot() != before
