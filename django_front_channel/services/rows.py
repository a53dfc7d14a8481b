"""The rows that verbs are given."""

from __future__ import annotations

import re

from django.db.models import Model

from django_front_channel.exceptions import InvalidArgument


def check_row(verb: str, kind: type[Model], given: object) -> None:
    """Raise ``InvalidArgument`` unless this is a stored row of the kind that the verb is about.

    Django takes some others too: it filters by None, which then stands for every row that has none.
    """
    name = _argument(kind)
    if not isinstance(given, kind):
        raise InvalidArgument(
            f"{verb} is about a {kind.__name__}, not a {type(given).__name__}.",
            code="wrong_type",
            argument=name,
        )
    if given.pk is None:
        raise InvalidArgument(
            f"{verb} is about a {kind.__name__} that is stored: save this one first.",
            code="missing",
            argument=name,
        )


def reread(row: Model, *fields: str) -> None:
    """Bring these fields up to date. Raises ``InvalidArgument`` when the row has been deleted."""
    try:
        row.refresh_from_db(fields=fields)
    except type(row).DoesNotExist:  # type: ignore[attr-defined]  # every concrete model has one
        raise InvalidArgument(
            f"This {type(row).__name__} has been deleted: there is no more to do.",
            code="row_deleted",
            argument=_argument(type(row)),
        ) from None


def _argument(kind: type[Model]) -> str:
    """What verbs call a row of this kind: ``entry`` for an ``OutboxEntry``."""
    return re.split("(?=[A-Z])", kind.__name__)[-1].lower()
