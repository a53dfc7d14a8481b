"""What all services have in common, and that a typed host has tried every one of them."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from django_front_channel.services.verbs import SERVICES
from tests.services.every import DIRECT, PUBLIC, function
from tests.typing import services as sample

# A URL for somebody who asks.
POSITIONAL = {
    "channels.app_webhook_url": ["request"],
    "channels.webhook_url": ["request"],
}
SOURCE = ast.parse(Path(sample.__file__).read_text())


def test_the_typed_host_uses_every_service() -> None:
    assert {ast.unparse(node.func) for node in ast.walk(SOURCE) if isinstance(node, ast.Call)} >= {
        f"services.{name}" for name in PUBLIC
    }


def test_every_service_that_calls_front_is_in_the_table_of_the_tests() -> None:
    asks = {name for names in SERVICES.values() for name in names}
    writes_rows = {"messages.sync_inbound", "messages.sync_outbound", "messages.report_delivery"}

    assert set(DIRECT) == asks - writes_rows


@pytest.mark.parametrize("name", PUBLIC)
def test_a_service_takes_its_row_and_then_keywords(name: str) -> None:
    _first, *others = inspect.signature(function(name)).parameters.values()
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)

    assert [each.name for each in others if each.kind not in named] == POSITIONAL.get(name, [])


@pytest.mark.parametrize("name", PUBLIC)
def test_a_service_says_what_it_returns(name: str) -> None:
    returned = inspect.signature(function(name)).return_annotation
    assert returned
    assert "Any" not in returned
