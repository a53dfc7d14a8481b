"""Settings are read when they are used, in the types that they are documented with."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from pytest_django import Settings

from django_front_channel.conf import App, Outbox, Retention, conf
from django_front_channel.secret import Secret

SECRET = "0123456789abcdef0123456789abcdef"
APP = {"APP_UID": "uid", "APP_SECRET": SECRET}
DAY = 24 * 3600.0


def from_the_vault(alias: str) -> dict[str, Any] | None:
    return {**APP, "APP_UID": f"uid of {alias}"} if alias == "shop" else None


@pytest.mark.parametrize(
    ("name", "value", "default", "given"),
    [
        ("api_url", "https://front.example.com", "https://api2.frontapp.com", "https://front.example.com"),
        ("public_url", "https://shop.example.com", None, "https://shop.example.com"),
        ("api_timeout", timedelta(seconds=5), 10.0, 5.0),
        ("api_timeout", 2, 10.0, 2.0),
        ("jwt_lifetime", timedelta(seconds=15), 20.0, 15.0),
        ("webhook_tolerance", timedelta(minutes=10), 300.0, 600.0),
        ("webhook_max_bytes", 2048, 1024 * 1024, 2048),
        ("wake_up", "shop.tasks.wake_up", None, "shop.tasks.wake_up"),
        ("attachment_storage", "media", "default", "media"),
        ("outbox", {"LEASE": timedelta(minutes=1)}, Outbox(), Outbox(lease=60.0)),
        ("outbox", {"BATCH": 7}, Outbox(), Outbox(batch=7)),
        ("outbox", {"MAX_AGE": 60}, Outbox(), Outbox(max_age=60.0)),
        ("outbox", {"BACKOFF": (2, timedelta(hours=1))}, Outbox(), Outbox(backoff=(2.0, 3600.0))),
        ("retention", {"WEBHOOK_BODIES": timedelta(days=7)}, Retention(), Retention(webhook_bodies=7 * DAY)),
        ("retention", {"OUTBOX_ENTRIES": 60}, Retention(), Retention(outbox_entries=60.0)),
    ],
)
def test_one_setting_at_a_time(name: str, value: Any, default: Any, given: Any) -> None:
    assert getattr(conf, name) == default
    with override_settings(**{f"FRONT_CHANNEL_{name.upper()}": value}):
        assert getattr(conf, name) == given
        assert type(getattr(conf, name)) is type(given)
    assert getattr(conf, name) == default


def test_the_documented_defaults_of_dicts() -> None:
    assert conf.outbox == Outbox(lease=30.0, batch=100, max_age=3 * DAY, backoff=(1.0, 600.0))
    assert conf.retention == Retention(webhook_bodies=30 * DAY, outbox_entries=30 * DAY)


def test_an_app_of_a_mapping(settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": APP, "shop": {**APP, "APP_UID": "other"}}
    handler = "django_front_channel.handlers.ChannelHandler"
    assert conf.aliases() == ("default", "shop")
    assert conf.app("shop") == App(
        "shop",
        "other",
        (Secret(SECRET),),
        "https://api2.frontapp.com",
        handler=handler,
        contact_type="custom",
    )


def test_every_key_of_an_app(settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {
        "default": {
            "APP_UID": "uid",
            "APP_SECRET": ["new", "old"],
            "HANDLER": "shop.front.ShopHandler",
            "CONTACT_TYPE": "phone",
            "API_URL": "https://front.example.com/",
        }
    }
    app = conf.app("default")
    assert app == App(
        "default",
        "uid",
        (Secret("new"), Secret("old")),
        "https://front.example.com",
        "shop.front.ShopHandler",
        "phone",
    )
    assert app.secret == "new"


def test_an_app_without_its_own_api_url_has_the_shared_one(settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": APP, "shop": {**APP, "API_URL": "https://shop.example.com"}}
    settings.FRONT_CHANNEL_API_URL = "https://front.example.com/"
    assert conf.app("default").api_url == "https://front.example.com"
    assert conf.app("shop").api_url == "https://shop.example.com"


def test_apps_behind_a_callable(settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = "tests.test_conf.from_the_vault"
    assert conf.app("shop").uid == "uid of shop"
    assert conf.find_app("default") is None
    assert conf.aliases() == ()
    with pytest.raises(ImproperlyConfigured, match=r"FRONT_CHANNEL_APPS has no app 'default'\. Add it"):
        conf.app("default")


def test_no_app_is_valid_until_one_is_needed(settings: Settings) -> None:
    del settings.FRONT_CHANNEL_APPS
    assert conf.aliases() == ()
    assert conf.find_app("default") is None
    with pytest.raises(ImproperlyConfigured, match="has no app 'default'"):
        conf.app("default")


@pytest.mark.parametrize("given", [Secret("s" * 32), [Secret("s" * 32), "t" * 32]], ids=["one", "several"])
def test_a_callable_may_give_its_secrets_wrapped(settings: Settings, given: Any) -> None:
    settings.FRONT_CHANNEL_APPS = lambda alias: {"APP_UID": "u", "APP_SECRET": given}
    assert conf.app("shop").secrets[0] == Secret("s" * 32)


@pytest.mark.parametrize(
    "given",
    [
        {"APP_UID": "uid"},
        {"APP_SECRET": SECRET},
        {"APP_UID": "uid", "APP_SECRET": ""},
        {"APP_UID": "", "APP_SECRET": SECRET},
        {"APP_UID": "uid", "APP_SECRET": []},
        {"APP_UID": "uid", "APP_SECRET": [SECRET, ""]},
    ],
)
def test_an_app_must_be_complete(settings: Settings, given: dict[str, Any]) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": given}
    with pytest.raises(ImproperlyConfigured) as raised:
        conf.app("default")
    assert str(raised.value) == "FRONT_CHANNEL_APPS['default'] needs an APP_UID and an APP_SECRET."


def test_the_repr_of_an_app_shows_no_secret(settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "APP_SECRET": [SECRET, SECRET[::-1]]}}
    shown = repr(conf.app("default"))
    assert "uid" in shown
    assert SECRET not in shown
    assert SECRET[::-1] not in shown
