"""Each row's own value in one UPDATE.

``bulk_update()`` and ``Case(When(...))`` build an object for each value, and take most of the time of a large batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import F, Field, Func, Model

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class RowValues(Func):
    """An expression that is each row's own value. A row without one gets NULL."""

    def __init__(self, values: Mapping[int, Any], output_field: Field[Any, Any]) -> None:
        super().__init__(F("pk"), output_field=output_field)
        self.values = values

    def as_sql(  # type: ignore[override]  # a function has a template, and this has none
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> tuple[str, list[Any]]:
        (source,) = self.get_source_expressions()
        key, parameters = compiler.compile(source)
        whens: list[Any] = list(parameters)
        for pk, value in self.values.items():
            whens += (pk, self.output_field.get_db_prep_save(value, connection))
        return f"CASE {key} {'WHEN %s THEN %s ' * len(self.values)}END", whens


def row_values(model: type[Model], column: str, values: Mapping[int, Any]) -> Any:
    """Return an expression for ``update()`` that gives each row its own value of the column, by primary key."""
    if len(values) == 1:
        return next(iter(values.values()))
    return RowValues(values, model._meta.get_field(column))  # type: ignore[arg-type]  # a column
