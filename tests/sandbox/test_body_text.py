"""The plain text of what people write is the same on every Python, and is made in linear time."""

from __future__ import annotations

import time

import pytest

from django_front_channel.sandbox.body_text import text_of

from .conftest import Caller, import_message, inbound

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("plain", "plain"),
        ("<p>one<br>two</p><div>three</div><ul><li>four</li></ul>", "one\ntwo\nthree\nfour"),
        ("<P CLASS='a>b'>5 &lt; 7 &amp; 9&nbsp;</P>", "5 < 7 & 9"),
        ("a < b > c", "a < b > c"),
        ("<a href=\"x>y\" title = '>'>link</a>", "link"),
        ("<!DOCTYPE html><?xml version='1.0'?>text<!-- a > b <i> -->!", "text!"),
        ("<!-->text", "text"),
        ("<![x[", "<![x["),
        ("1 <![if a", "1 <![if a"),
        ("<![CDATA[ x ]]>y", "y"),
        ("<!-- never ends", "<!-- never ends"),
        ('<a href="never ends>', '<a href="never ends>'),
        ("one</>two", "onetwo"),
        ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
        ("", ""),
    ],
)
def test_the_text_of_a_body(body: str, text: str) -> None:
    assert text_of(body) == text


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a ", '<a b="', "<a =", "<!", "<!--", "<![x[", "</", "&", "&#1", "<a>", "= ", "<?"]
)
def test_hostile_bodies_take_linear_time(piece: str) -> None:
    body = piece * (MEGABYTE // len(piece))

    began = time.monotonic()
    text_of(body)

    assert time.monotonic() - began < 10


def test_a_message_with_markup_that_never_ends_keeps_its_text(call: Caller) -> None:
    message = import_message(call, inbound(body="Is 1 <![x[ 2?"))

    assert message["text"] == "Is 1 <![x[ 2?"
