"""Two tenants, an app and secrets each: no request that one signs changes anything of the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from django_front_channel import gateway, services
from django_front_channel.core import clock
from django_front_channel.models import Channel, Pause, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from tests.webhooks.times import now_in_ms

pytestmark = [pytest.mark.django_db, pytest.mark.fault("two-apps")]

VICTIM_HOST = "https://victim.api.frontapp.com"


class Tenant:
    """A tenant whose channel has a conversation, a message each way, and a pause."""

    def __init__(self, alias: str, front_id: str) -> None:
        self.front = FrontWebhookClient(alias)
        self.new = services.channels.create(alias, name=alias)
        assert self.front.authorization(front_id, self.new.token).status_code == 200
        self.channel = Channel.objects.get(pk=self.new.channel.pk)
        self.reply = linked(bodies.message(external_conversation_ids=["thr-7"]), VICTIM_HOST)
        self.imported = bodies.message_imported(external_id="in-1", external_conversation_ids=["thr-7"])

    def live(self) -> None:
        factories.customer_message(self.channel, external_id="in-1", external_conversation_id="thr-7")
        for body in (self.reply, self.imported):
            assert self.front.post(self.channel, body).status_code == 200

    def rows(self) -> dict[str, Any]:
        """Every row that is this tenant's, of every table."""
        return {
            model.__name__: list(self._own(model).order_by("pk").values())
            for model in apps.get_app_config("front_channel").get_models()
        }

    def ids(self) -> list[str]:
        """Every id, key and digest of this tenant's rows."""
        found = {
            value
            for values in self.rows().values()
            for row in values
            for name, value in row.items()
            if isinstance(value, str) and value and len(value) <= 200 and name not in ("body", "answer")
        }
        return sorted(found | {"msg_1", "cnv_1"})

    def _own(self, model: type[models.Model]) -> Any:
        rows: Any = model._default_manager.all()
        fields = {field.name for field in model._meta.fields}
        if model is Channel:
            return rows.filter(pk=self.channel.pk)
        if "app" in fields:
            return rows.filter(app=self.channel.app)
        for path in ("channel", "message__channel", "entry__channel"):
            if path.split("__")[0] in fields:
                return rows.filter(**{path: self.channel})
        return rows  # of nobody: it must not change either


def linked(body: dict[str, Any], host: str) -> dict[str, Any]:
    """The body as a company of this host sends it."""
    links = {"related": {"conversation": f"{host}/conversations/cnv_victim"}}
    return {**body, "payload": {**body["payload"], "_links": links}}


@pytest.fixture
def tenants(settings: Any) -> Iterator[tuple[Tenant, Tenant]]:
    settings.FRONT_CHANNEL_APPS = {
        "default": settings.FRONT_CHANNEL_APPS["default"],
        "other": {"APP_UID": "b", "APP_SECRET": "f" * 32},
    }
    victim, attacker = Tenant("default", "cha_victim"), Tenant("other", "cha_attacker")
    victim.live()
    gateway.begin_pause("default", "channel", str(victim.channel.pk), clock.now() + timedelta(hours=1))
    yield victim, attacker
    gateway.forget_pauses()


def hostile(victim: Tenant, own: Channel) -> Iterator[tuple[str, str, dict[str, Any] | bytes]]:
    """Method, URL and body of every type at every URL, naming each id of the victim's in turn."""
    urls = [services.channels.webhook_url(own), services.channels.app_webhook_url("other")]
    foreign = victim.channel.webhook_key
    urls += [f"/front/other/{foreign}/", services.channels.webhook_url(victim.channel)]
    everywhere = list(product(urls, [*victim.ids(), ""]))
    for url, named in everywhere:
        for body in _bodies(named):
            yield "POST", url, linked(body, VICTIM_HOST)
    for url, named in everywhere:
        yield "DELETE", url, {"type": "delete", "payload": {"channel_id": named}}
        yield "DELETE", url, b""


def _bodies(named: str) -> tuple[dict[str, Any], ...]:
    thread, message = [named or "thr-7"], named or "msg_1"
    return (
        {"type": "authorization", "payload": {"channel_id": named}},
        {"type": "list_addresses", "payload": {"page_token": named}},
        bodies.message(external_conversation_ids=thread, front_id=message),
        bodies.message(external_conversation_ids=[], front_id=message, conversation_id=named or "cnv_1"),
        bodies.message_autoreply(external_conversation_ids=thread, replied_to=message),
        bodies.message_imported(external_id=named, external_conversation_ids=thread, front_id=message),
        bodies.message_imported(external_id=None, external_conversation_ids=thread, message_uid=message),
        {"type": "another", "payload": {"id": named}},
    )


@pytest.mark.fault("F133")
def test_nothing_that_one_app_signs_changes_a_row_of_another(tenants: tuple[Tenant, Tenant]) -> None:
    victim, attacker = tenants
    before = victim.rows()
    tokens = ("", attacker.new.token, victim.new.token)
    statuses = set()
    for (method, url, body), token in product(hostile(victim, attacker.channel), tokens):
        statuses.add(attacker.front.send(url, body, method=method, token=token).status_code)
    assert {200, 400, 401, 404} <= statuses, "its own requests are answered"
    assert victim.rows() == before
    assert 500 not in statuses


@pytest.mark.fault("F133")
def test_what_one_app_signs_beforehand_takes_the_place_of_no_request_of_another(
    tenants: tuple[Tenant, Tenant],
) -> None:
    """The same bytes at the same moment, signed first by a stranger who guessed them."""
    victim, attacker = tenants
    stamp = now_in_ms() + 2000
    message = bodies.message(external_conversation_ids=["thr-7"], front_id="msg_next")
    imported = bodies.message_imported(
        external_id="in-2", external_conversation_ids=["thr-7"], front_id="msg_imported"
    )
    for body in (message, imported):
        assert attacker.front.post(attacker.channel, body, timestamp=stamp).status_code == 200
        assert victim.front.post(victim.channel, body, timestamp=stamp).status_code == 200
        found = WebhookEvent.objects.filter(channel=victim.channel, front_id=body["payload"]["id"])
        assert found.count() == 1
    for tenant in (attacker, victim):
        answer = tenant.front.send(tenant.new.webhook_url, b"", method="DELETE", timestamp=stamp)
        assert answer.status_code == 200
    assert set(Channel.objects.values_list("state", flat=True)) == {"disconnected"}


@pytest.mark.fault("F133")
def test_two_apps_may_know_one_channel_of_front(tenants: tuple[Tenant, Tenant]) -> None:
    victim, attacker = tenants
    squatter = services.channels.create("other", name="Squatter")
    assert attacker.front.authorization("cha_victim", squatter.token).status_code == 200
    assert victim.front.authorization("cha_victim", victim.new.token).status_code == 200
    assert victim.front.post(victim.channel, victim.reply).status_code == 200


@pytest.mark.fault("F133")
def test_a_company_that_another_app_claims_shares_no_pause(tenants: tuple[Tenant, Tenant]) -> None:
    victim, attacker = tenants
    body = linked(bodies.message(external_conversation_ids=["thr-7"]), VICTIM_HOST)
    assert attacker.front.post(attacker.channel, body).status_code == 200
    attacker.channel.refresh_from_db()
    victim.channel.refresh_from_db()
    assert attacker.channel.company == victim.channel.company == "victim.api.frontapp.com"
    Pause.objects.all().delete()
    now = clock.now()
    for scope, key in Pause.scopes_of(attacker.channel, "cnv_victim"):
        gateway.begin_pause("other", scope, key, now + timedelta(hours=1))
    for scope, key in Pause.scopes_of(victim.channel, "cnv_victim"):
        gateway.begin_pause("other", scope, key, now + timedelta(hours=1))
    assert gateway.paused_until(victim.channel, "cnv_victim", now) is None


def test_every_key_that_is_unique_over_all_rows_names_its_tenant_or_is_random() -> None:
    """A new one must be thought about: whoever can choose it could take another tenant's."""
    named = {"app", "channel", "message", "entry", "queue", "lane"}
    unique = {
        (model.__name__, *names)
        for model in apps.get_app_config("front_channel").get_models()
        for names in _unique(model)
        if not named & set(names)
    }
    assert unique == {
        ("Channel", "webhook_key"),  # random
        ("Channel", "token_digest"),  # of a random token
        ("WebhookEvent", "digest"),  # of a signature, which takes the secret
        ("WebhookEvent", "key"),  # begins with the number of the channel
        *_others(unique),
    }


def _unique(model: type[models.Model]) -> Iterator[tuple[str, ...]]:
    for field in model._meta.fields:
        if field.unique and not field.primary_key:
            yield (field.name,)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield tuple(constraint.fields)


def _others(unique: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Workers belong to nobody, and the keys of entries are made by this package."""
    return {each for each in unique if each[0] in ("Worker", "OutboxEntry")}
