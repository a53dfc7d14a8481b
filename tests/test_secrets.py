"""No error report shows a secret, wherever the package fails."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

import django_front_channel
from django_front_channel import services
from django_front_channel.conf import conf
from django_front_channel.models import Channel
from django_front_channel.secret import Secret
from django_front_channel.services.channels import NewChannel
from django_front_channel.testing import FrontWebhookClient, bodies, factories

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PACKAGE = Path(django_front_channel.__file__).parent
APP_SECRET = "5ec2e7" + "0f" * 20 + "5ec2e7"
TOKEN = "tok3n-" + "q" * 40
SECRETS = (APP_SECRET, TOKEN)


# Here a secret is wrapped: each does nothing but keep its argument.
WRAPPING = {"Secret.__init__", "Secret.of", "_Hidden.__init__"}


class Planted(Exception):
    """Raised where a secret is held."""


def _is_ours(frame: FrameType) -> bool:
    """Whether the frame is of the package. What hosts test with holds what a test gives it."""
    path = Path(frame.f_code.co_filename)
    return path.is_relative_to(PACKAGE) and not path.is_relative_to(PACKAGE / "testing")


def holds_secret(frame: FrameType) -> bool:
    """Whether a variable of the frame, or what it holds, is a secret or wraps one."""
    return any(_leads_to_secret(value, 4) for value in frame.f_locals.values())


def _leads_to_secret(value: Any, depth: int) -> bool:
    if isinstance(value, Secret):
        return getattr(value, "_value", None) in SECRETS
    if isinstance(value, str | bytes):
        return any(
            secret in (value if isinstance(value, str) else value.decode("latin-1")) for secret in SECRETS
        )
    return depth > 0 and any(_leads_to_secret(each, depth - 1) for each in _inside(value))


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set):
        return list(value)
    ours = type(value).__module__.startswith("django_front_channel")
    return list(getattr(value, "__dict__", {}).values()) if ours else []


class Watch:
    """Traces the package: notes who holds a secret, or raises there."""

    def __init__(self, target: tuple[CodeType, int] | None = None) -> None:
        self.held: dict[CodeType, int] = {}
        self.target = target
        self.planted: Planted | None = None

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *error: object) -> None:
        sys.settrace(self._before)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        return self._line if _is_ours(frame) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if event == "line" and self.planted is None:
            if self.target == (frame.f_code, frame.f_lineno):
                self.planted = Planted("planted")
                raise self.planted
            if self.target is None and frame.f_code.co_qualname not in WRAPPING and holds_secret(frame):
                self.held[frame.f_code] = frame.f_lineno  # the last line has the most variables
        return self._line


def story(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Everything that secrets are for: create, connect, receive, refuse, rotate, sign requests, the admin's pages."""
    app = django_settings.FRONT_CHANNEL_APPS["default"]
    settings.FRONT_CHANNEL_APPS = {"default": {**app, "APP_SECRET": ["0" * 40, APP_SECRET]}}
    monkeypatch.setattr("secrets.token_urlsafe", lambda length=0: TOKEN)

    def play() -> None:
        Channel.objects.update(token_digest=None, front_id=None, state="disconnected")
        settings.FRONT_CHANNEL_APPS = {"default": {**app, "APP_SECRET": [APP_SECRET]}}
        new = services.channels.create(name="Support")
        front = FrontWebhookClient()
        front.authorization("cha_1", new.token)
        front.list_addresses(new.token)
        front.authorization("cha_2", "another")
        url = services.channels.webhook_url(new.channel)
        front.send(url, bodies.message(external_conversation_ids=["thr-7"]), token=TOKEN)
        front.send(url, bodies.message(external_conversation_ids=["thr-7"]), token="another")
        new.channel.refresh_from_db()
        message = factories.customer_message(new.channel)
        assert message.pk
        _ask_front(new)
        services.channels.rotate_token(new.channel)

    return play


def _ask_front(new: NewChannel) -> None:
    from django_front_channel import gateway
    from django_front_channel.sandbox import Sandbox
    from django_front_channel.testing.stand_ins import SandboxAdapter

    app = conf.app("default")
    sandbox = Sandbox(
        app_uid=app.uid,
        app_secret=app.secrets[0],
        webhook_url="https://x.example/",
        send=lambda *_: (200, {}, b"{}"),
    )
    with gateway.network_replaced(lambda _app: SandboxAdapter(sandbox, "")):
        try:
            services.client_for(new.channel).channels.update(status="ok")
        except Exception:
            logging.getLogger(__name__).debug("Front refused")


def reports(error: BaseException) -> Iterator[str]:
    """What Django, logging and an error tracker would show of the error."""
    trace = error.__traceback__
    while trace is not None and not _is_ours(trace.tb_frame):
        trace = trace.tb_next  # what a caller holds is the caller's
    information = (type(error), error, trace)
    request = RequestFactory().post("/front/default/", headers={"Authorization": f"Bearer {TOKEN}"})
    for reporter in (ExceptionReporter(request, *information), ExceptionReporter(None, *information)):
        yield reporter.get_traceback_html()
        yield reporter.get_traceback_text()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("reports")
    logger.addHandler(handler)
    logger.propagate = False
    logger.error("failed", exc_info=information)
    logger.removeHandler(handler)
    yield stream.getvalue()
    yield "".join(traceback.TracebackException(*information, capture_locals=False).format())
    yield from tracked(trace)


def tracked(trace: TracebackType | None) -> Iterator[str]:
    """The variables of our frames, as error trackers collect them."""
    while trace is not None:
        frame = trace.tb_frame
        if _is_ours(frame):
            for name, value in frame.f_locals.items():
                yield f"{frame.f_code.co_qualname} {name} = {value!r}"
                yield f"{frame.f_code.co_qualname} {name} = {json.dumps(value, default=repr, skipkeys=True)}"
        trace = trace.tb_next


@pytest.mark.fault("error-reports")
@pytest.mark.fault("F129")
@pytest.mark.fault("F130")
def test_no_report_of_an_error_shows_a_secret(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    play = story(settings, monkeypatch)
    with Watch() as watch:
        play()
    assert len(watch.held) > 25, "the story reaches those who hold one"
    leaks = set()
    for code, line in watch.held.items():
        with Watch((code, line)) as planting:
            try:
                play()
            except BaseException:
                logging.getLogger(__name__).debug("planted")
        if planting.planted is None:
            leaks.add(f"{code.co_qualname}: not reached again")
            continue
        leaks |= {
            report[:200] if len(report) < 2000 else f"{code.co_qualname}: a report"
            for report in reports(planting.planted)
            if any(secret in report for secret in SECRETS)
        }
    assert sorted(leaks) == []


SHOWN: list[Callable[[Any], str]] = [
    repr,
    str,
    "{}".format,
    lambda held: f"{[held]}",
    lambda held: f"{held!s}",
]


@pytest.mark.fault("error-reports")
@pytest.mark.fault("F129")
@pytest.mark.parametrize("show", SHOWN)
def test_a_secret_shows_itself_to_nobody(show: Callable[[Any], str]) -> None:
    for held in (Secret(APP_SECRET), NewChannel(Channel(name="x"), Secret(APP_SECRET), "https://x.example/")):
        assert APP_SECRET not in show(held)


@pytest.mark.fault("error-reports")
@pytest.mark.fault("F132")
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    for held in (Secret(APP_SECRET), conf.app("default")):
        with pytest.raises(TypeError):
            pickle.dumps(held, protocol)


def test_a_copy_of_a_secret_is_as_silent() -> None:
    secret = Secret(APP_SECRET)
    assert copy.copy(secret) is copy.deepcopy(secret) is secret
    assert (secret == Secret(APP_SECRET), secret == Secret("other"), secret == APP_SECRET) == (
        True,
        False,
        False,
    )
