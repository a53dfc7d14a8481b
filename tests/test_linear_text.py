"""Every text is read in linear time, whatever people write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from django_front_channel.client import Upload, api_errors, hosts
from django_front_channel.client.arguments import validate_id
from django_front_channel.client.file_types import guess_content_type
from django_front_channel.core import texts
from django_front_channel.plain_text import plain_text, shown_target
from django_front_channel.sandbox import multipart_forms
from django_front_channel.services import content
from django_front_channel.webhooks.envelope import Envelope, parse
from django_front_channel.webhooks.payloads import read_message
from tests.hostile import assert_linear
from tests.patterns import Use, unused, uses

# Measured, so without the tracing of coverage, which costs minutes here.
pytestmark = [pytest.mark.fault("hostile-text"), pytest.mark.once, pytest.mark.no_cover]
API_URL = "https://api2.frontapp.com"


@pytest.mark.parametrize("use", list(uses()), ids=lambda use: f"{use.place}-{use.method}")
def test_every_regular_expression_is_linear(use: Use) -> None:
    assert_linear(use.apply)


def test_no_regular_expression_escapes_the_test() -> None:
    assert len(list(uses())) > 20
    assert unused() == set()


@pytest.mark.parametrize(
    "pattern",
    [
        r"<(?:!|(/?)([a-z][a-z0-9]*))[^<>]*>x",
        r"(Duplicate entry|\bvalue:|\btype [a-z ]+:|out of range:) .+",
        r"eyJ[\w-]*\.[\w-]*\.[\w-]*",
        r"<!--.*?-->",
        r"\s+$",
        r"[^@]+@[^@]+\.com",
    ],
)
def test_the_hostile_texts_find_a_quadratic_expression(pattern: str) -> None:
    with pytest.raises(AssertionError):
        assert_linear(re.compile(pattern, re.DOTALL).findall, size=6_000, noise=0.001)


def message(**payload: Any) -> Envelope:
    return Envelope("message", payload, {})


def link(text: str) -> Envelope:
    related = {"conversation": text, "message_replied_to": text}
    return message(id=text, created_at=1, recipients=[{"handle": text}], _links={"related": related})


def file(text: str) -> Envelope:
    return message(attachments=[{"filename": text, "url": text, "content_type": text}])


def quote(text: str) -> None:
    error = texts.brief(ValueError(text))
    assert len(error) <= 2000


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "plain_text of HTML": lambda text: plain_text(f"<p>{text}"),
    "plain_text of a link": lambda text: plain_text(f'<a href="https://x.y/">{text}</a>'),
    "the target of a link": lambda text: plain_text(f"<a href='https://{text}'>x</a>"),
    "shown_target": lambda text: shown_target(f"tel:{text}", text),
    "read_message, text": lambda text: read_message(message(text=text, subject=text)),
    "read_message, links": lambda text: read_message(link(text)),
    "read_message, files": lambda text: read_message(file(text)),
    "parse": lambda text: parse(text.encode(errors="replace")),
    "parse of a text": lambda text: parse(json.dumps({"type": "message", "payload": {"a": text}}).encode()),
    "storable": texts.storable,
    "fits": lambda text: texts.fits(text, 2_000_000),
    "is_blank": texts.is_blank,
    "lines_of": texts.lines_of,
    "first_line": texts.first_line,
    "brief": quote,
    "plain_filename": texts.plain_filename,
    "as_html": content.as_html,
    "body_fields, text": lambda text: content.body_fields(text, None),
    "body_fields, html": lambda text: content.body_fields(None, text),
    "validate_id": lambda text: validate_id(text, "id"),
    "guess_content_type": guess_content_type,
    "guess_content_type of a suffix": lambda text: guess_content_type(f"a.{text}"),
    "Upload": lambda text: Upload("a", f"a/b; c={text}", BytesIO, 0),
    "clean": api_errors.clean,
    "retry_after, header": lambda text: api_errors.retry_after(text[:65_000], ""),
    "retry_after, words": lambda text: api_errors.retry_after(None, f"Please retry in {text}"),
    "conversation_moved_to": lambda text: hosts.conversation_moved_to(f"/conversations/{text}", API_URL),
    "page_token": lambda text: hosts.page_token(f"{API_URL}/a?page_token={text}", API_URL),
    "storage_url": lambda text: hosts.storage_url(f"https://a.amazonaws.com/{text}", API_URL),
    "normalize_api_url": lambda text: hosts.normalize_api_url(f"https://{text}", has_adapter=False),
    "sandbox form": lambda text: multipart_forms.read_form(
        "multipart/form-data; boundary=x",
        f'--x\r\nContent-Disposition: form-data; name="{text}"\r\n\r\n{text}\r\n--x--'.encode(
            errors="replace"
        ),
    ),
    "sandbox form type": lambda text: multipart_forms.read_form(f"multipart/form-data; {text}", b""),
}


@pytest.mark.parametrize("read", list(FUNCTIONS.values()), ids=list(FUNCTIONS))
def test_a_text_is_read_in_linear_time(read: Callable[[str], object]) -> None:
    assert_linear(read)
