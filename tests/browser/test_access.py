"""Each page is open to everybody: axe finds no violation, in light and dark, wide and narrow."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import Demo, Visit
from .test_story import PHONE

pytestmark = pytest.mark.outside


def complaints(page: Page) -> list[str]:
    """What axe finds, one line for each element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_shops_pages(demo: Demo, visit: Visit, *, scheme: str, width: int) -> None:
    start = visit(demo.shop, scheme=scheme, width=width)
    assert complaints(start) == []

    start.get_by_role("link", name="The baker").click()
    expect(start.get_by_role("log")).to_contain_text("Has my parcel left yet?")
    assert complaints(start) == []

    phone = visit(f"{demo.shop}/phone/{quote(PHONE)}/", scheme=scheme, width=width)
    assert complaints(phone) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_inbox(demo: Demo, visit: Visit, *, scheme: str, width: int) -> None:
    inbox = visit(demo.inbox, scheme=scheme, width=width)
    baker = inbox.get_by_role("link", name="The baker")
    expect(baker).to_be_visible()
    assert complaints(inbox) == []

    inbox.get_by_role("button", name="New message").click()
    expect(inbox.get_by_role("dialog", name="New message")).to_be_visible()
    assert complaints(inbox) == []
    inbox.keyboard.press("Escape")

    baker.click()
    expect(inbox.get_by_role("region", name="Messages")).to_contain_text("Has my parcel left yet?")
    assert complaints(inbox) == []


def test_on_a_phone_the_answer_is_written_at_the_foot(demo: Demo, visit: Visit) -> None:
    inbox = visit(demo.inbox, width=390, height=800)
    inbox.get_by_role("link", name="The baker").click()
    expect(inbox.get_by_role("region", name="Messages")).to_contain_text("Has my parcel left yet?")
    inbox.wait_for_function("() => innerHeight - document.forms.composer.getBoundingClientRect().bottom < 20")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["Wire", "Faults", "Channels"])
def test_the_developer_tools(demo: Demo, visit: Visit, *, scheme: str, tab: str) -> None:
    inbox = visit(demo.inbox, scheme=scheme)
    inbox.get_by_role("tab", name=tab).click()
    expect(inbox.get_by_role("tabpanel", name=tab)).to_be_visible()
    assert complaints(inbox) == []
