"""Strict JSON: a body that parsers may read differently is refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_front_channel.exceptions import PayloadRejected
from django_front_channel.webhooks.envelope import Envelope, parse


def reason_of(body: bytes) -> str:
    with pytest.raises(PayloadRejected) as rejection:
        parse(body)
    return rejection.value.code


def with_value(literal: str) -> bytes:
    return f'{{"type":"message","payload":{{"x":{literal}}}}}'.encode()


def nested(levels: int) -> bytes:
    """A document of so many levels: the envelope, its payload, and lists."""
    return with_value("[" * (levels - 2) + "]" * (levels - 2))


def test_an_envelope() -> None:
    body = '{"type":"message","payload":{"a":1.5},"metadata":{"b":"☕"},"more":null}'.encode()
    assert parse(body) == Envelope("message", {"a": 1.5}, {"b": "☕"})


@pytest.mark.parametrize("body", [b'{"type":"x"}', b'{"type":"x","payload":null,"metadata":null}'])
def test_payload_and_metadata_may_be_absent(body: bytes) -> None:
    assert parse(body) == Envelope("x", {}, {})


@pytest.mark.fault("F22")
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_numbers_are_finite(literal: str) -> None:
    assert reason_of(with_value(literal)) == "body_not_json"


@pytest.mark.fault("F23")
@pytest.mark.parametrize(
    "literal",
    ["12345678901234567000", str(2**63), str(-(2**63) - 1), "9" * 1_000_000, "-" + "9" * 5000, "1e400"],
)
def test_a_number_of_any_size_is_read_as_near_as_it_comes(literal: str) -> None:
    assert float(parse(with_value(literal)).payload["x"]) == float(literal)


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_integers_of_64_bits_are_read(number: int) -> None:
    assert parse(with_value(str(number))).payload == {"x": number}


@pytest.mark.fault("F24")
@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"delete","type":"message"}',
        b'{"type":"message","payload":{"id":"msg_1","id":"msg_2"}}',
        b'{"type":"message","payload":{"a":[{"b":1,"b":1}]}}',
        b'{"type":"message","payload":{"a":1,"\\u0061":2}}',
    ],
)
def test_keys_are_unique_at_every_depth(body: bytes) -> None:
    assert reason_of(body) == "body_not_json"


@pytest.mark.fault("F21")
@pytest.mark.parametrize("levels", [63, 64])
def test_depth_up_to_the_limit(levels: int) -> None:
    assert parse(nested(levels)).type == "message"


@pytest.mark.fault("F21")
@pytest.mark.parametrize(
    ("levels", "reason"), [(65, "body_too_deep"), (900, "body_too_deep"), (100_000, "body_not_json")]
)
def test_depth_beyond_the_limit(levels: int, reason: str) -> None:
    assert reason_of(nested(levels)) == reason


def test_a_thousand_levels() -> None:
    # Which of the two limits is met first depends on how deep the caller already is.
    assert reason_of(nested(1000)) in ("body_not_json", "body_too_deep")


@pytest.mark.fault("F25")
@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"\xff"}',
        b'{"type":"\xc0\xaf"}',
        b'{"type":"\xed\xa0\xbd"}',
        '{"type":"message"}'.encode("utf-16"),
        '{"type":"méssage"}'.encode("latin-1"),
    ],
)
def test_other_encodings_than_utf8(body: bytes) -> None:
    assert reason_of(body) == "body_not_utf8"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"undefined",
        b'\xef\xbb\xbf{"type":"message"}',
        '{"type":"message"}'.encode("utf-16-le"),
        b"{'type':'message'}",
        b'{"type":"message",}',
        b'{"type":"message"}{}',
        b'{"type":"a\0b"}',
        b'\0{"type":"message"}',
        b'{"type":"a\nb"}',
    ],
)
def test_what_is_not_json(body: bytes) -> None:
    assert reason_of(body) == "body_not_json"


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "message",
        1,
        {},
        {"type": None},
        {"type": ""},
        {"type": 1},
        {"type": ["message"]},
        {"type": "x" * 65},
        {"type": "a\0b"},
        {"type": "\ud83d"},
        {"type": "message", "payload": []},
        {"type": "message", "payload": "{}"},
        {"type": "message", "metadata": 1},
    ],
)
def test_what_is_no_envelope(document: object) -> None:
    assert reason_of(json.dumps(document).encode()) in (
        "body_no_object",
        "body_without_type",
        "payload_no_object",
    )


@given(st.binary())
def test_any_bytes_are_read_or_rejected(body: bytes) -> None:
    with suppress(PayloadRejected):
        assert isinstance(parse(body), Envelope)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.once
@given(payload=st.dictionaries(st.text(), JSON), indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_every_strict_document_is_read_as_it_is(
    payload: dict[str, object], indent: int | None, ascii_only: bool
) -> None:
    document = {"type": "message", "payload": payload}
    body = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode()
    assert parse(body).payload == payload
