"""Admin actions on the rows that an operator has chosen."""

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

from django_front_channel.core.reasons import Code, Reason, advice, reason_of
from django_front_channel.exceptions import FrontAPIError, FrontChannelError

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django_stubs_ext import StrOrPromise

# The greatest number of rows for which one page makes requests to Front, and the seconds that all of them may take.
MOST_CALLS = 20
MOST_SECONDS = 5.0
PROBLEMS_SHOWN = 5
LONGEST_PROBLEM = 500
ROWS_SHOWN = 20


@dataclass(frozen=True)
class Chosen:
    """The rows that a user chose, and the HTTP request of the action."""

    model_admin: ModelAdmin[Any]
    request: HttpRequest
    rows: QuerySet[Any]

    @property
    def username(self) -> str:
        """The user's name, cut to the length that our columns hold."""
        return str(self.request.user.get_username())[:200]

    def tell(self, text: str, level: int) -> None:
        """Show a message to the user on the next page."""
        self.model_admin.message_user(self.request, text, level)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An admin action that calls ``verb`` with each chosen row, shows the outcome, and logs it in the row's history.

    ``name``               the value that the page posts
    ``short_description``  the label
    ``verb``               takes a row, and the values of ``form`` as keyword arguments
    ``done``               the message afterwards, an ``ngettext_lazy`` of ``count``
    ``question``           a question to confirm first, on a page of its own
    ``form``               the form on that page; ``make_form`` makes one when the page is shown
    ``at_most``            the greatest number of rows

    If a row fails with an error of this package or a configuration mistake, the user reads why, and the other rows are
    still tried.
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
        """Return whether the page of this row shows the action."""
        return True

    def __call__(
        self, model_admin: ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        chosen = Chosen(model_admin, request, queryset.defer(None))
        if self.at_most is not None and chosen.rows.count() > self.at_most:
            refusal = ngettext(
                "Choose at most %(most)d row at a time.",
                "Choose at most %(most)d rows at a time.",
                self.at_most,
            )
            chosen.tell(refusal % {"most": self.at_most}, messages.ERROR)
            return None
        form = self.form_class()(request.POST if "confirmed" in request.POST else None)
        if self.question and not form.is_valid():
            return self._ask(chosen, form)
        return self.carry_out(chosen, form.cleaned_data if self.question else {})

    def carry_out(self, chosen: Chosen, arguments: dict[str, Any]) -> HttpResponseBase | None:
        """Carry out the action, with the values of ``form``. Returns a page to show, or None for the list."""
        problems: list[str] = []
        for row in chosen.rows:
            try:
                self.verb(row, **arguments)
            except (FrontChannelError, ImproperlyConfigured) as error:
                problems.append(_problem(row, error))
            else:
                self.note(chosen, row)
        self._tell(chosen, len(chosen.rows) - len(problems), problems)
        return _row_page(chosen) if "stay" in chosen.request.POST else None

    def note(self, chosen: Chosen, row: Any) -> None:
        """Log the action in the history of the row."""
        chosen.model_admin.log_change(chosen.request, row, str(self.short_description))

    def _tell(self, chosen: Chosen, count: int, problems: list[str]) -> None:
        if count:
            chosen.tell(self.done % {"count": count}, messages.SUCCESS)
        for problem in problems[:PROBLEMS_SHOWN]:
            chosen.tell(problem, messages.ERROR)
        more = len(problems) - PROBLEMS_SHOWN
        if more > 0:
            text = ngettext("%(more)d more row failed.", "%(more)d more rows failed.", more)
            chosen.tell(text % {"more": more}, messages.ERROR)

    def _ask(self, chosen: Chosen, form: forms.Form) -> HttpResponse:
        passed_on = ("action", "select_across", "stay", ACTION_CHECKBOX_NAME)
        posted = chosen.request.POST
        context = {
            **chosen.model_admin.admin_site.each_context(chosen.request),
            "title": self.short_description,
            "opts": chosen.model_admin.opts,
            "question": self.question,
            "form": form,
            "rows": chosen.rows[:ROWS_SHOWN],
            "more": max(chosen.rows.count() - ROWS_SHOWN, 0),
            "hidden": [(name, value) for name in passed_on for value in posted.getlist(name)],
        }
        return TemplateResponse(chosen.request, "admin/front_channel/operation.html", context)


def _problem(row: Any, error: FrontChannelError | ImproperlyConfigured) -> str:
    """Return which row failed, why, and the code of the reason in brackets, for support."""
    text = f"{row}: {_explained(error)}"[:LONGEST_PROBLEM]
    return f"{text} [{error.code}]" if isinstance(error, FrontChannelError) else text


def _explained(error: FrontChannelError | ImproperlyConfigured) -> str:
    """Return the error's reason in the user's language, or its English text if its code has no complete sentence."""
    if isinstance(error, FrontAPIError):
        reason = reason_of(error)
    else:
        code = Code.named(error.code) if isinstance(error, FrontChannelError) else None
        if code is None or code.parameters:
            return str(error)
        reason = Reason(code)
    return f"{reason} {advice(reason.code)}"


def without_transaction(view: Any) -> Any:
    """Exempt an admin view from ATOMIC_REQUESTS.

    The outcome of each row is then committed by itself, and no transaction or lock is held during a request to Front.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def row_url(model_admin: ModelAdmin[Any], pk: int | str) -> str:
    """Return the path of a row's page in the same admin site."""
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change"
    return reverse(name, args=[quote(pk)], current_app=model_admin.admin_site.name)


def _row_page(chosen: Chosen) -> HttpResponse:
    return HttpResponseRedirect(row_url(chosen.model_admin, chosen.request.POST[ACTION_CHECKBOX_NAME]))
