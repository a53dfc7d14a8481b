"""Files: forms that the integration sends, attachments of teammates, downloads."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from django_front_channel.exceptions import InvalidArgument

from .conftest import Caller, Integration, form, import_message, outbound

INBOUND = "/channels/cha_1/inbound_messages"
FIELDS = {
    "sender[handle]": "+33612345678",
    "sender[name]": "Ana",
    "body": "Voilà",
    "delivered_at": "1764000000",
    "metadata[external_id]": "mms-1",
    "metadata[external_conversation_id]": "thr-7",
}
PICTURE = b"\x89PNG\r\n--limi\r\n\x00\xff"


@pytest.mark.parametrize("name", ["attachments", "attachments[]", "attachments[0]"])
def test_a_form_with_files(call: Caller, integration: Integration, name: str) -> None:
    second = name.replace("0", "1")
    accepted = call(
        "POST",
        INBOUND,
        **form(FIELDS, (name, "é.png", "image/png", PICTURE), (second, "n.txt", "text/plain", b"")),
    )
    assert accepted.status == 202, accepted.body
    call.sandbox.run_until_quiet()
    [webhook] = integration.sent
    message = webhook.json["payload"]
    picture, empty = message["attachments"]
    root = f"https://acme.api.frontapp.com/messages/{message['id']}/download/"
    assert picture == {
        "id": picture["id"],
        "url": root + picture["id"],
        "filename": "é.png",
        "content_type": "image/png",
        "size": len(PICTURE),
        "metadata": {"is_inline": False},
    }
    assert (empty["filename"], empty["size"]) == ("n.txt", 0)
    assert (message["created_at"], message["text"]) == (1764000000, "Voilà")
    assert message["recipients"][0]["name"] == "Ana"
    answer = call("GET", urlsplit(picture["url"]).path)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, PICTURE, "image/png")
    assert answer.headers["Content-Length"] == str(len(PICTURE))


def test_arrays_in_a_form(call: Caller) -> None:
    fields = {
        "to[1][handle]": "b",
        "to[0][handle]": "a",
        "body": "x",
        "metadata[external_id]": "out-1",
        "metadata[external_conversation_id]": "thr-7",
    }
    assert call("POST", "/channels/cha_1/outbound_messages", **form(fields)).status == 202
    call.sandbox.run_until_quiet()
    [conversation] = call.sandbox.snapshot()["conversations"]
    assert [each["handle"] for each in conversation["messages"][0]["recipients"]] == ["address-1", "a", "b"]


def test_flags_in_a_form(call: Caller, conversation: str) -> None:
    fields = {"body": "x", "is_pinned": "true"}
    picture = ("attachments[0]", "a.png", "image/png", PICTURE)
    comment = call("POST", f"/conversations/{conversation}/comments", **form(fields, picture)).json
    assert comment["is_pinned"] is True
    assert comment["attachments"][0]["url"].startswith("https://acme.api.frontapp.com/download/fil_")
    reply = {"body": "x", "options[archive]": "false"}
    assert call("POST", f"/conversations/{conversation}/messages", **form(reply, picture)).status == 202
    assert call("GET", f"/conversations/{conversation}").json["status"] == "unassigned"


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"body": ""}, "body.body: must be a non-empty string"),
        ({"delivered_at": "soon"}, "body.delivered_at: must be an integer, in seconds"),
        ({"sender": "x"}, "body: two parts of the form contradict each other"),
        ({"attachments": "x"}, "body.attachments: must be sent as multipart/form-data"),
        ({"a[b][c][d][e][f]": "x"}, "body: a part of the form has no proper name"),
        ({"]": "x"}, "body: a part of the form has no proper name"),
    ],
)
def test_wrong_forms(call: Caller, fields: dict[str, str], detail: str) -> None:
    answer = call("POST", INBOUND, **form({**fields, **{k: v for k, v in FIELDS.items() if k not in fields}}))
    assert (answer.status, answer.json["_error"]["details"]) == (400, [detail])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--limit--\r\n", "multipart/form-data; boundary=limit"),
        (b"--limit\r\nno headers\r\n--limit--\r\n", "multipart/form-data; boundary=limit"),
        (form(FIELDS)["body"][:-10], "multipart/form-data; boundary=limit"),
        (form(FIELDS)["body"], "multipart/form-data"),
        (form(FIELDS)["body"], "multipart/from-data; boundary=limit"),
        (form({"body": "1"})["body"].replace(b"1", b"\xff"), "multipart/form-data; boundary=limit"),
    ],
)
def test_broken_forms(call: Caller, body: bytes, content_type: str) -> None:
    answer = call("POST", INBOUND, body, CONTENT_TYPE=content_type)
    assert answer.status == 400
    assert answer.json["_error"]["details"][0].startswith("body: ")


def test_files_have_a_limit(call: Caller) -> None:
    call.sandbox.assume(name="attachments_limit", value=10)
    halves = [(f"attachments[{n}]", "a", "text/plain", b"12345") for n in (0, 1)]
    assert call("POST", INBOUND, **form(FIELDS, *halves)).status == 202
    third = ("attachments[2]", "a", "text/plain", b"1")
    assert call("POST", INBOUND, **form(FIELDS, *halves, third)).status == 400


def test_a_content_type_that_is_none(call: Caller) -> None:
    call("POST", INBOUND, **form(FIELDS, ("attachments", "a", "image/png\r\n x: y", b"1")))
    call.sandbox.run_until_quiet()
    [conversation] = call.sandbox.snapshot()["conversations"]
    assert conversation["messages"][0]["attachments"][0]["content_type"] == "application/octet-stream"


def test_teammates_attach_files(
    call: Caller, integration: Integration, conversation: str, tmp_path: Path
) -> None:
    file = tmp_path / "label.png"
    file.write_bytes(PICTURE)
    files = [
        {"path": str(file)},
        {"filename": "a", "content": base64.b64encode(b"x").decode(), "content_type": "text/x-a"},
    ]
    call.sandbox.reply(conversation_id=conversation, text="Look", attachments=files)
    call.sandbox.compose(channel_id="cha_1", to=["h"], text="Look", attachments=files[1:])
    reply, composed = (webhook.json["payload"] for webhook in integration.sent)
    assert [(each["filename"], each["content_type"], each["size"]) for each in reply["attachments"]] == [
        ("label.png", "image/png", len(PICTURE)),
        ("a", "text/x-a", 1),
    ]
    assert call("GET", urlsplit(reply["attachments"][0]["url"]).path).body == PICTURE
    assert call("GET", urlsplit(composed["attachments"][0]["url"]).path).body == b"x"
    foreign = f"/messages/{reply['id']}/download/{composed['attachments'][0]['id']}"
    assert call("GET", foreign).status == 404


@pytest.mark.parametrize(
    ("attachment", "sentence"),
    [
        ({}, "either a path, or a filename and content"),
        ({"path": "/nowhere/x", "content": ""}, "either a path"),
        ({"path": "/nowhere/x"}, "cannot be read"),
        ({"filename": "x", "content": "%"}, "cannot be read"),
        ({"filename": "x", "content": "", "content_type": "a\r\nb"}, "is not a content type"),
    ],
)
def test_wrong_attachments(
    call: Caller, conversation: str, attachment: dict[str, str], sentence: str
) -> None:
    before = call.sandbox.snapshot()
    with pytest.raises(InvalidArgument, match=sentence):
        call.sandbox.reply(conversation_id=conversation, text="x", attachments=[attachment])
    assert call.sandbox.snapshot() == before


def test_downloads_by_a_storage(call: Caller, conversation: str) -> None:
    file = {"filename": "a.txt", "content": base64.b64encode(b"x").decode()}
    message_id = call.sandbox.reply(conversation_id=conversation, text="Look", attachments=[file])[
        "message_id"
    ]
    [attachment] = call("GET", f"/messages/{message_id}").json["attachments"]
    call.sandbox.configure(download_redirect=True)
    redirect = call("GET", urlsplit(attachment["url"]).path, HTTP_HOST="127.0.0.1:8090")
    assert (redirect.status, redirect.body) == (302, b"")
    place = urlsplit(redirect.headers["Location"])
    assert (place.scheme, place.netloc) == ("http", "127.0.0.1:8090")
    refused = call("GET", f"{place.path}?{place.query}")
    assert (refused.status, b"Only one auth mechanism" in refused.body) == (400, True)
    without = Caller(call.sandbox, call.clock, shows_token=False)
    answer = without("GET", f"{place.path}?{place.query}")
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"x", "text/plain")
    assert without("GET", f"{place.path}?X-Amz-Signature=0").status == 403
    assert without("GET", f"{place.path}x?{place.query}").status == 403
    assert without("PUT", f"{place.path}?{place.query}").status == 403


def test_outbound_files_are_downloaded_by_uid(call: Caller) -> None:
    document = import_message(call, outbound())
    assert call("GET", f"/messages/alt:uid:{document['message_uid']}/download/fil_none").status == 404
