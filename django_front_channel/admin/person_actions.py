"""Admin actions that export or erase the person of a message. Each needs its own permission."""

from __future__ import annotations

from abc import ABC, abstractmethod
from tempfile import TemporaryFile
from typing import Any

from django.contrib import messages
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from django_front_channel.admin.row_actions import Chosen, Operation
from django_front_channel.models import Message
from django_front_channel.services import people

# About as many as can be erased while a person waits for the page.
MOST_MESSAGES = 1000


def person_of(message: Message) -> people.Person:
    """Return the customer of the message: its sender or first recipient, on its channel."""
    return people.find(message.channel, handle=message.customer_handle)


class _AboutPerson(Operation, ABC):
    """An action about the person of the one message that was chosen."""

    def is_offered(self, row: Message) -> bool:
        return bool(row.customer_handle)

    def carry_out(self, chosen: Chosen, arguments: dict[str, Any]) -> HttpResponseBase | None:
        message = chosen.rows.first()
        if message is None or not message.customer_handle:
            chosen.tell(gettext("This message names no customer."), messages.ERROR)
            return None
        return self.about(chosen, message)

    @abstractmethod
    def about(self, chosen: Chosen, message: Message) -> HttpResponseBase | None:
        """Carry out the action for the message's person. Returns a page to show, or None for the list."""


class _Export(_AboutPerson):
    def about(self, chosen: Chosen, message: Message) -> HttpResponseBase | None:
        file = TemporaryFile()  # noqa: SIM115 - the response closes it
        self.verb(person_of(message), to=file)
        file.seek(0)
        self.note(chosen, message)
        headers = {"Cache-Control": "private, no-store"}
        return FileResponse(file, as_attachment=True, filename="person.zip", headers=headers)


class _Erase(_AboutPerson):
    def about(self, chosen: Chosen, message: Message) -> HttpResponseBase | None:
        person = person_of(message)
        if people.count(person).messages > MOST_MESSAGES:
            too_many = gettext(
                "There are too many messages to erase here. Run front_channel_person erase instead."
            )
            chosen.tell(too_many, messages.ERROR)
            return None
        erased = self.verb(person, actor=chosen.username)
        message.refresh_from_db()  # the admin's history must not name the person either
        self.note(chosen, message)
        chosen.tell(self.done % {"count": erased.messages}, messages.SUCCESS)
        return None


OPERATIONS: tuple[Operation, ...] = (
    _Export(
        name="export_person",
        short_description=_("Export this person"),
        verb=people.export,
        done="",
        question=_("Download everything that is stored about the person of this message, on its channel?"),
        at_most=1,
        allowed_permissions=("export_person",),
    ),
    _Erase(
        name="erase_person",
        short_description=_("Erase this person"),
        verb=people.erase,
        done=ngettext_lazy(
            "The person and %(count)d message are erased.",
            "The person and %(count)d messages are erased.",
            "count",
        ),
        question=_(
            "Erase everything that is stored about the person of this message, on its channel? This cannot be undone. "
            "Front keeps its own copy, so delete that too."
        ),
        at_most=1,
        allowed_permissions=("erase_person",),
    ),
)
