"""What operators do about the rows they have chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import ngettext

from django_front_channel.exceptions import FrontChannelError

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django_stubs_ext import StrOrPromise

# How many rows a page may ask Front about at once, and the seconds that each may take.
MOST_CALLS = 20
MOST_SECONDS = 5.0
PROBLEMS_SHOWN = 5
ROWS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An admin action: calls ``verb`` with each chosen row, says how that went, and logs it in the row's history.

    ``name``               what the page posts
    ``short_description``  the label
    ``verb``               takes a row, and what ``form`` asks for as keywords
    ``done``               said afterwards: an ``ngettext_lazy`` of ``count``
    ``question``           asked first, on a page of its own
    ``form``               asked for on that page; ``make_form`` makes it there and then
    ``at_most``            how many rows at once

    An error of this package, or a configuration mistake, is told with its row, and the other rows go on.
    """

    name: str
    short_description: StrOrPromise
    verb: Callable[..., Any]
    done: StrOrPromise
    question: StrOrPromise = ""
    form: type[forms.Form] = forms.Form
    make_form: Callable[[], type[forms.Form]] | None = None
    at_most: int | None = None
    allowed_permissions: tuple[str, ...] = ("operate",)

    @property
    def __name__(self) -> str:
        return self.name

    def form_class(self) -> type[forms.Form]:
        return self.make_form() if self.make_form else self.form

    def is_offered(self, row: Any) -> bool:
        """Whether the page of a row shows it."""
        return True

    def __call__(
        self, model_admin: ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        rows = queryset.defer(None)
        if self.at_most is not None and rows.count() > self.at_most:
            refusal = ngettext(
                "Choose at most %(most)d row at a time.",
                "Choose at most %(most)d rows at a time.",
                self.at_most,
            )
            model_admin.message_user(request, refusal % {"most": self.at_most}, messages.ERROR)
            return None
        form = self.form_class()(request.POST if "confirmed" in request.POST else None)
        if self.question and not form.is_valid():
            return self._ask(model_admin, request, rows, form)
        return self.carry_out(model_admin, request, rows, form.cleaned_data if self.question else {})

    def carry_out(
        self,
        model_admin: ModelAdmin[Any],
        request: HttpRequest,
        rows: QuerySet[Any],
        arguments: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Do it. Returns a page to show; without one, the list or the row's page is shown again."""
        problems: list[str] = []
        for row in rows:
            try:
                self.verb(row, **arguments)
            except (FrontChannelError, ImproperlyConfigured) as error:
                problems.append(f"{row}: {error}"[:300])
            else:
                model_admin.log_change(request, row, str(self.short_description))
        self._tell(model_admin, request, len(rows) - len(problems), problems)
        return _row_page(model_admin, request) if "stay" in request.POST else None

    def _tell(
        self, model_admin: ModelAdmin[Any], request: HttpRequest, count: int, problems: list[str]
    ) -> None:
        if count:
            model_admin.message_user(request, self.done % {"count": count}, messages.SUCCESS)
        for problem in problems[:PROBLEMS_SHOWN]:
            model_admin.message_user(request, problem, messages.ERROR)
        more = len(problems) - PROBLEMS_SHOWN
        if more > 0:
            text = ngettext("%(more)d more row failed.", "%(more)d more rows failed.", more)
            model_admin.message_user(request, text % {"more": more}, messages.ERROR)

    def _ask(
        self, model_admin: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], form: forms.Form
    ) -> HttpResponse:
        passed_on = ("action", "select_across", "stay", ACTION_CHECKBOX_NAME)
        context = {
            **model_admin.admin_site.each_context(request),
            "title": self.short_description,
            "opts": model_admin.opts,
            "question": self.question,
            "form": form,
            "rows": rows[:ROWS_SHOWN],
            "more": max(rows.count() - ROWS_SHOWN, 0),
            "hidden": [(name, value) for name in passed_on for value in request.POST.getlist(name)],
        }
        return TemplateResponse(request, "admin/front_channel/operation.html", context)


def without_transaction(view: Any) -> Any:
    """Exempt an admin view from every alias's ATOMIC_REQUESTS.

    Each row's outcome then stands by itself, as what was done in Front does, and no transaction is open, nor any
    row locked, while Front is asked.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def row_url(model_admin: ModelAdmin[Any], pk: int | str) -> str:
    """The path of a row's page in the same admin site."""
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change"
    return reverse(name, args=[quote(pk)], current_app=model_admin.admin_site.name)


def _row_page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(row_url(model_admin, request.POST[ACTION_CHECKBOX_NAME]))
