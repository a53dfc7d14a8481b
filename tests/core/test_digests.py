"""Digests that stand for long or secret texts."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from django_front_channel.core.digests import content_digest, digest


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_only_equal_parts_have_equal_digests(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_a_digest_of_one_part_is_the_sha256_of_its_utf8() -> None:
    assert digest("é") == hashlib.sha256(b"\xc3\xa9").hexdigest()


def test_content_digests_do_not_depend_on_the_order_of_keys() -> None:
    assert content_digest({"a": 1, "b": [1, 2]}) == content_digest({"b": [1, 2], "a": 1})
    assert content_digest({"a": [1, 2]}) != content_digest({"a": [2, 1]})
