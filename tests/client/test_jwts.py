from __future__ import annotations

import jwt
import pytest

from django_front_channel.client.transport import Signer
from django_front_channel.secret import Secret

from .conftest import ACCEPTED, INBOUND, SECRET

EXAMPLE = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJhMWIyYzNkNGU1ZjYwNzE4IiwianRpIjoiN2Y5YzBkMWUyYTNiNGM1ZCIsInN1YiI6ImNoYV81NWM4YyIsImV4cCI6"
    "MTc2NDAwMDAyMH0."
    "BO1RpFTgiQeUehWQvaIiw4I-l1oftPSlsraZ1ziquzU"
)


def signer(**arguments):
    return Signer("a1b2c3d4e5f60718", Secret(SECRET), "cha_55c8c", 20, **arguments)


def test_the_jwt_is_the_documented_one_to_the_byte():
    made = signer(clock=lambda: 1764000000.9, new_jti=lambda: "7f9c0d1e2a3b4c5d")
    assert made.token() == EXAMPLE


def test_every_jwt_has_another_jti():
    made = signer()
    assert len({made.token() for _ in range(50)}) == 50


@pytest.mark.fault("F106")
def test_every_request_carries_a_jwt_made_for_it(raw_front, raw_client):
    raw_front.responses = [ACCEPTED, ACCEPTED]
    raw_client.messages.sync_inbound(**INBOUND)
    raw_client.messages.sync_inbound(**INBOUND)
    claims = [jwt.decode(bearer(request), SECRET, algorithms=["HS256"]) for request in raw_front.requests]
    assert [claim["sub"] for claim in claims] == ["cha_1", "cha_1"]
    assert claims[0]["jti"] != claims[1]["jti"]


def bearer(request):
    [line] = [line for line in request.split(b"\r\n") if line.startswith(b"Authorization: Bearer ")]
    return line.removeprefix(b"Authorization: Bearer ").decode()
