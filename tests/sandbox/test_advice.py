"""The sandbox gives advice when the integration answers wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from django_front_channel.sandbox import Sandbox, front_admin

from .conftest import STATIC_URL, Caller, Integration


@pytest.mark.parametrize(
    ("status", "document", "sentence"),
    [
        (301, b"", front_admin.REDIRECTED),
        (401, {"type": "authentication_required", "message": "Wrong signature."}, front_admin.NOT_TRUSTED),
        (403, {"type": "forbidden", "message": "Unknown token."}, front_admin.NOT_TRUSTED),
        (403, b"<h1>CSRF verification failed</h1>", front_admin.SOMETHING_IN_FRONT),
        (401, b"", front_admin.SOMETHING_IN_FRONT),
        (404, b"<h1>Not found</h1>", front_admin.NOT_FOUND),
        (500, b"", front_admin.FAILED),
        (200, b"<h1>Welcome</h1>", front_admin.NONSENSE),
        (200, b"[]", front_admin.NONSENSE),
        (200, b"\xff", front_admin.NONSENSE),
        (400, b"{}", front_admin.NONSENSE),
        (200, {"type": "success", "webhook_url": "/front/default/1/"}, front_admin.NOT_ABSOLUTE),
    ],
)
def test_what_is_wrong_and_what_to_do(
    integration: Integration, call: Caller, status: int, document: Any, sentence: str
) -> None:
    integration.will_answer(document, status)
    told = call("POST", "/_sandbox/connect", {"token": "t"}).json["advice"]
    assert told == sentence.format(url=STATIC_URL)
    assert STATIC_URL in told


def test_nobody_answers(call: Caller, integration: Integration) -> None:
    integration.is_down = True
    answer = call("POST", "/_sandbox/connect", {"token": "t"}).json
    assert answer["error"] == "The channel servers are unresponsive."
    assert answer["advice"] == front_admin.UNREACHABLE.format(url=STATIC_URL)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"type": "bad_request", "message": "The token is used up."}, "The token is used up."),
        (b"<h1>Welcome</h1>", front_admin.NONSENSE.format(url=STATIC_URL)),
    ],
)
def test_the_terminal_says_it_too(
    sandbox: Sandbox, integration: Integration, caplog: pytest.LogCaptureFixture, document: Any, sentence: str
) -> None:
    integration.will_answer(document, 400)
    sandbox.connect(token="t")
    assert caplog.messages == [f"No channel is connected. {sentence}"]


def test_what_the_integration_says_itself_is_enough(sandbox: Sandbox, integration: Integration) -> None:
    integration.will_answer({"type": "bad_request", "message": "The token is used up."}, 400)
    result = sandbox.connect(token="t")
    assert (result["error"], result["advice"]) == ("The token is used up.", None)
