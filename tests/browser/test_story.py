"""Customers at the shop's pages and a teammate at the inbox page, as the demo shows them."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from .conftest import Demo, Visit

pytestmark = pytest.mark.outside

PHONE = "+351910000001"


def picture() -> bytes:
    """A PNG of a parcel's label: 240 by 150 points in a few colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = []
    for y in range(150):
        stripes = [28, 89, 201] if 18 < y < 46 else [40, 40, 48]
        white = [250, 250, 247]
        row = [
            stripes
            if 20 < x < 220 and (18 < y < 46 or (y > 70 and (x * 7 // 9) % 5 < 2 and y < 130))
            else white
            for x in range(240)
        ]
        rows.append(b"\0" + bytes(value for point in row for value in point))
    head = struct.pack(">IIBBBBB", 240, 150, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


LABEL: FilePayload = {"name": "label.png", "mimeType": "image/png", "buffer": picture()}


def new_customer(visit: Visit, demo: Demo, name: str, **size: int) -> Page:
    page = visit(demo.shop, **size)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Start a chat").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return page


def write(page: Page, text: str) -> Locator:
    """Write in the chat, or on the phone. Returns the line."""
    page.get_by_role("textbox").fill(text)
    page.get_by_role("button", name="Send").click()
    line = page.get_by_role("log").get_by_role("listitem").filter(has_text=text)
    expect(line).to_be_visible()
    return line


def open_conversation(team: Page, name: str) -> None:
    team.get_by_role("navigation", name="Conversations").get_by_role("link", name=name).click()
    expect(team.get_by_role("heading", name=name)).to_be_visible()


def messages(team: Page) -> Locator:
    return team.get_by_role("region", name="Messages")


def test_a_question_is_answered_with_a_picture(
    demo: Demo, visit: Visit, keep: Callable[[Page, str], None]
) -> None:
    customer = new_customer(visit, demo, "The mason", width=520, height=800)
    asked = write(customer, "Could you send me the label again?")
    expect(asked).to_have_attribute("data-state", "imported")

    team = visit(demo.inbox)
    open_conversation(team, "The mason")
    expect(messages(team)).to_contain_text("Could you send me the label again?")
    team.get_by_label("Attach files").set_input_files([LABEL])
    team.get_by_role("textbox", name="Message").fill("Of course, here it is.")
    team.get_by_role("button", name="Send reply").click()
    expect(messages(team).get_by_role("img", name="label.png")).to_be_visible()

    answer = customer.get_by_role("log").get_by_role("listitem").filter(has_text="Of course, here it is.")
    expect(answer).to_have_attribute("data-state", "delivered")
    shown = answer.get_by_role("img", name="label.png")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 240)
    expect(team.get_by_role("status").filter(has_text="Message sent")).to_be_hidden()
    keep(customer, "chat")
    keep(team, "inbox")
    keep(visit(demo.shop, height=900), "start")


def test_a_customers_picture_is_shown_to_the_team(demo: Demo, visit: Visit) -> None:
    customer = new_customer(visit, demo, "The painter")
    customer.get_by_label("A file with it").set_input_files([LABEL])
    write(customer, "Is this the right colour?")

    team = visit(demo.inbox)
    open_conversation(team, "The painter")
    shown = messages(team).get_by_role("img", name="label.png")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 240)


def test_the_ticks_tell_how_far_a_message_is(demo: Demo, visit: Visit) -> None:
    customer = new_customer(visit, demo, "The weaver")
    demo.control("configure", imports=False)
    line = write(customer, "Are you there?")
    expect(line).to_have_attribute("data-state", "accepted")
    demo.control("configure", imports=True)
    demo.control("run_until_quiet")
    expect(line).to_have_attribute("data-state", "imported")
    expect(line).to_contain_text(re.compile(r"In Front as msg_\w+, conversation cnv_\w+"))


def test_two_conversations_become_one(demo: Demo, visit: Visit) -> None:
    first, second = (new_customer(visit, demo, name) for name in ("The fisher", "The fisher's wife"))
    expect(write(first, "We moved house.")).to_have_attribute("data-state", "imported")
    expect(write(second, "To Harbour Street 2.")).to_have_attribute("data-state", "imported")

    team = visit(demo.inbox)
    team.get_by_role("link", name=re.compile("To Harbour Street 2")).click()
    team.locator("summary", has_text="More").click()
    team.get_by_role("button", name="Merge…").click()
    dialog = team.get_by_role("dialog")
    dialog.get_by_text(re.compile(r"^The fisher\b(?!')")).click()
    dialog.get_by_role("button", name="Merge").click()

    for text in ("We moved house.", "To Harbour Street 2."):
        expect(messages(team)).to_contain_text(text)
    write(first, "Thank you both.")
    write(second, "And good night.")
    for text in ("Thank you both.", "And good night."):
        expect(messages(team)).to_contain_text(text)


def test_a_failed_delivery_shows_its_reason(demo: Demo, visit: Visit) -> None:
    phone = visit(f"{demo.shop}/phone/{quote(PHONE)}/", width=520)
    phone.get_by_role("button", name="switch off").click()
    expect(phone.get_by_role("button", name="switch on")).to_be_visible()

    team = visit(demo.inbox)
    team.get_by_role("button", name="New message").click()
    dialog = team.get_by_role("dialog", name="New message")
    dialog.get_by_label("Channel").select_option(label="Shop SMS")
    dialog.get_by_label("To").fill(PHONE)
    dialog.get_by_label("Text").fill("Your parcel is at the harbour.")
    dialog.get_by_role("button", name="Send").click()

    expect(messages(team)).to_contain_text("Not delivered. The phone is switched off.")
    lost = phone.get_by_role("log").get_by_role("listitem").filter(has_text="Your parcel is at the harbour.")
    expect(lost).to_have_attribute("data-state", "undelivered")
    expect(lost).to_contain_text("The phone was switched off.")
    phone.get_by_role("button", name="switch on").click()


def test_what_front_refuses_shows_its_reason(demo: Demo, visit: Visit) -> None:
    customer = new_customer(visit, demo, "The miller")
    refusal = '{"_error": {"status": 400, "title": "Bad request", "message": "No such thing today."}}'
    demo.control("fail_next", status=400, body=refusal)
    line = write(customer, "Do you take flour?")

    expect(line).to_have_attribute("data-state", "failed")
    expect(line).to_contain_text("No such thing today.")
    wire = visit(demo.inbox).get_by_role("complementary", name="Developer tools")
    expect(wire.get_by_role("listitem").filter(has_text="400").first).to_be_visible()


def test_after_stop_the_team_reads_why_nothing_is_sent(demo: Demo, visit: Visit) -> None:
    phone = visit(f"{demo.shop}/phone/{quote('+351910000002')}/")
    write(phone, "STOP")

    team = visit(demo.inbox)
    open_conversation(team, "The potter")
    team.get_by_role("textbox", name="Message").fill("A last word?")
    team.get_by_role("button", name="Send reply").click()
    expect(messages(team)).to_contain_text("The customer has opted out")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    expect(target).to_be_visible()
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")


def test_everything_can_be_done_with_the_keyboard(demo: Demo, visit: Visit) -> None:
    customer = visit(demo.shop)
    tab_to(customer, customer.get_by_label("Your name"))
    customer.keyboard.type("The clerk")
    customer.keyboard.press("Enter")
    expect(customer.get_by_label("Your message")).to_be_focused()
    customer.wait_for_load_state()  # the script that lets Enter send has run
    customer.keyboard.type("Nothing but keys here.")
    customer.keyboard.press("Enter")

    team = visit(demo.inbox)
    tab_to(team, team.get_by_role("link", name="The clerk"))
    team.keyboard.press("Enter")
    expect(team.get_by_role("heading", name="The clerk")).to_be_visible()
    tab_to(team, team.get_by_label("Assign to"))
    team.keyboard.press("ArrowDown")
    expect(messages(team)).to_contain_text("assigned this to")
    tab_to(team, team.get_by_role("textbox", name="Message"))
    team.keyboard.type("Nor here.")
    team.keyboard.press("Control+Enter")
    expect(customer.get_by_role("log")).to_contain_text("Nor here.")
    tab_to(team, team.get_by_role("button", name="Archive"))
    team.keyboard.press("Enter")
    expect(team.get_by_role("button", name="Reopen")).to_be_visible()
