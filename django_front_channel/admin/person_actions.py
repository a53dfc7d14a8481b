"""Export or erase the person of a message. Each needs a permission of its own."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from django_front_channel.admin.row_actions import Operation
from django_front_channel.models import Message
from django_front_channel.services import people

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

# What can be erased while somebody waits for the page.
MOST_MESSAGES = 1000


def person_of(message: Message) -> people.Person:
    """The sender or first recipient of the message, on its channel."""
    return people.find(message.channel, handle=message.customer_handle)


class _AboutPerson(Operation):
    def is_offered(self, row: Message) -> bool:
        return bool(row.customer_handle)

    def carry_out(
        self,
        model_admin: ModelAdmin[Any],
        request: HttpRequest,
        rows: QuerySet[Any],
        arguments: dict[str, Any],
    ) -> HttpResponseBase | None:
        message = rows.first()
        if message is None or not message.customer_handle:
            model_admin.message_user(request, _now("This message names nobody."), messages.ERROR)
            return None
        return self.about(model_admin, request, message)

    def about(
        self, model_admin: ModelAdmin[Any], request: HttpRequest, message: Message
    ) -> HttpResponseBase | None:
        raise NotImplementedError


class _Export(_AboutPerson):
    def about(
        self, model_admin: ModelAdmin[Any], request: HttpRequest, message: Message
    ) -> HttpResponseBase | None:
        file = TemporaryFile()  # noqa: SIM115 - the response closes it
        self.verb(person_of(message), to=file)
        file.seek(0)
        model_admin.log_change(request, message, str(self.short_description))
        headers = {"Cache-Control": "private, no-store"}
        return FileResponse(file, as_attachment=True, filename="person.zip", headers=headers)


class _Erase(_AboutPerson):
    def about(
        self, model_admin: ModelAdmin[Any], request: HttpRequest, message: Message
    ) -> HttpResponseBase | None:
        person = person_of(message)
        if people.count(person).messages > MOST_MESSAGES:
            too_many = _now("There are too many messages to erase here. Use front_channel_person erase.")
            model_admin.message_user(request, too_many, messages.ERROR)
            return None
        erased = self.verb(person, actor=str(request.user)[:200])
        message.refresh_from_db()  # the history must not name the person either
        model_admin.log_change(request, message, str(self.short_description))
        model_admin.message_user(request, self.done % {"count": erased.messages}, messages.SUCCESS)
        return None


OPERATIONS: tuple[Operation, ...] = (
    _Export(
        name="export_person",
        short_description=_("Export this person"),
        verb=people.export,
        done="",
        question=_("Download all that is kept about the person of this message, on its channel?"),
        at_most=1,
        allowed_permissions=("export_person",),
    ),
    _Erase(
        name="erase_person",
        short_description=_("Erase this person"),
        verb=people.erase,
        done=ngettext_lazy(
            "The person is erased, with %(count)d message.",
            "The person is erased, with %(count)d messages.",
            "count",
        ),
        question=_(
            "Erase all that is kept about the person of this message, on its channel? This cannot be undone. "
            "Front keeps its own copy: delete it there too."
        ),
        at_most=1,
        allowed_permissions=("erase_person",),
    ),
)
