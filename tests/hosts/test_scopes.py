"""Host code that needs a scope, such as a tenant and a language, has it wherever we call it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pytest_django import Settings

from django_front_channel.exceptions import DeliveryFailed
from django_front_channel.handlers import ChannelHandler, handler_for, host_scope
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, people
from django_front_channel.testing import FrontWebhookClient, bodies
from tests.front import APP, MovableClock, connect, receive, state_of, tell, time, work
from tests.front import front as sandbox
from tests.hosts import tenants
from tests.hosts.tenants import TenantHandler
from tests.webhooks.listening import connected

__all__ = ["sandbox", "time"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault("guest")]
METHODS = [
    name
    for name in vars(ChannelHandler)
    if not name.startswith("_") and name not in ("context", "one_at_a_time")
]


@pytest.fixture
def seen(settings: Settings) -> Iterator[list[tuple[str, str, str]]]:
    """What host code was called, for which tenant, in which language."""
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": "tests.hosts.tenants.TenantHandler"}}
    with ExitStack() as stack:
        for signal in ("channel_connected", "message_imported", "teammate_message_received", "sync_accepted"):
            stack.enter_context(connected(signal, tenants.receive))
        yield TenantHandler.seen
    TenantHandler.seen.clear()


def test_all_host_code_runs_in_the_handlers_context(
    seen: list[tuple[str, str, str]], sandbox: Sandbox, time: MovableClock
) -> None:
    channel = connect(sandbox, name="Alfama")
    assert FrontWebhookClient().list_addresses().status_code == 200
    tell(channel, "sms-1")
    work()
    sandbox.run_until_quiet()
    message = receive(sandbox, channel, "Break off")
    work()
    time.advance(60)
    work()

    assert state_of(message) == "handed_over"
    assert {name for name, _tenant, _language in seen} == {*METHODS, "receiver"}
    about_the_app = {"authorize", "list_addresses"}
    assert {each for each in seen if each[0] in about_the_app} == {
        (name, "nobody", "pt") for name in about_the_app
    }
    assert {each[1:] for each in seen if each[0] not in about_the_app} == {("Alfama", "pt")}
    assert len([each for each in seen if each[0] == "receiver"]) == 4
    assert tenants.tenant.get("outside") == "outside"


def test_people_are_named_in_the_handlers_context(seen: list[tuple[str, str, str]], sandbox: Sandbox) -> None:
    channel = connect(sandbox, name="Alfama")
    seen.clear()
    people.opt_out(channel, handle="+33612345678")
    people.find(channel, handle="+33612345678")

    assert {each[0] for each in seen} == {"normalize_handle"}
    assert {each[1:] for each in seen} == {("Alfama", "pt")}


def test_a_worker_announces_in_the_context_what_a_crash_has_left(
    seen: list[tuple[str, str, str]], sandbox: Sandbox, time: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = connect(sandbox, name="Alfama")
    seen.clear()
    with monkeypatch.context() as patch:
        patch.setattr("django_front_channel.webhooks.views.AnnouncingResponse.close", lambda response: None)
        receive(sandbox, channel)
    assert "receiver" not in {name for name, *_rest in seen}

    time.advance(60)
    work("announce")
    assert ("receiver", "Alfama", "pt") in seen


def test_receivers_hear_of_a_channel_whose_app_is_gone(
    seen: list[tuple[str, str, str]], sandbox: Sandbox, settings: Settings
) -> None:
    channel = connect(sandbox, name="Alfama")
    heard = []
    settings.FRONT_CHANNEL_APPS = {}
    with connected("channel_disconnected", lambda channel, **_: heard.append(channel)):
        channels.disconnect(channel)
    assert heard == [channel]


def test_a_context_that_suppresses_errors_makes_no_refusal_an_acceptance(
    sandbox: Sandbox, settings: Settings
) -> None:
    channel = connect(sandbox)
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": "tests.hosts.tenants.SilentHandler"}}
    assert FrontWebhookClient().post(channel, bodies.message()).status_code == 503
    assert not Message.objects.exists()


def test_what_host_code_raises_comes_out_of_its_context(settings: Settings) -> None:
    with pytest.raises(DeliveryFailed), host_scope(handler_for("default"), None):
        raise DeliveryFailed("no")
    assert not Channel.objects.exists()
