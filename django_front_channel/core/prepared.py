"""Querysets that Django compiles to SQL once for the whole process.

Django compiles a queryset each time it is used, which takes several times as long as the database needs to answer. So
the statements of every webhook are prepared: ordinary querysets, with a ``Parameter`` for each value that changes. A
value is an integer, a text or a datetime.

Django documents neither its compilers nor ``apply_converters()``, so only this module uses them. See
docs/contributing/decisions/ for what it gains.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connections, models
from django.db.models.expressions import Expression
from django.db.models.sql import DeleteQuery, UpdateQuery

from django_front_channel.core import database

ModelT = TypeVar("ModelT", bound=models.Model)
Value = int | str | datetime | None

_MOMENT = models.DateTimeField()


class Parameter(Expression):
    """A placeholder in a queryset for a value that is passed to ``execute()``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", (self,)


class _Statement(NamedTuple):
    """A compiled queryset, shared by all threads of the process."""

    query: Any
    sql: str
    parameters: Sequence[Any]
    """One for each placeholder: a ``Parameter``, or a constant value."""
    columns: Sequence[Any]

    def execute(self, cursor: Any, values: dict[str, Value]) -> None:
        bound = [
            _bound(values[each.name], cursor.db) if isinstance(each, Parameter) else each
            for each in self.parameters
        ]
        cursor.execute(self.sql, bound)


def _bound(value: Value, connection: Any) -> Any:
    return _MOMENT.get_db_prep_value(value, connection) if isinstance(value, datetime) else value


class _Prepared(ABC, Generic[ModelT]):
    """A queryset to compile. It is returned by ``build``, which is first called when the statement is executed."""

    def __init__(self, build: Callable[[], models.QuerySet[ModelT]]) -> None:
        self._build = build
        self._statements: dict[str, _Statement] = {}

    def _statement(self, alias: str) -> _Statement:
        statement = self._statements.get(alias)
        if statement is None:
            query = self._query()
            compiler = query.get_compiler(connection=connections[alias])
            sql, parameters = compiler.as_sql()
            columns = [column for column, _sql, _alias in compiler.select or ()]
            # No lock: two threads may both compile it, with the same result.
            statement = self._statements[alias] = _Statement(query, sql, parameters, columns)
        return statement

    @abstractmethod
    def _query(self) -> Any:
        """Return the query to compile, an object of Django's."""


class _PreparedWrite(_Prepared[ModelT]):
    def execute(self, **values: Value) -> int:
        """Execute the statement with these values of its parameters. Returns the number of rows."""
        alias = database.alias()
        with connections[alias].cursor() as cursor:
            self._statement(alias).execute(cursor, values)
            return int(cursor.rowcount)


class PreparedUpdate(_PreparedWrite[ModelT]):
    """A prepared ``QuerySet.update(**changes)``."""

    def __init__(self, build: Callable[[], models.QuerySet[ModelT]], **changes: Any) -> None:
        super().__init__(build)
        self._changes = changes

    def _query(self) -> Any:
        query: Any = self._build().query.chain(UpdateQuery)
        query.add_update_values(self._changes)
        return query


class PreparedDelete(_PreparedWrite[ModelT]):
    """A prepared DELETE. It cascades to nothing: use it only for rows that no other row refers to."""

    def _query(self) -> Any:
        return self._build().query.chain(DeleteQuery)


class _Part:
    """The columns of a row that belong to one instance: to the selected one, or to the related one at ``path``."""

    def __init__(self, model: type[models.Model], path: str, only: Sequence[str], start: int) -> None:
        self.path = path
        self.holder = path.rpartition("__")[0]
        self.model: Any = model
        for name in path.split("__") if path else ():
            self.field: Any = self.model._meta.get_field(name)
            self.model = self.field.related_model
        fields = self.model._meta.concrete_fields
        self.attributes = [field.attname for field in fields if not only or field.attname in only]
        self.columns = [f"{path}__{attribute}" if path else attribute for attribute in self.attributes]
        self.slice = slice(start, start + len(self.columns))

    def instance(self, alias: str, row: Sequence[Any]) -> Any:
        """Return the instance, or None where an outer join found no row.

        The key, which comes first, is ignored: it is the foreign key's value, which may be set all the same.
        """
        values = row[self.slice]
        if self.path and all(value is None for value in values[1:]):
            return None
        return self.model.from_db(alias, self.attributes, values)


class PreparedSelect(_Prepared[ModelT]):
    """A prepared SELECT of rows and their related rows.

    ``related``      paths as in ``select_related()``; list ``thread`` before ``thread__conversation``
    ``only``         the columns of the rows themselves, with "id" among them; by default all
    ``annotations``  as in ``annotate()``
    """

    def __init__(
        self,
        build: Callable[[], models.QuerySet[ModelT]],
        *related: str,
        only: Sequence[str] = (),
        **annotations: Any,
    ) -> None:
        super().__init__(build)
        self._related = related
        self._only = only
        self._annotations = annotations

    def execute(self, **values: Value) -> list[ModelT]:
        """Return the rows for these values of the parameters."""
        alias = database.alias()
        connection = connections[alias]
        statement = self._statement(alias)
        with connection.cursor() as cursor:
            statement.execute(cursor, values)
            rows = cursor.fetchall()
        if not rows:
            return []
        # Converters depend on the connection and the current settings, so they are not kept.
        compiler = statement.query.get_compiler(connection=connection)
        converters = compiler.get_converters(statement.columns)
        return list(self._instances(alias, compiler.apply_converters(rows, converters)))

    @cached_property
    def _parts(self) -> list[_Part]:
        model = self._build().model
        parts = [_Part(model, "", self._only, 0)]
        for path in self._related:
            parts.append(_Part(model, path, (), parts[-1].slice.stop))
        return parts

    def _query(self) -> Any:
        columns = [column for part in self._parts for column in part.columns]
        queryset = self._build().annotate(**self._annotations)
        return queryset.values_list(*columns, *self._annotations).query

    def _instances(self, alias: str, rows: Iterator[list[Any]]) -> Iterator[ModelT]:
        for row in rows:
            found: dict[str, Any] = {}
            for part in self._parts:
                found[part.path] = part.instance(alias, row)
                if part.path and found[part.holder]:
                    part.field.set_cached_value(found[part.holder], found[part.path])
            for name, value in zip(self._annotations, row[self._parts[-1].slice.stop :], strict=True):
                setattr(found[""], name, value)
            yield found[""]
