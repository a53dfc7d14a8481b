"""Responses that are cut off, at every byte of each."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import NamedTuple

import pytest

from django_front_channel.client import FrontClient, executor
from django_front_channel.exceptions import FrontAmbiguousError, FrontAPIError, FrontConnectionError

from .conftest import ACCEPTED, CHUNKED, INBOUND, NO_CONTENT, Cut, Reset, response


def sync(client: FrontClient) -> object:
    return client.messages.sync_inbound(**INBOUND)


def update(client: FrontClient) -> object:
    return client.channels.update(status="ok")


def ask(client: FrontClient) -> object:
    return client.messages.get("msg_1")


def download(client: FrontClient) -> object:
    return client.messages.download("msg_1", "fil_1", to=io.BytesIO())


class Case(NamedTuple):
    """``perform`` needs the whole ``content``, and raises ``error`` for less of it."""

    perform: Callable[[FrontClient], object]
    content: bytes
    error: type[FrontAPIError] = FrontAmbiguousError


CASES = {
    "measured": Case(sync, ACCEPTED),
    "chunked": Case(sync, CHUNKED),
    "until the end": Case(sync, b'HTTP/1.1 202 Accepted\r\n\r\n{"message_uid":"uid-1"}'),
    "no content": Case(update, NO_CONTENT),
    "a question": Case(ask, response("200 OK", '{"id":"msg_1"}'), FrontConnectionError),
    "a file": Case(download, response("200 OK", "Parcel 12"), FrontConnectionError),
    "a chunked file": Case(
        download,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nParcel 12\r\n0\r\n\r\n",
        FrontConnectionError,
    ),
}


@pytest.mark.fault("F101")
@pytest.mark.parametrize("hang_up", [Cut, Reset])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_response_cut_off_anywhere_is_none(raw_front, raw_client, monkeypatch, case, hang_up):
    monkeypatch.setattr(executor, "PAUSES", ())  # a question would be asked again, after a while
    for offset in range(len(case.content)):
        raw_front.responses = [hang_up(case.content[:offset])]
        with pytest.raises(case.error):
            case.perform(raw_client)
    assert len(raw_front.requests) == len(case.content)
    raw_front.responses = [Cut(case.content)]
    case.perform(raw_client)
