"""The signature against known values, which were computed by other means than the sandbox's code."""

from __future__ import annotations

import pytest

from django_front_channel.sandbox.http_messages import compact_json
from django_front_channel.sandbox.webhook_sender import sign

from .conftest import APP_SECRET

TIMESTAMP = "1764000000123"
IMPORTED = {
    "type": "message_imported",
    "payload": {"id": "msg_1a2b3c", "body": "Olá ☕", "created_at": 1764000000.123},
    "metadata": {"external_conversation_id": "thr-7", "external_conversation_ids": ["thr-7"]},
}


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (compact_json(IMPORTED), "XjQepGm+iPRSJWEcDryQHjzFb65Y25HbcMt4XYibOFI="),
        (
            b'{"type":"authorization","payload":{"channel_id":"cha_55c8c"}}',
            "0G3treWKQf4SPBm+2/uQwfIfwzSUFbErUwMbwy0Sboc=",
        ),
        (
            b'{"type":"delete","payload":{"channel_id":"cha_55c8c"}}',
            "nsyIkKxcGwGipHsKA810ABnw6Sb5Jnujh2MbyrYUohQ=",
        ),
        (b"undefined", "hkRvfca6MqYCb++T/LjaDvFUW+Wl8OFIrM1DR0ByN8I="),
    ],
)
def test_known_signatures(body: bytes, signature: str) -> None:
    assert sign(APP_SECRET, TIMESTAMP, body) == signature


def test_json_is_written_as_front_writes_it() -> None:
    assert len(compact_json(IMPORTED)) == 189
