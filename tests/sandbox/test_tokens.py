"""JWTs that Front refuses, and the one of Front's samples."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import NOW, Caller, inbound

FAR = int(NOW) + 31
# Claims iss a1b2c3d4e5f60718, sub cha_55c8c, exp 1764000020, signed with the secret of these tests elsewhere.
KNOWN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhMWIyYzNkNGU1ZjYwNzE4IiwianRpIjoiN2Y5YzBkMWUyYTNiNGM1ZCIs"
    "InN1YiI6ImNoYV81NWM4YyIsImV4cCI6MTc2NDAwMDAyMH0.BO1RpFTgiQeUehWQvaIiw4I-l1oftPSlsraZ1ziquzU"
)


def post(call: Caller, authorization: str, channel: str = "cha_1") -> int:
    return call(
        "POST", f"/channels/{channel}/inbound_messages", inbound(), authorization=authorization
    ).status


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"secret": "another-secret-of-the-same-length"}, id="signed with another secret"),
        pytest.param({"algorithm": "HS512"}, id="another algorithm"),
        pytest.param({"secret": "", "algorithm": "none"}, id="unsigned"),
        pytest.param({"iss": "another"}, id="another app"),
        pytest.param({"iss": None}, id="no issuer"),
        pytest.param({"sub": "cha_2"}, id="another channel"),
        pytest.param({"sub": "cha_unknown"}, id="unknown channel"),
        pytest.param({"sub": None}, id="no subject"),
        pytest.param({"exp": None}, id="no expiry"),
        pytest.param({"exp": str(int(NOW) + 20)}, id="expiry as text"),
        pytest.param({"exp": NOW + 20}, id="expiry with a fraction"),
        pytest.param({"exp": int(NOW)}, id="expired"),
        pytest.param({"exp": FAR}, id="valid for too long"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_refused(call: Caller, changes: dict[str, Any]) -> None:
    assert post(call, f"Bearer {call.token(**changes)}") == 401
    assert call.sandbox.run_until_quiet() == 0


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer not-a-jwt", "Basic dTpw", "Bearer a.b.c"])
def test_not_a_token(call: Caller, authorization: str) -> None:
    answer = call("GET", "/messages/msg_1", authorization=authorization)
    assert answer.status == 401
    assert answer.json["_error"]["title"] == "Unauthenticated"
    assert answer.json["_error"]["status"] == 401


@pytest.mark.parametrize("exp", [int(NOW) + 1, FAR - 1])
def test_accepted_until_the_limit(call: Caller, exp: int) -> None:
    assert post(call, f"Bearer {call.token(exp=exp)}") == 202


def test_known_token(call: Caller) -> None:
    call.sandbox.connect(token="t", channel_id="cha_55c8c")
    assert post(call, f"Bearer {KNOWN}", "cha_55c8c") == 202


def test_channel_by_address(call: Caller) -> None:
    good = f"Bearer {call.token()}"
    assert post(call, good, "alt:address:address-1") == 202
    assert post(call, good, "alt:address:address-2") == 401
    assert post(call, good, "alt:address:nowhere") == 404
