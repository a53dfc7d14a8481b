"""Text out of HTML, whatever somebody has written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_front_channel.webhooks.plain_text import plain_text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a < b > c", "a < b > c"),
        ("&lt;b&gt;", "&lt;b&gt;"),
        ("<b>a</b>&nbsp;&amp; b", "a\xa0& b"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("<P>a<BR/>b</P>", "a\nb"),
        ("<title>no</title><script>if (a < b) {}</script>yes", "yes"),
        ("<script>never closed", ""),
        ("<p>a\n  b</p>", "a b"),
        ("<!-- no --><i>yes</i>", "yes"),
        ("<i>&#" + "1" * 5000 + ";</i>", "&#" + "1" * 5000 + ";"),
    ],
)
def test_a_body_as_it_reads(body: str, text: str) -> None:
    assert plain_text(body) == text


@pytest.mark.fault("F36")
@pytest.mark.parametrize("piece", ["<!--", "<a ", "</", "<?", "&#", "<script>", "<b> ", "<a b='", " \n"])
def test_a_body_made_to_be_slow(piece: str) -> None:
    """Each of these takes a parser that looks ahead to the end minutes or hours."""
    assert isinstance(plain_text("<a>" + piece * (1_000_000 // len(piece))), str)


@given(st.text(st.sampled_from("<>/!-abp&;#= \"'\n")))
def test_any_body_has_a_text(body: str) -> None:
    assert isinstance(plain_text(body), str)
