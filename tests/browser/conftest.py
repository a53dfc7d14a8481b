"""People at their browsers. Whatever a page logs as an error, or asks of a foreign host, fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.demo import address, staying_demo

SECONDS = 60
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

Visit = Callable[..., Page]


@dataclass(frozen=True)
class Demo:
    """Where the pages of the running demo are."""

    shop: str
    inbox: str

    def control(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """What no page offers: a hand on the sandbox."""
        answer = requests.post(f"{self.inbox}/_sandbox/{verb}", json=arguments, timeout=SECONDS)
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    with staying_demo() as (_process, output):
        yield Demo(shop=address(output, "Start here:"), inbox=address(output, "the team's inbox"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "Install Debian's package chromium."
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a page as somebody new, with a browser of their own."""
    contexts, complaints = [], []

    def note_request(request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            complaints.append(f"asked {request.url}")

    def open_page(url: str, *, scheme: Any = "light", width: int = 1280, height: int = 800) -> Page:
        context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        context.set_default_timeout(SECONDS * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", note_request)
        page.on("pageerror", lambda error: complaints.append(f"raised {error}"))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def keep() -> Callable[[Page, str], None]:
    """Keep a picture of the page for the documentation, in the folder that ``SCREENSHOTS`` names."""

    def keep_picture(page: Page, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}.png")

    return keep_picture
