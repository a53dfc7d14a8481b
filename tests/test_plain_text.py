"""Text out of HTML, whatever somebody has written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_front_channel.plain_text import plain_text


@pytest.mark.fault("readable-text")
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
        ("<i>&#" + "1" * 5000 + ";</i>", "\ufffd"),
        ("<!-- a > b --><i>yes</i>", "yes"),
        ("a<!--[if mso]><p>Outlook</p><![endif]-->b", "ab"),
        ("a<![if !mso]>b<![endif]><o:p>c</o:p>", "abc"),
        (
            "<table><tr><td>2</td><td>5 EUR</td></tr><tr><th>a</th><td> </td><td>b</td></tr></table>",
            "2\t5 EUR\na\tb",
        ),
        (
            "<ul><li>a<li><p>b</p></ul><ol start=3><li>c<ul><li>d</ul></li><li></li></ol>e",
            "- a\n- b\n3. c\n  - d\ne",
        ),
        ("<div>a</div><div><br></div><div>b<br></div>c", "a\n\nb\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<div><br></div>", ""),
        ('<p>hi <img alt=":)" src="x"></p>', "hi :)"),
    ],
)
def test_a_body_as_it_reads(body: str, text: str) -> None:
    assert plain_text(body) == text


@pytest.mark.fault("readable-text")
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Write to <ana@example.com>, or see <https://x.y/z?a=b>.",) * 2,
        ("<p>Write to <ana@example.com> or <www.x.y></p>", "Write to <ana@example.com> or <www.x.y>"),
        ("<p>See <https://x.y/?a=1&amp;b=2></p>", "See <https://x.y/?a=1&b=2>"),
        ("<p><ana@example.com></ana@example.com></p>", "<ana@example.com>"),
        ("<p><mailto:ana@x.y> <tel:+33612345678></p>", "<mailto:ana@x.y> <tel:+33612345678>"),
    ],
)
def test_an_address_in_angle_brackets_is_text(body: str, text: str) -> None:
    assert plain_text(body) == text


@pytest.mark.parametrize(
    "end", ["<![x[", "<!-- b", "<b", '<a href="b>', "<a b='c", "</b", "<!DOCTYPE", "<?x", "<"]
)
def test_markup_that_never_ends_is_text(end: str) -> None:
    assert plain_text(f"1 {end}") == f"1 {end}"
    assert plain_text(f"<p>1 {end}") == f"1 {end}"


@pytest.mark.parametrize(
    ("target", "text", "shown"),
    [
        ("https://x.y/z", "the order", "the order (https://x.y/z)"),
        ("https://x.y/z", "the <b>order</b> ", "the order (https://x.y/z)"),
        ("https://www.X.y/", "x.y", "x.y"),
        ("https://evil.example/", "https://bank.example/", "https://bank.example/ (https://evil.example/)"),
        ("mailto:ana@x.y?subject=a", "ana@x.y", "ana@x.y"),
        ("mailto:ana@x.y", "Ana", "Ana (ana@x.y)"),
        ("tel:+33612345678", "+33 6 12-34 56 78", "+33 6 12-34 56 78"),
        ("https://x.y/a b", "c", "c (https://x.y/a%20b)"),
        ("#top", "up", "up"),
        ("javascript:alert(1)", "run", "run"),
        ("cid:1", "file", "file"),
        ("", "none", "none"),
    ],
)
def test_a_link_shows_its_target_when_the_text_does_not(target: str, text: str, shown: str) -> None:
    assert plain_text(f'<a href="{target}">{text}</a>') == shown


def test_text_after_a_link_stays_apart() -> None:
    assert (
        plain_text('<a href="https://x.y/">a </a>b <a href=#>c<a href="https://z/">d')
        == "a (https://x.y/) b cd"
    )


@pytest.mark.fault("F36")
@pytest.mark.parametrize("piece", ["<!--", "<a ", "</", "<?", "&#", "<script>", "<b> ", "<a b='", " \n"])
def test_a_body_made_to_be_slow(piece: str) -> None:
    """Each of these takes a parser that looks ahead to the end minutes or hours."""
    assert isinstance(plain_text("<a>" + piece * (1_000_000 // len(piece))), str)


@given(st.text(st.sampled_from("<>/!-abp&;#= \"'\n")))
def test_any_body_has_a_text(body: str) -> None:
    assert isinstance(plain_text(body), str)
