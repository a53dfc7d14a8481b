"""The connection token is shown once, to the person who made it, and is nowhere else."""

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from django_front_channel.core.digests import digest
from django_front_channel.models import Channel
from tests.admin.conftest import MODELS, Person, page, said, staff

GIVEN = {"app": "default", "name": "Shop chat", "address": "shop"}


def shown(response: Any) -> str:
    found = re.search(r'id="connection-token">([^<]+)<', response.content.decode())
    return found[1] if found else ""


def add(person: Person, **values: str) -> Any:
    return person.client.post(page(Channel, "add"), GIVEN | values)


def rotate(person: Person, channel: Channel, **data: str) -> Any:
    return person.operate("rotate_token", channel, **data)


def dump() -> str:
    out = StringIO()
    call_command("dumpdata", stdout=out)
    return out.getvalue()


def test_adding_a_channel_shows_its_token_and_the_webhook_url(boss: Person):
    response = add(boss)

    channel = Channel.objects.get()
    assert channel.token_digest == digest(shown(response))
    assert (channel.name, channel.address, channel.state) == ("Shop chat", "shop", "pending")
    assert "http://testserver/front/default/" in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert response.request["PATH_INFO"] == page(Channel, "add")


@pytest.mark.parametrize("make", ["add", "rotate"])
def test_the_token_is_nowhere_else(boss: Person, channel: Channel, make: str):
    token = shown(add(boss) if make == "add" else rotate(boss, channel, confirmed="1"))
    assert token

    paths = [page(model, "changelist") for model in MODELS] + ["/admin/"]
    for row in Channel.objects.all():
        paths += [page(Channel, "change", row.pk), page(Channel, "history", row.pk)]
    for path in paths:
        content = boss.client.get(path).content.decode()
        assert token not in content
        assert digest(token) not in content
    assert LogEntry.objects.count() == 1
    assert all(token not in str(session.get_decoded()) for session in Session.objects.all())
    assert token not in "".join(morsel.value for morsel in boss.client.cookies.values())
    assert token not in dump()


def test_a_new_token_is_made_after_a_question(boss: Person, channel: Channel):
    asked = rotate(boss, channel)

    assert "Make a new connection token?" in asked.content.decode()
    assert shown(asked) == ""
    assert Channel.objects.get().token_digest == channel.token_digest

    made = rotate(boss, channel, confirmed="1")
    assert Channel.objects.get().token_digest == digest(shown(made))
    assert "no-store" in made.headers["Cache-Control"]


def test_one_page_shows_one_token(boss: Person, channel: Channel):
    add(boss)

    response = boss.operate("rotate_token", *Channel.objects.all(), confirmed="1")

    assert said(response) == ["Choose at most 1 row at a time."]
    assert "_addanother" not in boss.client.get(page(Channel, "add")).content.decode()


def test_a_row_that_is_gone_gets_no_token(boss: Person, channel: Channel):
    posted = {"action": "rotate_token", "_selected_action": channel.pk + 1, "confirmed": "1"}
    response = boss.client.post(page(Channel, "changelist"), posted, follow=True)

    assert response.status_code == 200
    assert shown(response) == ""
    assert Channel.objects.get().token_digest == channel.token_digest


def test_the_app_is_one_of_the_settings(boss: Person, settings: Any):
    settings.FRONT_CHANNEL_APPS = {
        "default": {"APP_UID": "u", "APP_SECRET": "s"},
        "half": {"APP_UID": "u"},
    }

    assert "half" in boss.client.get(page(Channel, "add")).content.decode()
    assert "needs an APP_UID and an APP_SECRET" in add(boss, app="half").content.decode()
    assert "not one of the available choices" in add(boss, app="other").content.decode()
    assert not Channel.objects.exists()


def apps(alias: str) -> dict[str, str] | None:
    return {"APP_UID": "u", "APP_SECRET": "s"} if alias.startswith("tenant") else None


def test_the_app_is_free_text_where_a_callable_knows_them(boss: Person, settings: Any):
    settings.FRONT_CHANNEL_APPS = "tests.admin.test_token.apps"

    assert "has no app" in add(boss, app="default").content.decode()
    assert shown(add(boss, app="tenant-1"))
    assert Channel.objects.get().app == "tenant-1"


def test_without_an_app_the_form_says_what_to_do(boss: Person, settings: Any):
    settings.FRONT_CHANNEL_APPS = {}

    assert "add one to FRONT_CHANNEL_APPS" in boss.client.get(page(Channel, "add")).content.decode()


def test_a_name_is_needed(boss: Person):
    assert "This field is required" in add(boss, name="  ").content.decode()
    assert not Channel.objects.exists()


def test_adding_needs_its_permission_and_the_csrf_token(viewer: Person, boss: Person):
    assert add(viewer).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(boss.user)
    assert strict.post(page(Channel, "add"), GIVEN).status_code == 403
    assert Client().post(page(Channel, "add"), GIVEN).status_code == 302
    assert not Channel.objects.exists()
    assert shown(add(staff("add_channel")))


def test_editing_changes_the_name_and_nothing_that_others_wrote_meanwhile(
    boss: Person, channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    def saved_late(self: Channel, *args: Any, **kwargs: Any) -> None:
        Channel.objects.filter(pk=self.pk).update(token_digest="new", held_at=held_at)
        save(self, *args, **kwargs)

    save, held_at = Channel.save, timezone.now()
    monkeypatch.setattr(Channel, "save", saved_late)
    form = {"name": "New name", "address": "shop", "app": "other", "state": "pending"}
    response = boss.client.post(page(Channel, "change", channel.pk), form)

    changed = Channel.objects.get()
    assert response.status_code == 302
    assert (changed.name, changed.app, changed.state) == ("New name", "default", "connected")
    assert (changed.token_digest, changed.held_at) == ("new", held_at)
