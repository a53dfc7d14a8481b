"""Forms of any size are read in linear time."""

from __future__ import annotations

import time

import pytest

from .conftest import Caller

INBOUND = "/channels/cha_1/inbound_messages"
MEGABYTE = 1_000_000


def hostile(disposition: str) -> bytes:
    return f"--limit\r\nContent-Disposition: form-data; {disposition}\r\n\r\nx\r\n--limit--\r\n".encode()


@pytest.mark.parametrize(
    "disposition",
    [
        'name="' + ";" * MEGABYTE,
        'name="' + "[" * MEGABYTE + '"',
        'name="' + "[a]" * (MEGABYTE // 3) + '"',
        'name="a"; ' + "x=1; " * (MEGABYTE // 5),
        'name="a";\r\n ' + "\r\n ".join(["y"] * (MEGABYTE // 4)),
    ],
    ids=["open quote", "brackets", "keys", "parameters", "folded lines"],
)
def test_a_hostile_part_of_a_form_is_refused_in_linear_time(call: Caller, disposition: str) -> None:
    began = time.monotonic()
    answer = call("POST", INBOUND, hostile(disposition), CONTENT_TYPE="multipart/form-data; boundary=limit")

    assert answer.status == 400
    assert time.monotonic() - began < 10


def test_a_hostile_content_type_is_refused_in_linear_time(call: Caller) -> None:
    content_type = 'multipart/form-data; boundary="' + ";" * MEGABYTE
    began = time.monotonic()

    assert call("POST", INBOUND, b"x", CONTENT_TYPE=content_type).status == 400
    assert time.monotonic() - began < 10
