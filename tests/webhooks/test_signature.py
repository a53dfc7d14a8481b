"""The proof of origin, on Front's vectors and against everything that is not one of them."""

import base64
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_front_channel.exceptions import SignatureRejected
from django_front_channel.testing import sign
from django_front_channel.webhooks.signature import Proof, signature, verify

SECRET = "0123456789abcdef0123456789abcdef"
TIMESTAMP = "1764000000123"
NOW = 1764000000.123
IMPORTED = (
    '{"type":"message_imported","payload":{"id":"msg_1a2b3c","body":"Olá ☕","created_at":1764000000.123},'
    '"metadata":{"external_conversation_id":"thr-7","external_conversation_ids":["thr-7"]}}'
).encode()
AUTHORIZATION = b'{"type":"authorization","payload":{"channel_id":"cha_55c8c"}}'
DELETE = b'{"type":"delete","payload":{"channel_id":"cha_55c8c"}}'

VECTORS = [
    pytest.param(IMPORTED, "XjQepGm+iPRSJWEcDryQHjzFb65Y25HbcMt4XYibOFI=", id="message_imported"),
    pytest.param(AUTHORIZATION, "0G3treWKQf4SPBm+2/uQwfIfwzSUFbErUwMbwy0Sboc=", id="authorization"),
    pytest.param(DELETE, "nsyIkKxcGwGipHsKA810ABnw6Sb5Jnujh2MbyrYUohQ=", id="delete"),
    pytest.param(b"undefined", "hkRvfca6MqYCb++T/LjaDvFUW+Wl8OFIrM1DR0ByN8I=", id="undefined"),
]
REDUMPED = "7FFbZ/AtoehMPOPBEEVMAd1EeV4+97PPPvtJNDYD3Ss="


def proof_of(body: bytes, given: str, **changes: Any) -> Proof:
    request: dict[str, Any] = {
        "method": "POST",
        "timestamp": TIMESTAMP,
        "given": given,
        "body": body,
        "secrets": [SECRET],
        "now": NOW,
        "tolerance": 300,
    }
    return verify(**(request | changes))


def reason_of(body: bytes, given: str, **changes: Any) -> str:
    with pytest.raises(SignatureRejected) as rejection:
        proof_of(body, given, **changes)
    return rejection.value.code


@pytest.mark.parametrize(("body", "expected"), VECTORS)
def test_vectors(body: bytes, expected: str) -> None:
    assert signature(SECRET, TIMESTAMP, body) == expected
    assert sign(body, SECRET, timestamp=TIMESTAMP)["X-Front-Signature"] == expected
    assert proof_of(body, expected).timestamp == 1764000000123


@pytest.mark.fault("F1")
def test_json_that_python_has_written_again_does_not_verify() -> None:
    assert len(IMPORTED) == 189
    assert reason_of(IMPORTED, REDUMPED) == "signature_wrong"


def test_a_proof_names_the_signed_bytes() -> None:
    digests = {
        proof_of(body, signature(SECRET, timestamp, body), timestamp=timestamp).digest
        for body in (IMPORTED, DELETE)
        for timestamp in (TIMESTAMP, "1764000000124")
    }
    assert len(digests) == 4


@pytest.mark.parametrize("timestamp", ["1764000000", "1764000000000"])
def test_timestamps_in_seconds_and_milliseconds_are_the_same_moment(timestamp: str) -> None:
    assert (
        proof_of(DELETE, signature(SECRET, timestamp, DELETE), timestamp=timestamp).timestamp == 1764000000000
    )


@pytest.mark.parametrize("offset", [-300, -299, 0, 299, 300])
def test_a_clock_may_be_off_by_the_tolerance(offset: int) -> None:
    proof_of(DELETE, signature(SECRET, TIMESTAMP, DELETE), now=NOW + offset)


@pytest.mark.parametrize("offset", [-301, 301, 86400])
def test_a_clock_that_is_off_by_more_is_refused(offset: int) -> None:
    assert (
        reason_of(DELETE, signature(SECRET, TIMESTAMP, DELETE), now=NOW + offset) == "signature_out_of_time"
    )


@pytest.mark.fault("F5")
def test_only_the_canonical_spelling_of_a_signature_is_accepted() -> None:
    canonical = signature(SECRET, TIMESTAMP, IMPORTED)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    place = alphabet.index(canonical[-2]) & ~3
    spellings = [canonical[:-2] + alphabet[place + low] + "=" for low in range(4)]
    assert canonical in spellings
    assert len({base64.b64decode(spelling, validate=True) for spelling in spellings}) == 1

    for spelling in set(spellings) - {canonical}:
        assert reason_of(IMPORTED, spelling) == "signature_wrong"
    proof_of(IMPORTED, canonical)


@pytest.mark.fault("F10")
@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "1_764_000_000",
        "+176400000012",
        " 1764000000123",
        "1764000000123 ",
        "1764000000123\n",
        "17640000001234",
        "176400000012",
        "1e9",
        "-176400000",
        "NaN",
        "１７６４００００００",  # noqa: RUF001 - digits to int(), but not to Front
        "9" * 5000,
    ],
)
def test_a_timestamp_is_ten_or_thirteen_digits(timestamp: str) -> None:
    assert reason_of(DELETE, signature(SECRET, timestamp, DELETE), timestamp=timestamp) == "signature_missing"


@pytest.mark.fault("F11")
def test_the_boundary_between_timestamp_and_body_cannot_be_shifted() -> None:
    # Both pairs have the same HMAC, because the parts are joined by a colon.
    shared = signature(SECRET, TIMESTAMP, b"45:{}")
    assert shared == signature(SECRET, f"{TIMESTAMP}:45", b"{}")

    proof_of(b"45:{}", shared)
    assert reason_of(b"{}", shared, timestamp=f"{TIMESTAMP}:45") == "signature_missing"


@pytest.mark.fault("F3")
@pytest.mark.fault("F4")
@pytest.mark.parametrize(
    "given", ["é" * 44, "\udcff" * 44, "\0", "=" * 44, "A" * 43, "A" * 45, "A" * 88, "A" * 65536, ","]
)
def test_malformed_signatures_are_refused(given: str) -> None:
    assert reason_of(DELETE, given) == "signature_wrong"


@pytest.mark.fault("F12")
def test_two_signatures_in_one_header_are_refused() -> None:
    right = signature(SECRET, TIMESTAMP, DELETE)
    assert reason_of(DELETE, f"{right},{right}") == "signature_wrong"


@pytest.mark.fault("F14")
@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_no_secret_verifies_nothing(secrets: tuple[str, ...]) -> None:
    assert reason_of(DELETE, signature("", TIMESTAMP, DELETE), secrets=secrets) == "signature_wrong"


@pytest.mark.fault("F13")
@pytest.mark.parametrize("secret", ["new", "old", "as old as new"])
def test_each_secret_of_a_list_verifies(secret: str) -> None:
    secrets = ("new", "old", "as old as new")
    given = signature(secret, TIMESTAMP, DELETE)
    proof_of(DELETE, given, secrets=secrets)
    assert (
        reason_of(DELETE, given, secrets=[other for other in secrets if other != secret]) == "signature_wrong"
    )


@pytest.mark.fault("F2")
@pytest.mark.parametrize(
    "given", [signature("new", TIMESTAMP, DELETE), signature("other", TIMESTAMP, DELETE), "A"]
)
def test_every_secret_is_compared_in_constant_time(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the time that a refusal takes tells nothing."""
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compare)
    with suppress(SignatureRejected):
        proof_of(DELETE, given, secrets=("new", "old"))

    expected = [signature(secret, TIMESTAMP, DELETE).encode() for secret in ("new", "old")]
    assert compared == [(right, given.encode()) for right in expected]


@pytest.mark.fault("F15")
@pytest.mark.parametrize("signed", [b"", b"undefined", b"{}"])
def test_a_delete_without_a_body_may_sign_three_forms(signed: bytes) -> None:
    given = signature(SECRET, TIMESTAMP, signed)
    proof_of(b"", given, method="DELETE")
    if signed:
        assert reason_of(b"", given, method="POST") == "signature_wrong"


@pytest.mark.fault("F15")
@pytest.mark.parametrize("signed", [b"null", b"[]", DELETE])
def test_a_delete_without_a_body_signs_nothing_else(signed: bytes) -> None:
    assert reason_of(b"", signature(SECRET, TIMESTAMP, signed), method="DELETE") == "signature_wrong"


def test_a_delete_with_a_body_signs_that_body() -> None:
    assert reason_of(DELETE, signature(SECRET, TIMESTAMP, b"undefined"), method="DELETE") == "signature_wrong"
    proof_of(DELETE, signature(SECRET, TIMESTAMP, DELETE), method="DELETE")


@given(
    timestamp=st.one_of(st.just(TIMESTAMP), st.text(), st.from_regex(r"[0-9]{10}|[0-9]{13}", fullmatch=True)),
    given=st.one_of(st.just(signature(SECRET, TIMESTAMP, IMPORTED)), st.text(st.characters())),
    body=st.one_of(st.just(IMPORTED), st.binary()),
    method=st.sampled_from(["POST", "DELETE", ""]),
)
def test_whatever_comes_is_proved_or_rejected(timestamp: str, given: str, body: bytes, method: str) -> None:
    with suppress(SignatureRejected):
        proof_of(body, given, timestamp=timestamp, method=method)
        assert (timestamp, given, body) == (TIMESTAMP, signature(SECRET, TIMESTAMP, IMPORTED), IMPORTED)


@given(body=st.binary(), place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_body_is_noticed(body: bytes, place: int, bit: int) -> None:
    given = signature(SECRET, TIMESTAMP, body)
    changed = bytearray(body or b"\0")
    changed[place % len(changed)] ^= 1 << bit
    assert reason_of(bytes(changed), given) == "signature_wrong"
    proof_of(body, given)


def test_signing_uses_this_moment_by_default() -> None:
    headers = sign({"type": "delete", "payload": {"channel_id": "cha_55c8c"}}, SECRET)
    stamp = headers["X-Front-Request-Timestamp"]
    assert headers["X-Front-Signature"] == signature(SECRET, stamp, DELETE)
    assert abs(int(stamp) / 1000 - time.time()) < 60
