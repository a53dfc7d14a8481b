"""Model fields that behave the same on every database, whatever its default character set and collation.

Migrations refer to these classes by path, so this module must not move.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models.lookups import StartsWith

from django_front_channel.core import clock

SetT = TypeVar("SetT")
GetT = TypeVar("GetT")

if TYPE_CHECKING:
    from django.db.models import CharField, TextField

    _DateTimeField = models.DateTimeField[datetime, datetime]
else:  # Django's fields cannot be subscripted at run time

    class CharField(models.CharField):
        def __class_getitem__(cls, _: object) -> type[CharField]:
            return cls

    class TextField(models.TextField):
        def __class_getitem__(cls, _: object) -> type[TextField]:
            return cls

    _DateTimeField = models.DateTimeField

# Compare and order by bytes. SQLite does so by itself.
EXACT = {
    "postgresql": ' COLLATE "C"',
    "mysql": " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
}
# A MariaDB database in utf8mb3 refuses emoji. The other databases store every character.
WHOLE = {"mysql": " CHARACTER SET utf8mb4"}
LAST_CHARACTER, SURROGATES = 0x10FFFF, range(0xD800, 0xE000)


class ExactIdField(CharField[SetT, GetT]):
    """An id that somebody else has chosen, compared and ordered by its bytes on every database.

    Common collations treat ``conv-A`` and ``conv-a``, ``a`` and ``a ``, or two different emoji as equal.

    The lookup ``startswith`` is exact too, and uses an index that begins with the column. Lookups that ignore case,
    such as ``iexact``, depend on the database: on MariaDB they are case-sensitive. In an expression with other text
    columns, pass ``output_field=CharField()``.
    """

    def db_type(self, connection: Any) -> str:
        return f"varchar({self.max_length})" + EXACT.get(connection.vendor, "")


@ExactIdField.register_lookup
class ExactPrefix(StartsWith):
    """``startswith`` as a range. ``LIKE`` ignores case on SQLite, and uses no index on SQLite and MariaDB."""

    prepare_rhs = True

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if hasattr(
            self.rhs, "as_sql"
        ):  # an expression: its value, and so the end of the range, is unknown here
            return super().as_sql(compiler, connection)
        column, parameters = self.process_lhs(compiler, connection)
        prefix = str(self.rhs)
        end = successor(prefix)
        if end is None:
            return f"{column} >= %s", (*parameters, prefix)
        return f"({column} >= %s AND {column} < %s)", (*parameters, prefix, *parameters, end)


def successor(prefix: str) -> str | None:
    """Return the smallest text that sorts, by bytes, after every text with this prefix; None if no text does."""
    while prefix:
        number = ord(prefix[-1]) + 1
        if number <= LAST_CHARACTER:
            return prefix[:-1] + chr(SURROGATES.stop if number in SURROGATES else number)
        prefix = prefix[:-1]
    return None


class WholeCharField(CharField[SetT, GetT]):
    """A short text written by people, which may hold any character."""

    def db_type(self, connection: Any) -> str:
        return f"varchar({self.max_length})" + WHOLE.get(connection.vendor, "")


class WholeTextField(TextField[SetT, GetT]):
    """A text written by people, which may hold any character."""

    def db_type(self, connection: Any) -> str:
        return ("longtext" if connection.vendor == "mysql" else "text") + WHOLE.get(connection.vendor, "")


class CreationTime(_DateTimeField):
    """The time when a row was created, by this machine's clock.

    Migrations see Django's own ``DateTimeField`` with ``auto_now_add``.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if not add:
            return super().pre_save(model_instance, add)
        moment = clock.here()
        setattr(model_instance, self.attname, moment)
        return moment

    def deconstruct(self) -> Any:
        name, _path, arguments, keywords = super().deconstruct()
        return name, "django.db.models.DateTimeField", arguments, keywords
