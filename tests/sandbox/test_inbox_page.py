"""The responses that serve the inbox page. The browser tests show what the page does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from django_front_channel.sandbox import inbox_page

from .conftest import Caller, form, inbound

PAGE = Path(inbox_page.__file__).parent / "assets"
PICTURE = b"\x89PNG\r\n\x1a\n"


def test_the_page_runs_only_what_comes_with_it(call: Caller) -> None:
    answer = call("GET", "/", authorization="")
    policy = answer.headers["Content-Security-Policy"]
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_all_that_the_page_names_is_there(call: Caller) -> None:
    text = "".join(part.read_text() for part in sorted(PAGE.iterdir()))
    named = {*re.findall(r'(?:href|src)="(/_inbox/[^"]+)"', text)}
    named |= {f"/_inbox/{name}" for name in re.findall(r'(?:from|import) "\./([\w.]+)"', text)}
    assert {f"/_inbox/{part.name}" for part in PAGE.iterdir()} - {"/_inbox/page.html"} == named
    assert {call("GET", name).status for name in named} == {200}
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "innerHTML" not in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_inbox/nothing.js", 404),
        ("GET", "/_inbox/..%2F__init__.py", 404),
        ("GET", "/_inbox/../__init__.py", 404),
        ("GET", "/_inbox", 404),
        ("GET", "/_inbox/files/fil_1", 404),
        ("POST", "/", 405),
    ],
)
def test_nothing_else_is_served(call: Caller, method: str, path: str, status: int) -> None:
    assert call(method, path).status == status


def test_what_has_not_changed_is_not_sent_again(call: Caller) -> None:
    for path in ("/", "/_inbox/page.js", "/_sandbox/state", "/_sandbox/journal"):
        first = call("GET", path)
        again = call("GET", path, HTTP_IF_NONE_MATCH=first.headers["ETag"])
        assert (again.status, again.body) == (304, b"")
    before = call("GET", "/_sandbox/state").headers["ETag"]
    call.sandbox.connect(token="t")
    assert call("GET", "/_sandbox/state", HTTP_IF_NONE_MATCH=before).status == 200


def test_pictures_are_shown_and_all_else_is_only_kept(call: Caller) -> None:
    message = {"sender[handle]": "h", "body": "x", "metadata[external_id]": "1"}
    message["metadata[external_conversation_id]"] = "t"
    files = [
        ("attachments[0]", "a b.png", "image/png", PICTURE),
        ("attachments[1]", "page.html", "text/html", b"<script>alert(1)</script>"),
        ("attachments[2]", "drawing.svg", "image/svg+xml", b"<svg/>"),
    ]
    assert call("POST", "/channels/cha_1/inbound_messages", **form(message, *files)).status == 202
    call.sandbox.run_until_quiet()
    [said] = call.sandbox.snapshot()["conversations"][0]["messages"]
    picture, page, drawing = (call("GET", f"/_inbox/files/{each['id']}") for each in said["attachments"])
    assert (picture.headers["Content-Type"], picture.body) == ("image/png", PICTURE)
    assert picture.headers["Content-Disposition"] == "inline; filename*=UTF-8''a%20b.png"
    for each in (page, drawing):
        assert each.headers["Content-Type"] == "application/octet-stream"
        assert each.headers["Content-Disposition"].startswith("attachment; ")
    assert {each.headers["X-Content-Type-Options"] for each in (picture, page, drawing)} == {"nosniff"}
    assert {each.headers["Content-Security-Policy"] for each in (picture, page, drawing)} == {
        "default-src 'none'; sandbox"
    }


def test_the_files_of_comments_are_served_too(call: Caller, conversation: str) -> None:
    path = f"/conversations/{conversation}/comments"
    body = form({"body": "See"}, ("attachments[]", "note.txt", "text/plain", b"words"))
    call("POST", path, **body)
    [comment] = call.sandbox.snapshot()["conversations"][0]["comments"]
    assert call("GET", f"/_inbox/files/{comment['attachments'][0]['id']}").body == b"words"


def test_the_journal_can_be_cut_to_the_newest(call: Caller) -> None:
    for number in range(4):
        call("POST", "/channels/cha_1/inbound_messages", inbound(f"m-{number}"))
    newest = call.sandbox.journal.since(0)[-1]["number"]
    [entry] = call("GET", "/_sandbox/journal?last=1").json["entries"]
    assert entry["number"] == newest
    assert call("GET", "/_sandbox/journal?last=0").json["entries"] == []
    assert call("GET", f"/_sandbox/journal?since={'9' * 5000}").status == 400
