"""Each assumption can be switched, and then another thing happens."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import Any

import pytest

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.assumptions import Assumptions, parsed
from tests.processes import run

from .assumption_stories import STATUS_400, STORIES, World
from .conftest import (
    APP_SECRET,
    APP_UID,
    CHANNEL_URL,
    STATIC_URL,
    Caller,
    Clock,
    Integration,
    connected_sandbox,
)


def test_every_assumption_has_a_story() -> None:
    assert list(STORIES) == [each.name for each in fields(Assumptions)]


@pytest.mark.parametrize("name", STORIES)
def test_an_assumption_can_be_switched(name: str) -> None:
    value, story, by_default, switched = STORIES[name]
    endings = []
    for is_switched in (False, True):
        clock, integration = Clock(), Integration()
        sandbox = connected_sandbox(clock, integration)
        world = World(Caller(sandbox, clock), integration)
        if is_switched:
            sandbox.assume(name=name, value=value)
        endings.append(story(world))
    assert endings == [by_default, switched]


def test_the_constructor_takes_assumptions(integration: Integration) -> None:
    def front(**assumptions: Any) -> Sandbox:
        return Sandbox(
            app_uid=APP_UID,
            app_secret=APP_SECRET,
            webhook_url=STATIC_URL,
            send=integration,
            assumptions=assumptions,
        )

    integration.will_answer({"type": "bad_request", "message": "No."}, 400)
    assert front(refusal_is_shown=False).connect(token="t")["error"] == STATUS_400
    integration.will_answer({"type": "success", "webhook_url": CHANNEL_URL})
    assert front().connect(token="t")["error"] is None
    with pytest.raises(InvalidArgument, match="Is it no_retry"):
        front(no_retri=False)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("no_retry=false", ("no_retry", False)),
        ("told_rate_limit=3", ("told_rate_limit", 3)),
        ("resource_tier=3", ("resource_tier", "3")),
        ("unresponsive=a=b", ("unresponsive", "a=b")),
        ("no_retry=perhaps", ("no_retry", "perhaps")),
    ],
)
def test_an_assumption_as_text(text: str, pair: tuple[str, Any]) -> None:
    assert parsed(text) == pair


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("no_retry=perhaps", "The assumption no_retry must be true or false."),
        ("told_rate_limit=1.5", "The assumption told_rate_limit must be a whole number."),
        ("nothing=1", "There is no assumption nothing."),
        ("no_retry", "Write an assumption as NAME=VALUE, not no_retry."),
    ],
)
def test_a_process_refuses_a_wrong_assumption(written: str, sentence: str) -> None:
    options = [
        "--port",
        "0",
        "--app-uid",
        "u",
        "--app-secret",
        "s" * 32,
        "--webhook-url",
        "http://x.example/",
    ]
    result = run([sys.executable, "-m", "django_front_channel.sandbox", *options, "--assume", written])
    assert (result.returncode, result.complaints) == (2, f"Argument --assume: {sentence}\n")
