"""The client reads texts of Front, a proxy or a customer in linear time."""

from __future__ import annotations

import ast
import contextlib
import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import django_front_channel.client
from django_front_channel.client import Upload
from django_front_channel.client.api_errors import clean, retry_after
from django_front_channel.client.hosts import conversation_moved_to, page_token, storage_url

API = "https://api2.frontapp.com"
SHORT, LONG = 250_000, 1_000_000
# Four times the length may take ten times as long on a busy machine. A quadratic reader takes sixteen times.
MOST = 10
# Seconds of CPU: what nobody measures well, and more than any of these takes.
NOISE, PLENTY = 0.05, 2


def seconds(read: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    with contextlib.suppress(ValueError):
        read(text)
    return time.process_time() - begun


def is_linear(read: Callable[[str], object], unit: str, end: str = "", start: str = "") -> bool:
    """Whether some try is fast: a busy machine slows down any of them, and a quadratic reader fails them all."""
    short = start + unit * (SHORT // len(unit)) + end
    long = start + unit * (LONG // len(unit)) + end
    return any(is_fast(seconds(read, short), lambda: seconds(read, long)) for _ in range(3))


def is_fast(short: float, measure_long: Callable[[], float]) -> bool:
    # No need to wait for four times the length of what takes seconds.
    return short < PLENTY and measure_long() < MOST * short + NOISE


@pytest.mark.parametrize(
    ("unit", "end"),
    [
        ("eyJ", ""),
        ("eyJ", "."),
        ("eyJa.", "!"),
        ("eyJ.", ""),
        (".", ""),
        ("a-_", ""),
        ("eyJ ", ""),
        ("\n", ""),
    ],
    ids=repr,
)
def test_words_of_an_error_are_cleaned_in_linear_time(unit, end):
    assert is_linear(clean, unit, end)


@pytest.mark.parametrize(
    ("unit", "end"),
    [
        ("1", ""),
        ("1", "x"),
        ("1.", ""),
        ("1 ", ""),
        ("(", ""),
        ("Mon, ", ""),
        ("1:", ""),
        ("+-", ""),
        ("\t", "1"),
    ],
    ids=repr,
)
def test_retry_after_is_read_in_linear_time(unit, end):
    assert is_linear(lambda header: retry_after(header, ""), unit, end)


@pytest.mark.parametrize(
    ("unit", "end"), [("retry in 1", ""), ("retry in ", ""), ("1", " milliseconds"), ("r", "")], ids=repr
)
def test_the_wait_in_words_is_found_in_linear_time(unit, end):
    assert is_linear(lambda message: retry_after(None, message), unit, end, "retry in ")


@pytest.mark.parametrize("read", [conversation_moved_to, storage_url, page_token])
@pytest.mark.parametrize("unit", ["/", "../", "a", "%41", "@", "?page_token=", "&", "/conversations/a", ":1"])
def test_a_link_is_read_in_linear_time(read, unit):
    def read_link(link):
        read(link, API)

    for start in ("", f"{API}/conversations/", f"{API}/?", "https://"):
        assert is_linear(read_link, unit, "\n", start)


@pytest.mark.parametrize("unit", [" ", ";", ";a=b", "a", "a/", "=", "; "])
def test_the_type_of_a_file_is_checked_in_linear_time(unit):
    def check(words):
        Upload("a.png", f"a/b{words}", io.BytesIO, 1)

    assert is_linear(check, unit, "!")


def test_every_regular_expression_of_the_client_is_one_of_these():
    used = {
        f"{module.stem}.{ast.unparse(node.args[0])}"
        for module in Path(django_front_channel.client.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")
    }
    assert used == {
        "api_errors._DOTTED",
        "api_errors._MILLISECONDS",
        "api_errors._SECONDS",
        "hosts._CONVERSATION_PATH",
        "request_bodies._CONTENT_TYPE",
    }


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("eyJ0eXAi.eyJpc3Mi.c2ln", "[JWT]"),
        ("Bearer eyJ0eXAi.eyJpc3Mi.c2ln expired", "Bearer [JWT] expired"),
        ('{"token":"eyJ0eXAi.eyJpc3Mi.c2ln"}', '{"token":"[JWT]"}'),
        ("jwt=eyJ0eXAi.eyJpc3Mi", "jwt=[JWT]"),
        ("host.eyJ0eXAi.eyJpc3Mi.c2ln", "host.[JWT]"),
        ("aeyJ0eXAi.eyJpc3Mi.c2ln/eyJ0eXAi.eyJpc3Mi.c2ln", "a[JWT]/[JWT]"),
        ("eyJ0eXAi alone", "eyJ0eXAi alone"),
        ("api2.frontapp.com", "api2.frontapp.com"),
    ],
)
def test_a_jwt_is_left_out_of_what_others_say(words, shown):
    assert clean(words) == shown
