"""The verbs of the catalogue as admin actions. They only enqueue; a worker makes the request to Front."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from django_front_channel.admin.row_actions import Chosen, Operation
from django_front_channel.core.reasons import Code, sentence
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.services.verb_arguments import Argument, ArgumentKind
from django_front_channel.services.verbs import Verb, acting_as, verbs_about

ENQUEUED = ngettext_lazy(
    "Queued for %(count)d row. A worker will send the request to Front soon.",
    "Queued for %(count)d rows. A worker will send the requests to Front soon.",
    "count",
)
BEFORE_DANGER = _("Continue? This changes these rows in Front, and may be impossible to undo.")
BEFORE_ARGUMENTS = _("A worker will do this in Front for each of these rows.")
LONG_TEXTS = ("body", "content", "description", "html", "text", "text_version")


class ListField(forms.CharField):
    """A list of words, separated by spaces, commas or line breaks."""

    widget = forms.Textarea(attrs={"rows": 2})

    def to_python(self, value: Any) -> Any:
        return str(value or "").replace(",", " ").split()


def text_field(argument: Argument, **given: Any) -> forms.Field:
    widget = forms.Textarea(attrs={"rows": 3}) if argument.name in LONG_TEXTS else forms.TextInput
    return forms.CharField(widget=widget, **given)


def choice_field(argument: Argument, **given: Any) -> forms.Field:
    nothing = [] if argument.is_required else [("", "")]
    return forms.ChoiceField(choices=[*nothing, *((each, each) for each in argument.choices)], **given)


def list_field(_argument: Argument, **given: Any) -> forms.Field:
    return ListField(help_text=_("Separate several with spaces, commas or line breaks."), **given)


FIELDS: dict[ArgumentKind, Callable[..., forms.Field]] = {
    ArgumentKind.TEXT: text_field,
    ArgumentKind.ID: text_field,
    ArgumentKind.TEXTS: list_field,
    ArgumentKind.IDS: list_field,
    ArgumentKind.CHOICE: choice_field,
    ArgumentKind.MOMENT: lambda _argument, **given: forms.DateTimeField(**given),
    ArgumentKind.FLAG: lambda _argument, **given: forms.NullBooleanField(**given),
    ArgumentKind.JSON: lambda _argument, **given: forms.JSONField(**given),
}
"""There is no field for files, because an operator cannot choose files in the project's storages."""


def form_of(verb: Verb[Any, Any, Any]) -> type[forms.Form]:
    """Return a form class with a field for each argument of the verb."""
    fields = {
        each.name: FIELDS[each.kind](each, label=each.name.replace("_", " "), required=each.is_required)
        for each in verb.arguments
        if each.kind in FIELDS
    }
    return type(f"{verb.slug}_form", (forms.Form,), fields)


def rows_themselves(row: Any) -> Iterable[Any]:
    return [row]


@dataclass(frozen=True, kw_only=True)
class VerbAction(Operation):
    """Enqueues a verb for each chosen row, or for rows that belong to it.

    ``catalogued``  the verb
    ``about``       returns the rows that the verb is about, given a chosen row
    """

    catalogued: Verb[Any, Any, Any]
    about: Callable[[Any], Iterable[Any]] = rows_themselves

    def is_offered(self, row: Any) -> bool:
        return any(self.catalogued.available(each) is None for each in self.about(row))

    def carry_out(self, chosen: Chosen, arguments: dict[str, Any]) -> HttpResponseBase | None:
        filled_in = {name: value for name, value in arguments.items() if value not in (None, "", [])}
        with acting_as(chosen.username):
            return super().carry_out(chosen, filled_in)


def verb_actions(model: type[Any], *, through: str = "") -> list[VerbAction]:
    """Return an action for each verb about the model that the admin offers.

    ``through``  the relation that leads from the chosen rows to those of the model
    """
    return [_action_of(verb, through) for verb in verbs_about(model) if verb.is_for_desk]


def _action_of(verb: Verb[Any, Any, Any], through: str) -> VerbAction:
    about = partial(_related, through) if through else rows_themselves
    has_form = verb.takes_arguments
    return VerbAction(
        name=verb.slug,
        short_description=verb.label or verb.slug,
        verb=partial(_enqueue, verb, about),
        done=ENQUEUED,
        question=BEFORE_DANGER if verb.is_dangerous else BEFORE_ARGUMENTS if has_form else "",
        make_form=partial(form_of, verb) if has_form else None,
        allowed_permissions=(verb.permission,),
        catalogued=verb,
        about=about,
    )


def _related(through: str, row: Any) -> Iterable[Any]:
    return getattr(row, through).all()  # type: ignore[no-any-return]


def _enqueue(
    verb: Verb[Any, Any, Any], about: Callable[[Any], Iterable[Any]], row: Any, **given: Any
) -> None:
    """Enqueue the verb for each row for which it is available. Raises ``InvalidArgument`` if no row is left."""
    codes = {each: verb.available(each) for each in about(row)}
    for each in [each for each, code in codes.items() if code is None]:
        verb.enqueue(each, **given)
    if all(codes.values()):
        code = next(iter(codes.values()), None) or Code.NOTHING_WAITS
        raise InvalidArgument(sentence(code), code=code, argument="rows")
