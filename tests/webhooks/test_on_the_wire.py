"""Wrong requests as bytes on a socket of a real server: each gets its documented answer, and leaves no row."""

from __future__ import annotations

import base64
import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from django_front_channel import models
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.testing import bodies, factories, sign
from django_front_channel.webhooks.signature import signature
from tests.webhooks.times import now_in_ms

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "0123456789abcdef0123456789abcdef"
BODY = bodies.message(external_conversation_ids=["thr-1"])
SIGNED = json.dumps(BODY).encode()
LIMIT = 1024 * 1024
NOBODYS = f"/front/default/{'0' * 32}/"
UNVERIFIED = (401, "authentication_required")
BAD = (400, "bad_request")
TOO_LARGE = (413, "bad_request")

Answered = tuple[int, str]
Headers = dict[str, bytes]


class Wire:
    """A client that sends just these bytes."""

    def __init__(self, server: LiveServer, path: str) -> None:
        self.address = (server.thread.host, server.thread.port)
        self.path = path

    def send(self, body: bytes, headers: Headers, *, path: str = "", length: bytes | None = None) -> Answered:
        """Send a POST, with the length of its body unless another is given; ``b""`` gives none."""
        declared = str(len(body)).encode() if length is None else length
        sent = {**headers, "Connection": b"close", **({"Content-Length": declared} if declared else {})}
        lines = [f"POST {path or self.path} HTTP/1.1".encode(), b"Host: localhost"]
        lines += [name.encode() + b": " + value for name, value in sent.items()]
        return self.exchange(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def exchange(self, request: bytes) -> Answered:
        """The status, and the type in the body; empty for an answer that is not ours."""
        answer = b""
        # A server that answers before it has read everything resets the connection once it has answered.
        with socket.create_connection(self.address, timeout=60) as connection, suppress(ConnectionError):
            with suppress(OSError):
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            while received := connection.recv(65536):
                answer += received
        head, _separator, content = answer.partition(b"\r\n\r\n")
        ours = b"application/json" in head
        return int(answer.split(None, 2)[1]), json.loads(content)["type"] if ours else ""


@pytest.fixture
def channel(transactional_db: None) -> Channel:
    return factories.connected_channel(front_id="cha_55c8c")


@pytest.fixture
def wire(live_server: LiveServer, channel: Channel) -> Wire:
    return Wire(live_server, url_of(channel))


def url_of(channel: Channel) -> str:
    return f"/front/default/{channel.webhook_key}/"


def rows() -> dict[str, int]:
    """How many rows each table of ours has."""
    return {model.__name__: model._default_manager.count() for model in models_of_ours()}


def models_of_ours() -> list[Any]:
    return [
        model
        for model in vars(models).values()
        if isinstance(model, type) and hasattr(model, "_default_manager")
    ]


def headers(body: bytes = SIGNED, secret: str = SECRET, *, off: int = 0, **changes: bytes) -> Headers:
    """The headers for a body, signed so many seconds from now; a changed one is named with underscores."""
    signed = sign(body, secret, timestamp=now_in_ms() + off * 1000)
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value.encode() for name, value in signed.items()} | changed


def respelled() -> list[Headers]:
    """The three other spellings of one signature that decode to the same digest."""
    right = headers()
    given = right["X-Front-Signature"].decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    place = alphabet.index(given[-2])
    others = [given[:-2] + alphabet[(place & ~3) + low] + "=" for low in range(4) if low != place % 4]
    assert {base64.b64decode(other) for other in others} == {base64.b64decode(given)}
    return [right | {"X-Front-Signature": other.encode()} for other in others]


@pytest.mark.parametrize("form", ["with a length", "chunked"])
def test_a_right_request_is_accepted(wire: Wire, form: str) -> None:
    """The control of this module. Without a length, a WSGI application sees no body."""
    if form == "with a length":
        assert wire.send(SIGNED, headers()) == (200, "success")
        assert WebhookEvent.objects.filter(type="message").count() == 1
    else:
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SIGNED), SIGNED)
        chunked = headers(Transfer_Encoding=b"chunked")
        assert wire.send(chunks, chunked, length=b"") == UNVERIFIED


@pytest.mark.fault("F3")
@pytest.mark.fault("F4")
@pytest.mark.fault("F5")
@pytest.mark.fault("F10")
@pytest.mark.fault("F12")
def test_headers_that_prove_nothing(wire: Wire) -> None:
    right = headers()
    given, stamp = right["X-Front-Signature"], right["X-Front-Request-Timestamp"].decode()
    shifted = signature(SECRET, f"{stamp}:1", SIGNED).encode()
    wrong: dict[str, Headers] = {
        "no headers": {},
        "no signature": {"X-Front-Request-Timestamp": stamp.encode()},
        "no timestamp": {"X-Front-Signature": given},
        "another body's": headers(b"another body"),
        "another secret's": headers(secret="another secret"),
        "empty": headers(X_Front_Signature=b""),
        "not ASCII": headers(X_Front_Signature=bytes(range(0x80, 0x100))),
        "NUL": headers(X_Front_Signature=given + b"\0"),
        "not base64": headers(X_Front_Signature=b"=" * 44),
        "shorter": headers(X_Front_Signature=given[:-1]),
        "longer": headers(X_Front_Signature=given * 2),
        "long": headers(X_Front_Signature=b"A" * 60_000),
        "hexadecimal": headers(X_Front_Signature=base64.b64decode(given).hex().encode()),
        "two in one": headers(X_Front_Signature=given + b"," + given),
        "repeated": right | {"x-front-signature": given},
        "beside a wrong one": right | {"x-front-signature": b"wrong"},
        "with underscores": {
            "X_Front_Signature": given,
            "X_Front_Request_Timestamp": stamp.encode(),
        },
        "too old": headers(off=-310),
        "too new": headers(off=310),
        "timestamp not ASCII": headers(X_Front_Request_Timestamp="１７６４００００００".encode()),  # noqa: RUF001
        "timestamp with a colon": {
            "X-Front-Signature": shifted,
            "X-Front-Request-Timestamp": f"{stamp}:1".encode(),
        },
    } | {f"respelled {number}": other for number, other in enumerate(respelled())}
    before = rows()

    answers = {name: wire.send(SIGNED, sent) for name, sent in wrong.items()}

    assert answers == dict.fromkeys(wrong, UNVERIFIED)
    assert rows() == before


@pytest.mark.fault("F9")
def test_a_clock_that_is_off_is_told_in_the_log(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    assert wire.send(SIGNED, headers(off=-400)) == UNVERIFIED
    assert "signature_out_of_time" in caplog.text
    caplog.clear()
    assert wire.send(SIGNED, headers(secret="another", off=-400)) == UNVERIFIED
    assert "signature_wrong" in caplog.text


@pytest.mark.fault("F17")
def test_debugging_opens_no_back_door(wire: Wire, settings: Any) -> None:
    settings.DEBUG = True
    settings.SECRET_KEY = "known to all"
    doors: list[Headers] = [{}, headers(secret=settings.SECRET_KEY), headers(secret="")]
    doors += [{"X-Front-Secret": SECRET.encode()}, {"Authorization": f"Bearer {SECRET}".encode()}]
    before = rows()

    assert [wire.send(SIGNED, door) for door in doors] == [UNVERIFIED] * len(doors)
    assert rows() == before


def test_a_clock_within_the_tolerance_is_accepted(wire: Wire) -> None:
    assert [wire.send(SIGNED, headers(off=off)) for off in (-290, 290)] == [(200, "success")] * 2


@pytest.mark.fault("F21")
@pytest.mark.fault("F22")
@pytest.mark.fault("F23")
@pytest.mark.fault("F24")
@pytest.mark.fault("F25")
@pytest.mark.fault("F55")
def test_bodies_that_are_signed_and_wrong(wire: Wire) -> None:
    inside = '{{"type":"message","payload":{{"id":"msg_1","text":"Hi","x":{}}}}}'.format
    wrong: dict[str, bytes] = {
        "empty": b"",
        "not UTF-8": inside('"\xff"').encode("latin-1"),
        "CESU-8": b'{"type":"message","payload":{"text":"\xed\xa0\xbd\xed\xb8\x80"}}',
        "UTF-16": json.dumps(BODY).encode("utf-16"),
        "UTF-16 without its mark": json.dumps(BODY).encode("utf-16-le"),
        "UTF-32": json.dumps(BODY).encode("utf-32"),
        "a byte order mark": b"\xef\xbb\xbf" + SIGNED,
        "NaN": inside("NaN").encode(),
        "Infinity": inside("-Infinity").encode(),
        "a key twice": b'{"type":"delete","type":"message","payload":{"text":"Hi"}}',
        "a key twice, below": inside('{"a":1,"\\u0061":2}').encode(),
        "nested 1,000 deep": inside("[" * 1000 + "]" * 1000).encode(),
        "nested 100,000 deep": inside("[" * 100_000 + "]" * 100_000).encode(),
        "a raw NUL": inside('"\0"').encode(),
        "a NUL in the type": b'{"type":"message\\u0000","payload":{"text":"Hi"}}',
        "a surrogate in the type": b'{"type":"message\\ud83d","payload":{"text":"Hi"}}',
        "a list": b"[]",
        "no type": b'{"payload":{}}',
        "cut": SIGNED[:-1],
        "two": SIGNED + SIGNED,
        "undefined": b"undefined",
        "a form": b"type=message&text=Hi",
    }
    before = rows()

    answers = {name: wire.send(body, headers(body)) for name, body in wrong.items()}

    assert answers == dict.fromkeys(wrong, BAD)
    assert rows() == before


@pytest.mark.fault("F19")
@pytest.mark.fault("F20")
def test_lengths(wire: Wire, settings: Any) -> None:
    large = SIGNED + b" " * (LIMIT + 1 - len(SIGNED))
    spellings = [b"x", b"-1", b"+5", b"1_0", b"1e3", b"0x10", b"5, 5", "５".encode(), b"9" * 5000]  # noqa: RUF001
    before = rows()

    assert [wire.send(SIGNED, headers(), length=length) for length in spellings] == [BAD] * len(spellings)
    assert wire.send(large, headers(large)) == TOO_LARGE
    assert wire.send(b"", headers(), length=b"%d" % (LIMIT + 1)) == TOO_LARGE, "before it is read"
    assert wire.send(large, headers(large), length=b"") == UNVERIFIED, "no body is read"
    assert wire.send(SIGNED, headers(), length=b"10") == UNVERIFIED, "another body is read"
    assert wire.send(SIGNED[:-9], headers(), length=b"%d" % len(SIGNED)) == UNVERIFIED, "Front has gone"
    settings.FRONT_CHANNEL_WEBHOOK_MAX_BYTES = len(SIGNED) - 1
    assert wire.send(SIGNED, headers()) == TOO_LARGE
    assert rows() == before


@pytest.mark.fault("F7")
@pytest.mark.fault("F16")
def test_urls(wire: Wire) -> None:
    other = factories.connected_channel(name="Other")
    once = headers()
    assert wire.send(SIGNED, once) == (200, "success")
    before = rows()

    answers = {
        "unknown channel": wire.send(SIGNED, headers(), path=NOBODYS),
        "unknown channel, unsigned": wire.send(SIGNED, {}, path=NOBODYS),
        "unknown app": wire.send(SIGNED, headers(), path="/front/unknown/"),
        "another channel's request": wire.send(SIGNED, once, path=url_of(other)),
        "the app's": wire.send(SIGNED, headers(), path="/front/default/"),
        "with a query": wire.send(SIGNED, {}, path=url_of(other) + "?secret=" + SECRET),
    }

    assert answers == {
        "unknown channel": (404, "not_found"),
        "unknown channel, unsigned": UNVERIFIED,
        "unknown app": UNVERIFIED,
        "another channel's request": UNVERIFIED,
        "the app's": BAD,
        "with a query": UNVERIFIED,
    }
    assert rows() == before


@pytest.mark.fault("F26")
@pytest.mark.fault("F27")
def test_text_that_no_database_stores_as_it_is(wire: Wire, channel: Channel) -> None:
    """NUL and half of a pair are text that somebody wrote: it is accepted without them."""
    body = b'{"type":"message","payload":{"id":"msg_1","text":"a\\u0000b\\ud83dc"}}'
    assert wire.send(body, headers(body)) == (200, "success")
    assert channel.messages.get().text == "ab\ufffdc"
