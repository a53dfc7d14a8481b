"""A check reports URL patterns that take requests from the webhooks, and says where to put the webhooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.checks import Error, run_checks
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, include, path, re_path, set_script_prefix
from django.utils import translation
from pytest_django import Settings

from django_front_channel.checks import check_webhook_urls
from tests.checks.cases import APP, HOST, ids

OF_THE_URLS = {"E039", "E040"}
pytestmark = pytest.mark.fault("guest")
Urls = Callable[..., None]


def page(request: HttpRequest, **_: str) -> HttpResponse:
    return HttpResponse()


def ours(at: str = "front/") -> Any:
    return path(at, include("django_front_channel.urls"))


@pytest.fixture
def urls(settings: Settings) -> Iterator[Urls]:
    """Sets the site's URL patterns."""
    module = ModuleType("tests_urls_of_a_host")

    def set_patterns(*patterns: Any) -> None:
        module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
        settings.ROOT_URLCONF = ""  # tells Django to forget the last ones
        settings.ROOT_URLCONF = module.__name__

    sys.modules[module.__name__] = module
    yield set_patterns
    del sys.modules[module.__name__]


@pytest.mark.parametrize(
    "catch_all",
    [
        path("<path:page>", page),
        re_path(r"^(?P<page>.*)$", page),
        re_path(r"^front/.*[^/]$", page),  # takes the URLs without a slash only
        path("front/<slug:app>/", page),
        path("", include([path("front/<slug:app>/<slug:page>", page)])),
    ],
    ids=["path", "regex", "no slash", "app", "channel"],
)
def test_a_pattern_that_takes_a_webhook_url_is_named(urls: Urls, catch_all: Any) -> None:
    urls(catch_all, ours())
    (found,) = check_webhook_urls()
    assert (found.id, isinstance(found, Error)) == ("front_channel.E040", True)
    assert "before your catch-all" in (found.hint or "")
    assert str(found.obj).startswith("/front/default")

    urls(ours(), catch_all)
    assert check_webhook_urls() == []


@pytest.mark.parametrize("apps", [{"default": APP}, f"{HOST}.never_called"], ids=["mapping", "callable"])
def test_a_forgotten_include_is_told(urls: Urls, settings: Settings, apps: Any) -> None:
    settings.FRONT_CHANNEL_APPS = apps
    urls(path("", page))
    (found,) = check_webhook_urls()
    assert found.id == "front_channel.E039"
    assert 'include("django_front_channel.urls")' in (found.hint or "")


def test_each_apps_url_is_tried(urls: Urls, settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {"default": APP, "shop": APP}
    urls(path("shop/", page), ours(""))
    assert [(found.id, found.obj) for found in check_webhook_urls()] == [("front_channel.E040", "/shop/")]


def test_a_site_without_apps_needs_no_urls(urls: Urls, settings: Settings) -> None:
    urls(path("", page))
    settings.FRONT_CHANNEL_APPS = {}
    assert check_webhook_urls() == []


def test_a_process_without_a_urlconf_needs_no_urls(settings: Settings) -> None:
    del settings.ROOT_URLCONF
    assert check_webhook_urls() == []


def test_a_site_below_a_path_is_fine(urls: Urls) -> None:
    urls(ours(), path("<path:page>", page))
    before = get_script_prefix()
    set_script_prefix("/shop/")
    try:
        assert check_webhook_urls() == []
    finally:
        set_script_prefix(before)


def test_a_site_below_a_language_is_fine(urls: Urls, settings: Settings) -> None:
    settings.LANGUAGE_CODE = "pt"
    with translation.override("pt"):
        urls(*i18n_patterns(ours()), path("<path:page>", page))
        assert check_webhook_urls() == []


def test_manage_py_check_runs_it(urls: Urls) -> None:
    urls(path("", page))
    assert ids(run_checks(tags=["urls"])) == ["front_channel.E039"]
