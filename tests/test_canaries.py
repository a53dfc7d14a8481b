"""Secrets, JWTs, connection tokens and people's texts leak into nothing that is logged, shown or sent elsewhere."""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import pairwise
from typing import Any

import jwt
import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, OperationalError
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.client import FrontClient
from django_front_channel.conf import conf
from django_front_channel.core import clock
from django_front_channel.core.log_events import LOGGERS, LogEvent
from django_front_channel.core.logs import WordsLeftOut
from django_front_channel.core.texts import first_line
from django_front_channel.exceptions import FrontConnectionError
from django_front_channel.gateway import client_for
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, OutboxEntry, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from django_front_channel.webhooks.envelope import parse
from django_front_channel.webhooks.payloads import read_message
from django_front_channel.worker.loop import Worker
from tests.canaries import BODY, CANARIES, SECRET, listening, nothing_heard
from tests.processes import run
from tests.worker.faults import refusing

from .front import Courier, channel, courier, front, tell  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
MODELS = list(apps.get_app_config("front_channel").get_models())


def leaks(text: str, *more: str) -> list[str]:
    return [*CANARIES.findall(text), *(canary for canary in more if canary in text)]


def reported(error: BaseException) -> str:
    """The page and the mail that Django makes of an error, as an error tracker would have them."""
    reporter = ExceptionReporter(None, type(error), error, error.__traceback__, is_email=True)
    return reporter.get_traceback_html() + reporter.get_traceback_text()


@pytest.fixture
def told(channel: Channel) -> Channel:  # noqa: F811
    """A channel with a message each way, one of them sent, and one that waits."""
    services.messages.sync_inbound(
        channel, sender="ana", text=BODY, external_id="sms-1", external_conversation_id="ana-1"
    )
    Worker().run_until_quiet()
    factories.teammate_message(channel, text=BODY)
    services.messages.sync_inbound(
        channel, sender="ana", text=BODY, external_id="sms-2", external_conversation_id="ana-1"
    )
    return channel


@pytest.mark.fault("F131")
def test_a_leak_is_heard(nothing_leaks: list[str]) -> None:
    """The control of what listens to every test, this one too."""
    with listening() as heard:
        logging.getLogger("django_front_channel.webhooks").warning("The secret is %s", SECRET)
        try:
            raise ValueError(f"Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.x {BODY}")
        except ValueError:
            logging.getLogger("host").exception("It failed")
        logging.getLogger("host").warning("Harmless")

    assert [bool(leaks(text)) for text in heard] == [True, True]
    assert nothing_leaks == heard
    nothing_leaks.clear()


# Says what it reads in all places that are listened to, and has no time to say farewell.
LEAKING = """
import os, signal, sys, tempfile
from pathlib import Path
said = sys.stdin.read()
print("printed:", said, flush=True)
print("complained:", said, file=sys.stderr, flush=True)
folder = Path(tempfile.mkdtemp())
(folder / "process.log").write_text("logged: " + said)
os.kill(os.getpid(), signal.SIGKILL)
"""
LOGGING = """
import logging
import django
django.setup()
logging.getLogger("django_front_channel.outbox").debug("logged: %s", input())
logging.getLogger("django.request").error("reported: %s", input())
"""


def made(kind: str) -> str:
    """Something of this kind, as the app makes it."""
    match kind:
        case "secret":
            return SECRET
        case "token":
            return services.channels.create(name="Second").token
        case "jwt":
            return jwt.encode({"iss": "uid"}, "another secret, of at least 32 bytes")
    return BODY


@pytest.mark.parametrize("kind", ["secret", "token", "jwt", "body"])
def test_a_leak_of_a_process_is_heard_though_it_is_killed(kind: str) -> None:
    """The control of what listens to the processes of every test."""
    leak = made(kind)
    with pytest.raises(AssertionError) as failure, nothing_heard():
        process = run([sys.executable, "-c", LEAKING], leak)

    assert process.returncode == -signal.SIGKILL
    for place in ("printed", "complained", "logged"):
        assert f"{place}: {leak}" in str(failure.value)


def test_a_process_of_a_host_tells_all_that_it_logs(child_environment: dict[str, str]) -> None:
    """Whatever the level, and also where Django's own set-up would mail it to nobody."""
    with pytest.raises(AssertionError) as failure, nothing_heard():
        run([sys.executable, "-c", LOGGING], f"{BODY}\n{SECRET}", env=child_environment)

    assert f"logged: {BODY}" in str(failure.value)
    assert f"reported: {SECRET}" in str(failure.value)


@pytest.mark.fault("F129")
def test_reprs(told: Channel) -> None:
    new = services.channels.create(name="Second")
    envelope = parse(json.dumps(bodies.message(text=BODY)).encode())
    rows = [row for model in MODELS for row in model._default_manager.all()]
    things = [*rows, new, conf.app("default"), client_for(told), envelope, read_message(envelope)]

    assert any(isinstance(thing, Message) for thing in things)
    assert leaks(" ".join(f"{thing!r} {thing!s}" for thing in things), new.token) == []


@pytest.mark.fault("F129")
def test_admin_pages(told: Channel) -> None:
    """Operators read what people wrote, and nothing that opens a door."""
    new = services.channels.create(name="Second")
    services.channels.rotate_token(told)
    browser = Client()
    browser.force_login(get_user_model().objects.create_superuser("boss"))
    pages = [
        page
        for model in MODELS
        if admin.site.is_registered(model)
        for page in (
            reverse(f"admin:front_channel_{model._meta.model_name}_changelist"),
            *(
                reverse(f"admin:front_channel_{model._meta.model_name}_change", args=[row.pk])
                for row in model._default_manager.all()
            ),
        )
    ]
    shown = [browser.get(page) for page in pages]

    assert {response.status_code for response in shown} == {200}
    found = leaks(" ".join(response.content.decode() for response in shown), new.token)
    assert set(found) == {BODY}


@pytest.mark.fault("F129")
def test_a_dump_of_the_database(told: Channel) -> None:
    """It holds what people wrote, which is what it is for, and no means to act in their name."""
    new = services.channels.create(name="Second")
    dump = StringIO()
    call_command("dumpdata", "front_channel", stdout=dump)

    assert set(leaks(dump.getvalue(), new.token)) == {BODY}
    assert str(told.webhook_key) in dump.getvalue(), "all of the tables"


def test_what_is_done_is_in_no_entry(told: Channel) -> None:
    Worker().run_until_quiet()

    assert {entry.state for entry in OutboxEntry.objects.all()} == {"done"}
    assert leaks(str(list(OutboxEntry.objects.values()))) == []


given: list[Any] = []


def wake_up(*arguments: object, **named: object) -> None:
    given.append((arguments, named))


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_carries_nothing(
    channel: Channel,  # noqa: F811
    courier: type[Courier],  # noqa: F811
    settings: Settings,
) -> None:
    """What it is given would be in the arguments of a host's task, and so in a broker and its logs."""
    settings.FRONT_CHANNEL_WAKE_UP = f"{__name__}.wake_up"
    tell(channel, "sms-1", text=BODY)
    factories.teammate_message(channel, text=BODY)
    services.messages.report_delivery(channel=channel, delivery_id="SM-1", state="failed", detail=BODY)
    known = list(given)
    given.clear()

    assert known == [((), {})] * 3


def webhook_that_fails(told: Channel, fail: pytest.MonkeyPatch) -> None:
    def accept(*_: object) -> None:
        raise ZeroDivisionError

    fail.setattr("django_front_channel.handlers.ChannelHandler.accept", accept)
    assert FrontWebhookClient().message(told, text=BODY).status_code == 503


def verification_that_fails(told: Channel, fail: pytest.MonkeyPatch) -> None:
    fail.setattr("django_front_channel.webhooks.views.parse", lambda body: 1 / 0)
    assert FrontWebhookClient().message(told, text=BODY).status_code == 503


def insert_that_fails(told: Channel, fail: pytest.MonkeyPatch) -> None:
    with refusing(OperationalError("the disk is full"), "INSERT", BODY, times=6) as refused:
        assert FrontWebhookClient().message(told, text=BODY).status_code == 503
    assert refused


@contextmanager
def refused_rows() -> Iterator[None]:
    """The database refuses every new message; PostgreSQL quotes it then, whole, in its error."""

    def spoil(instance: Message, **_: object) -> None:
        instance.content_digest = None  # type: ignore[assignment]

    pre_save.connect(spoil, sender=Message)
    try:
        yield
    finally:
        pre_save.disconnect(spoil, sender=Message)


def message_that_is_refused(told: Channel, fail: pytest.MonkeyPatch) -> None:
    with refused_rows():
        assert FrontWebhookClient().message(told, text=BODY).status_code == 503


def import_that_is_refused(told: Channel, fail: pytest.MonkeyPatch) -> None:
    """It is kept, and a worker fails at it too."""
    with refused_rows():
        imported = bodies.message_imported(
            external_id="elsewhere-1", external_conversation_ids=["elsewhere"], text=BODY
        )
        assert FrontWebhookClient().post(told, imported).status_code == 200
        OutboxEntry.objects.filter(kind="process").update(due_at=clock.now())
        Worker().run_until_quiet()
    assert WebhookEvent.objects.get(state="failed").detail


def error_around_a_refusal(told: Channel, fail: pytest.MonkeyPatch) -> None:
    """A handler's own error that a database's one has led to."""

    def accept(self: ChannelHandler, message: Message) -> None:
        try:
            Message.objects.filter(pk=message.pk).update(content_digest=None)
        except IntegrityError as error:
            raise RuntimeError("The shop is closed") from error

    fail.setattr("django_front_channel.handlers.ChannelHandler.accept", accept)
    assert FrontWebhookClient().message(told, text=BODY).status_code == 503


def value_that_is_taken(told: Channel, fail: pytest.MonkeyPatch) -> None:
    """Of a host's own unique column. MariaDB quotes it in the first line of its error."""

    def accept(self: ChannelHandler, message: Message) -> None:
        for _twice in range(2):
            Channel.objects.create(name="Twin", token_digest=message.text)

    fail.setattr("django_front_channel.handlers.ChannelHandler.accept", accept)
    assert FrontWebhookClient().message(told, text=BODY).status_code == 503


def delivery_that_fails(told: Channel, fail: pytest.MonkeyPatch) -> None:
    def deliver(self: ChannelHandler, message: Message) -> str | None:
        raise ZeroDivisionError(len(message.text))

    fail.setattr("django_front_channel.handlers.ChannelHandler.deliver", deliver)
    assert FrontWebhookClient().message(told, text=BODY).status_code == 200
    Worker().run_until_quiet()


def request_that_fails(told: Channel, fail: pytest.MonkeyPatch) -> None:
    fail.setattr("django_front_channel.client.messages.Messages.sync_inbound", lambda *_, **__: 1 / 0)
    Worker().run_until_quiet()


Failure = Callable[[Channel, pytest.MonkeyPatch], None]
FAILURES: list[Failure] = [
    webhook_that_fails,
    verification_that_fails,
    insert_that_fails,
    message_that_is_refused,
    import_that_is_refused,
    error_around_a_refusal,
    value_that_is_taken,
    delivery_that_fails,
    request_that_fails,
]


@pytest.mark.fault("F130")
@pytest.mark.parametrize("failure", FAILURES)
def test_error_reports(
    told: Channel, failure: Failure, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failure(told, monkeypatch)

    errors = [record.exc_info[1] for record in caplog.records if record.exc_info and record.exc_info[1]]
    assert errors
    assert leaks(" ".join(map(reported, errors))) == []


@pytest.mark.parametrize("failure", [message_that_is_refused, import_that_is_refused])
def test_an_operator_reads_why_a_row_was_refused(
    told: Channel, failure: Failure, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failure(told, monkeypatch)
    assert "IntegrityError" in caplog.text
    assert "content_digest" in caplog.text
    assert "in commit" in caplog.text, "where it failed"


def test_every_logger_leaves_words_out() -> None:
    assert {event.logger for event in LogEvent} == set(LOGGERS)
    for name in LOGGERS:
        assert [type(each) for each in logging.getLogger(name).filters] == [WordsLeftOut]


def logged(error: BaseException, caplog: pytest.LogCaptureFixture) -> str:
    """What a handler makes of an error that one of our loggers is given."""
    logging.getLogger(LOGGERS[0]).error("It failed", exc_info=error)
    return caplog.text


@pytest.mark.fault("their-words")
def test_errors_that_led_to_each_other_are_logged_without_words(caplog: pytest.LogCaptureFixture) -> None:
    """Also where they go in a circle, as errors that are raised again may. The errors themselves keep their words."""
    refused, own = IntegrityError("refused\nDETAIL: a row"), ValueError("Call +351")
    refused.__cause__, refused.__context__ = IntegrityError(1062, "driver\nDETAIL: a row"), own
    own.__context__ = refused
    text = logged(own, caplog)

    assert "django.db.utils.IntegrityError: refused\n" in text
    assert "ValueError\n" in text
    assert [word for word in ("a row", "+351") if word in text] == []
    assert (own.args, refused.args) == (("Call +351",), ("refused\nDETAIL: a row",))


def test_errors_of_a_group_and_of_a_long_chain_are_logged_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed = [OSError(f"Call +351 {number}") for number in range(3_000)]
    for one, next_one in pairwise(failed):
        one.__context__ = next_one
    logging.getLogger(LOGGERS[0]).error("It failed", exc_info=ExceptionGroup("+351", [*failed[:2]]))

    (record,) = caplog.records
    assert record.exc_info is not None
    kind, copy, _place = record.exc_info
    assert isinstance(copy, BaseExceptionGroup)
    assert (kind, [type(each).__name__ for each in copy.exceptions]) == (ExceptionGroup, ["OSError"] * 2)
    assert {each.args for each in (*copy.exceptions, copy.exceptions[1].__context__) if each} == {()}
    assert "+351" not in caplog.text


class ProviderError(Exception):
    """A host's own, which cannot be made without its number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"401 for {number}")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ProviderError("+351"), "tests.test_canaries.ProviderError\n"),
        (UnicodeDecodeError("utf-8", b"+351", 0, 1, "+351"), "UnicodeDecodeError\n"),
        (FrontConnectionError("No +351", detail="+351"), "FrontConnectionError: front_not_reached\n"),
        (ImproperlyConfigured("LEASE is short"), "ImproperlyConfigured: LEASE is short\n"),
    ],
    ids=["host", "python", "front", "settings"],
)
def test_an_error_is_logged_by_its_type(
    error: Exception, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = logged(error, caplog)
    assert line in text
    assert "+351" not in text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Duplicate entry '+351' for key 'username'", "Duplicate entry …"),
        ("Incorrect datetime value: 'Hello' for column `a`.`b`.`c`", "Incorrect datetime value: …"),
        ('invalid input syntax for type bigint: "Hello"', "invalid input syntax for type bigint: …"),
        ('date/time field value out of range: "Hello"', "date/time field value out of range: …"),
        ("Data too long for column 'subject' at row 1", "Data too long for column 'subject' at row 1"),
        ("UNIQUE constraint failed: shop_user.name", "UNIQUE constraint failed: shop_user.name"),
        ("Duplicate entry 'a\nb' for key", "Duplicate entry …"),
    ],
    ids=["key", "time", "number", "range", "length", "sqlite", "lines"],
)
def test_the_first_line_of_an_error_quotes_no_value(said: str, told: str) -> None:
    assert first_line(said) == told


@pytest.mark.fault("F130")
def test_the_report_of_a_request_that_failed(told: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows what the host said, as every report shows the arguments of the host's own calls, but not its proof."""
    client = FrontClient("uid", SECRET, "cha_1", api_url="http://127.0.0.1:9")
    with pytest.raises(FrontConnectionError) as raised:
        client.conversations.add_comment("cnv_1", body="Call her")

    report = reported(raised.value)
    assert "Call her" in report
    assert leaks(report) == []


def test_a_leak_is_reported() -> None:
    """The control of the reports: they show the variables of every frame."""

    def fail(secret: str) -> None:
        raise ValueError(len(secret))

    with pytest.raises(ValueError, match="32") as raised:
        fail(SECRET)
    assert leaks(reported(raised.value)) != []
