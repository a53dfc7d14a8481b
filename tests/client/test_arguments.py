from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_front_channel.client.arguments import validate_id
from django_front_channel.client.operations import path_segment
from django_front_channel.exceptions import InvalidArgument


@pytest.mark.parametrize("value", ["a", "x" * 200, "🍣" * 200, "sms:+33/1%2F é", "...", "a b", "alt:uid:1"])
def test_an_id_is_returned_as_it_is(value):
    assert validate_id(value, "external_id") == value


@pytest.mark.fault("F29")
@pytest.mark.fault("F31")
@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "\u3000 ",
        "x" * 201,
        "🍣" * 201,
        ".",
        "..",
        "a\nb",
        "a\r",
        "\x00",
        "a\x7f",
        "\x85",
        "\ud83d",
        None,
        7,
        b"a",
    ],
)
def test_what_cannot_be_an_id_is_refused_by_name(value):
    with pytest.raises(InvalidArgument, match="external_id"):
        validate_id(value, "external_id")


@pytest.mark.fault("F31")
def test_an_id_is_one_fully_quoted_segment():
    assert path_segment("a/b+%é?#:") == "a%2Fb%2B%25%C3%A9%3F%23%3A"


@given(st.text())
def test_every_accepted_id_survives_the_path(value):
    try:
        validate_id(value, "id")
    except InvalidArgument:
        return
    segment = path_segment(value)
    assert unquote(segment) == value
    assert "/" not in segment
